"""What every store of assets offers; and how much room there is in one."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from contextlib import AbstractContextManager
from typing import Protocol

from gencheck.errors import NotFound, Overloaded
from gencheck.media.fetch.types import Head


class Reading(Protocol):
    """An asset that is being read, and stays for as long."""

    @property
    def size(self) -> int:
        """Bytes of the asset."""
        ...

    def read(self, offset: int, count: int) -> bytes:
        """At most so many bytes from there on; fewer only at the end."""
        ...


class Writing(Protocol):
    """An asset on its way in. What is not kept leaves nothing behind."""

    def write(self, data: bytes) -> None:
        """Append. Raises ``Overloaded`` where there is no room now, ``Unavailable`` for a disk."""
        ...

    def keep(self, digest: str) -> bool:
        """Make it readable, all at once; whether it was new."""
        ...


class Store(Protocol):
    """Assets by digest. Plain calls, from any thread; ``blocks`` says whether they need one.

    Attributes:
        blocks: whether calls wait for a disk or a network.
        capacity: bytes that it holds, at most; ``None``: somebody else sees to that.
    """

    blocks: bool
    capacity: int | None

    def peek(self, digest: str) -> Head:
        """The start of an asset and its size. Raises ``NotFound``."""
        ...

    def open(self, digest: str) -> AbstractContextManager[Reading]:
        """Read an asset; until the block ends it stays. Raises ``NotFound``."""
        ...

    def create(self) -> AbstractContextManager[Writing]:
        """Take a new asset."""
        ...

    def remove(self, digest: str) -> None:
        """Forget an asset, if it is there."""
        ...

    def close(self) -> None:
        """Let go of what it holds open."""
        ...


class Room:
    """Who takes how many bytes, and who gives way: the least recently used that nobody reads.

    It counts alone; whoever asks moves the bytes. Safe to share between threads.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._lock = threading.RLock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._readers: Counter[str] = Counter()
        self._taken = 0

    @property
    def taken(self) -> int:
        """Bytes that assets take, those on their way in among them."""
        return self._taken

    def reserve(self, count: int) -> list[str]:
        """Take bytes for an asset on its way in; the digests that have to go for it.

        Raises:
            Overloaded: what is there is being read, or on its way in.
        """
        with self._lock:
            gone: list[str] = []
            left = self._taken + count - self.capacity
            for digest, size in self._sizes.items():  # least recently used first
                if left <= 0:
                    break
                if digest not in self._readers:
                    gone.append(digest)
                    left -= size
            if left > 0:
                raise Overloaded(
                    "the store of assets is full of what is in use",
                    where="asset store",
                    fix="Try again later, or give the server more --asset-bytes.",
                    metadata={"capacity": str(self.capacity)},
                )
            for digest in gone:
                self.drop(digest)
            self._taken += count
            return gone

    def release(self, count: int) -> None:
        """Give back what was reserved."""
        with self._lock:
            self._taken -= count

    def add(self, digest: str, size: int) -> None:
        """What was reserved is an asset now (or one was found)."""
        with self._lock:
            self.drop(digest)
            self._sizes[digest] = size
            self._taken += size

    def drop(self, digest: str) -> None:
        """An asset is gone."""
        with self._lock:
            self._taken -= self._sizes.pop(digest, 0)

    def touch(self, digest: str) -> None:
        """An asset was used."""
        with self._lock:
            if digest in self._sizes:
                self._sizes.move_to_end(digest)

    def pin(self, digest: str) -> None:
        """Somebody begins to read an asset."""
        with self._lock:
            self._readers[digest] += 1
            self.touch(digest)

    def unpin(self, digest: str) -> None:
        """They have ended."""
        with self._lock:
            self._readers[digest] -= 1
            if self._readers[digest] <= 0:
                del self._readers[digest]


def unknown(digest: str) -> NotFound:
    """The error of a digest that a store does not hold."""
    return NotFound(
        "no asset of this digest is here",
        where=digest,
        fix="Upload it (again): an asset gives way when it was not used for long.",
        metadata={"digest": digest},
    )
