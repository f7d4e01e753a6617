"""Assets by digest: fetched once, whoever asks; never believed; never held by one who left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from gencheck.assets.disk import DiskStore
from gencheck.assets.memory import MemoryStore
from gencheck.assets.reading import DigestReader, StoreOrigin, call, held
from gencheck.assets.store import Store
from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, LimitExceeded, NotFound, Unavailable
from gencheck.media.fetch.types import Head
from gencheck.media.types import Limits

DATA = b"0123456789" * 10


class FakeOrigin:
    """Gives one asset, when it is let; counts how often it was asked."""

    def __init__(self, data: bytes = DATA, *, failure: Exception | None = None) -> None:
        self.data = data
        self.failure = failure
        self.asked = 0
        self.ended = 0
        self.forgotten: list[str] = []
        self.gate = asyncio.Event()
        self.began = asyncio.Event()

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        return Head(self.data[:4], len(self.data))

    async def pieces(self, digest: str, *, deadline: Deadline) -> AsyncGenerator[bytes, None]:
        self.asked += 1
        self.began.set()
        try:
            yield self.data[:5]
            await self.gate.wait()
            if self.failure is not None:
                raise self.failure
            yield self.data[5:]
        finally:
            self.ended += 1

    async def forget(self, digest: str) -> None:
        self.forgotten.append(digest)


def reader(origin: Any, cache: int = 1_000, limits: Limits | None = None) -> DigestReader:
    return DigestReader(origin, limits=limits or Limits(), cache_bytes=cache)


async def read(from_: DigestReader, kit: Any, data: bytes = DATA) -> bytes:
    return await from_.read(kit.digest(data), deadline=Deadline())


async def test_four_at_once_share_one_fetch_and_later_ones_need_none(kit: Any) -> None:
    origin = FakeOrigin()
    shared = reader(origin)
    waiting = [asyncio.create_task(read(shared, kit)) for _ in range(4)]
    await origin.began.wait()
    origin.gate.set()
    assert await asyncio.gather(*waiting) == [DATA] * 4
    assert await read(shared, kit) == DATA
    assert origin.asked == 1


async def test_one_who_leaves_takes_nothing_from_the_others(kit: Any) -> None:
    origin = FakeOrigin()
    shared = reader(origin)
    first, second = (asyncio.create_task(read(shared, kit)) for _ in range(2))
    await origin.began.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    origin.gate.set()
    assert await second == DATA
    assert origin.asked == 1


async def test_when_the_last_one_leaves_the_fetch_ends_and_a_new_one_begins_anew(kit: Any) -> None:
    origin = FakeOrigin()
    shared = reader(origin)
    first = asyncio.create_task(read(shared, kit))
    await origin.began.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(read(shared, kit))
    origin.gate.set()
    assert await second == DATA
    assert (origin.asked, origin.ended) == (2, 2)


async def test_an_error_reaches_all_and_is_not_kept(kit: Any) -> None:
    origin = FakeOrigin(failure=Unavailable("gone for a moment"))
    origin.gate.set()
    shared = reader(origin)
    waiting = [read(shared, kit) for _ in range(3)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    origin.failure = None
    assert await read(shared, kit) == DATA
    assert origin.asked == 2


async def test_bytes_of_another_digest_are_refused_and_forgotten(kit: Any) -> None:
    origin = FakeOrigin(DATA[:-1] + b"X")
    origin.gate.set()
    shared = reader(origin)
    for _ in range(2):
        with pytest.raises(Unavailable, match="something else"):
            await read(shared, kit)
    assert origin.forgotten == [kit.digest(DATA)] * 2


async def test_an_asset_over_the_limit_is_left_at_once(kit: Any) -> None:
    origin = FakeOrigin()
    with pytest.raises(LimitExceeded):
        await read(reader(origin, limits=Limits(max_bytes=4)), kit)
    assert (origin.asked, origin.ended) == (1, 1)


async def test_what_is_kept_is_bounded(kit: Any) -> None:
    store = MemoryStore(1_000)
    assets = [bytes([number]) * 100 for number in range(4)]
    for data in assets:
        kit.put(store, data)
    shared = reader(StoreOrigin(store), cache=250)
    for data in assets:
        await read(shared, kit, data)
        store.remove(kit.digest(data))
    assert await read(shared, kit, assets[3]) == assets[3]
    assert await read(shared, kit, assets[2]) == assets[2]
    with pytest.raises(NotFound):
        await read(shared, kit, assets[1])


async def test_whoever_has_no_time_left_asks_for_nothing(kit: Any) -> None:
    origin = FakeOrigin()
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        await reader(origin).read(kit.digest(DATA), deadline=deadline)
    assert origin.asked == 0


async def test_every_store_is_an_origin(store: Store, kit: Any) -> None:
    kit.put(store, DATA)
    shared = reader(StoreOrigin(store))
    assert await read(shared, kit) == DATA
    head = await shared.peek(kit.digest(DATA), deadline=Deadline())
    assert (head.data, head.size) == (DATA, len(DATA))
    with pytest.raises(NotFound):
        await read(shared, kit, b"none")


async def test_a_file_that_was_changed_is_removed_so_that_it_can_come_anew(
    disk: DiskStore, tmp_path: Any, kit: Any
) -> None:
    kit.put(disk, DATA)
    name = kit.digest(DATA).removeprefix("sha256:")
    (tmp_path / "store" / name[:2] / name).write_bytes(b"rotten")
    shared = reader(StoreOrigin(disk))
    with pytest.raises(Unavailable):
        await read(shared, kit)
    assert kit.put(disk, DATA)
    assert await read(shared, kit) == DATA


async def test_who_is_cancelled_leaves_when_the_thread_has_ended(disk: DiskStore) -> None:
    began, go_on, ended = asyncio.Event(), asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(began.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(20)
        ended.append(True)

    task = asyncio.create_task(call(disk, work))
    await began.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_a_block_that_fails_lets_go_of_the_store(store: Store, kit: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        async with held(store, store.create()) as writing:
            writing.write(DATA)
            raise ZeroDivisionError
    assert not kit.holds(store, DATA)
