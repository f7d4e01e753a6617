"""How a process reads assets by digest: fetched once, checked, kept for a while."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from gencheck.assets.store import Store
from gencheck.deadline import Deadline
from gencheck.errors import Unavailable
from gencheck.media.fetch.types import Head, checked_size
from gencheck.media.types import Limits

PIECE_BYTES = 1 << 20
"""Bytes that are read at a time."""

_FETCHES = 4
_LONGEST_SECONDS = 120.0

T = TypeVar("T")


class Origin(Protocol):
    """Where assets come from."""

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        """The start of an asset and its size. Raises ``NotFound``, ``Unavailable``."""
        ...

    def pieces(self, digest: str, *, deadline: Deadline) -> AsyncGenerator[bytes, None]:
        """All of it, piece by piece."""
        ...

    async def forget(self, digest: str) -> None:
        """What came was not the asset."""
        ...


class StoreOrigin:
    """Assets of a store of this process, or of a folder on the same machine."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        """See :class:`Origin`."""
        return await call(self._store, lambda: self._store.peek(digest))

    async def pieces(self, digest: str, *, deadline: Deadline) -> AsyncGenerator[bytes, None]:
        """See :class:`Origin`. An asset in memory is one piece: itself."""
        async with held(self._store, self._store.open(digest)) as reading:
            piece = PIECE_BYTES if self._store.blocks else max(1, reading.size)
            for offset in range(0, reading.size, piece):
                deadline.check()
                yield await call(self._store, partial(reading.read, offset, piece))

    async def forget(self, digest: str) -> None:
        """See :class:`Origin`."""
        await call(self._store, lambda: self._store.remove(digest))


class DigestReader:
    """Assets by digest: whoever asks at the same time, or soon after, shares one fetch.

    Nothing is believed: what does not have the digest that was asked for is an error.
    """

    def __init__(self, origin: Origin, *, limits: Limits, cache_bytes: int) -> None:
        """Args: cache_bytes: bytes of assets that are kept, the most recently used ones."""
        self._origin = origin
        self._limits = limits
        self._cache = _Cache(cache_bytes)
        self._fetching: dict[str, _Fetch] = {}
        self._slots = asyncio.Semaphore(_FETCHES)

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        """The start of an asset and its size. Raises ``NotFound``, ``Unavailable``."""
        return await self._origin.peek(digest, deadline=deadline)

    async def read(self, digest: str, *, deadline: Deadline) -> bytes:
        """All of it.

        Raises:
            NotFound: nobody has it (any more).
            LimitExceeded: it is larger than is read here.
            Unavailable: whoever has it does not answer, or answers with something else.
        """
        deadline.check()
        found = self._cache.get(digest)
        if found is not None:
            return found
        fetch = self._fetching.get(digest)
        if fetch is None:
            fetch = self._fetching[digest] = _Fetch(asyncio.create_task(self._fetch(digest)))
            # Where everybody left just before it failed, nobody else would look at the error.
            fetch.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        fetch.waiting += 1
        try:
            return await asyncio.shield(fetch.task)
        finally:
            fetch.waiting -= 1
            if fetch.task.done() or not fetch.waiting:  # nobody is left to want it
                fetch.task.cancel()
                if self._fetching.get(digest) is fetch:
                    del self._fetching[digest]

    async def _fetch(self, digest: str) -> bytes:
        """For whoever waits: no single caller's deadline ends it."""
        deadline = Deadline.after(_LONGEST_SECONDS)
        try:
            async with self._slots, asyncio.timeout(_LONGEST_SECONDS):
                data = await self._whole(digest, deadline)
        except TimeoutError:
            raise Unavailable(
                f"the asset did not come within {_LONGEST_SECONDS:g} s", where=digest
            ) from None
        if f"sha256:{await asyncio.to_thread(_sha256, data)}" != digest:
            await self._origin.forget(digest)
            raise changed(digest)
        self._cache.put(digest, data)
        return data

    async def _whole(self, digest: str, deadline: Deadline) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async with aclosing(self._origin.pieces(digest, deadline=deadline)) as coming:
            async for piece in coming:
                size = checked_size(size + len(piece), self._limits, digest)
                pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@dataclass(slots=True)
class _Fetch:
    """A fetch and how many wait for it; it ends when the last of them leaves."""

    task: asyncio.Task[bytes]
    waiting: int = 0


class _Cache:
    """Bytes by digest, the most recently used ones."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, digest: str) -> bytes | None:
        if digest in self._held:
            self._held.move_to_end(digest)
        return self._held.get(digest)

    def put(self, digest: str, data: bytes) -> None:
        if len(data) > self._capacity or digest in self._held:
            return
        self._held[digest] = data
        self._bytes += len(data)
        while self._bytes > self._capacity:
            self._bytes -= len(self._held.popitem(last=False)[1])


async def call(store: Store, work: Callable[[], T]) -> T:
    """Work at a store; in a thread where it may wait."""
    return await in_thread(work) if store.blocks else work()


async def in_thread(work: Callable[[], T]) -> T:
    """Work in a thread; who is cancelled leaves when it has ended.

    A thread cannot be stopped: were its file closed under it, it might write into another one.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@asynccontextmanager
async def held(store: Store, context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context of a store, entered and left where :func:`call` works."""
    entered: list[T] = []
    try:
        await call(store, lambda: entered.append(context.__enter__()))
        yield entered[0]
    finally:
        if entered:
            await call(store, lambda: context.__exit__(None, None, None))


def changed(digest: str) -> Unavailable:
    """The error of bytes that are not what their digest says."""
    return Unavailable(
        "what is stored under this digest is something else",
        where=digest,
        fix="Upload the asset again.",
        metadata={"digest": digest},
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
