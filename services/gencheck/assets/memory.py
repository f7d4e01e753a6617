"""A store in the memory of this process."""

from __future__ import annotations

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
        self._assets: dict[str, bytes] = {}

    def peek(self, digest: str) -> Head:
        """See :class:`gencheck.assets.store.Store`."""
        data = self._find(digest)
        self._room.touch(digest)
        return Head(data[:HEAD_BYTES], len(data))

    @contextmanager
    def open(self, digest: str) -> Iterator[_Reading]:
        """See :class:`gencheck.assets.store.Store`."""
        data = self._find(digest)
        self._room.pin(digest)
        try:
            yield _Reading(data)
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

    def _find(self, digest: str) -> bytes:
        data = self._assets.get(digest)
        if data is None:
            raise unknown(digest)
        return data


class _Reading:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, count: int) -> bytes:
        return self._data[offset : offset + count]  # all of it is the very object, no copy


class _Writing:
    def __init__(self, room: Room, assets: dict[str, bytes]) -> None:
        self._room = room
        self._assets = assets
        self._data = bytearray()
        self._reserved = 0

    def write(self, data: bytes) -> None:
        for gone in self._room.reserve(len(data)):
            self._assets.pop(gone, None)
        self._reserved += len(data)
        self._data += data

    def keep(self, digest: str) -> bool:
        if digest in self._assets:
            self._room.touch(digest)
            return False
        data = bytes(self._data)
        self.let_go()
        self._assets[digest] = data
        self._room.add(digest, len(data))
        return True

    def let_go(self) -> None:
        self._room.release(self._reserved)
        self._reserved = 0
        self._data = bytearray()
