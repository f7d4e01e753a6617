"""A store in the memory of this process."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager

from gencheck.assets.store import Room, unknown
from gencheck.media.fetch.types import Head
from gencheck.media.sniff import HEAD_BYTES


class MemoryStore:
    """Holds so many bytes, the most recently used ones."""

    blocks = False

    def __init__(self, capacity: int) -> None:
        self.capacity: int | None = capacity
        self._room = Room(capacity)
        self._assets: dict[str, _Pieces] = {}

    def peek(self, digest: str) -> Head:
        """See :class:`gencheck.assets.store.Store`."""
        pieces = self._find(digest)
        self._room.touch(digest)
        return Head(pieces.read(0, HEAD_BYTES), pieces.size)

    @contextmanager
    def open(self, digest: str) -> Iterator[_Pieces]:
        """See :class:`gencheck.assets.store.Store`."""
        pieces = self._find(digest)
        self._room.pin(digest)
        try:
            yield pieces
        finally:
            self._room.unpin(digest)

    @contextmanager
    def create(self) -> Iterator[_Writing]:
        """See :class:`gencheck.assets.store.Store`."""
        writing = _Writing(self._room, self._assets)
        try:
            yield writing
        finally:
            writing.let_go()

    def remove(self, digest: str) -> None:
        """See :class:`gencheck.assets.store.Store`."""
        self._room.drop(digest)
        self._assets.pop(digest, None)

    def close(self) -> None:
        """See :class:`gencheck.assets.store.Store`: nothing is open."""

    def _find(self, digest: str) -> _Pieces:
        pieces = self._assets.get(digest)
        if pieces is None:
            raise unknown(digest)
        return pieces


class _Pieces:
    """An asset as it came: put together only where somebody wants more than a piece of it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._ends: list[int] = []

    @property
    def size(self) -> int:
        return self._ends[-1] if self._ends else 0

    def append(self, data: bytes) -> None:
        self._ends.append(self.size + len(data))
        self._pieces.append(data)

    def read(self, offset: int, count: int) -> bytes:
        found = []
        for index in range(bisect_right(self._ends, offset), len(self._ends)):
            piece = self._pieces[index]
            start = self._ends[index] - len(piece)
            if start >= offset + count:
                break
            found.append(piece[max(0, offset - start) : offset + count - start])
        return found[0] if len(found) == 1 else b"".join(found)


class _Writing:
    def __init__(self, room: Room, assets: dict[str, _Pieces]) -> None:
        self._room = room
        self._assets = assets
        self._pieces = _Pieces()
        self._reserved = 0

    def write(self, data: bytes) -> None:
        for gone in self._room.reserve(len(data)):
            self._assets.pop(gone, None)
        self._reserved += len(data)
        self._pieces.append(data)

    def keep(self, digest: str) -> bool:
        if digest in self._assets:
            self._room.touch(digest)
            return False
        self.let_go()
        self._room.add(digest, self._pieces.size)
        self._assets[digest] = self._pieces
        return True

    def let_go(self) -> None:
        self._room.release(self._reserved)
        self._reserved = 0
