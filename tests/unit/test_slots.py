"""A semaphore whose queue is bounded in number, bytes and time, and knows who goes first."""

import asyncio
from contextlib import suppress
from random import Random

import pytest

from gencheck.errors import Overloaded
from gencheck.slots import Slots


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def take(slots: Slots, name: str, order: list[str], **how: object) -> None:
    """Wait for a slot, note whose turn it is, and let the next one in."""
    await slots.acquire(**how)  # type: ignore[arg-type]
    order.append(name)
    slots.release(size=int(how.get("size", 0)))  # type: ignore[call-overload]


async def queue_up(
    slots: Slots, order: list[str], **named: dict[str, object]
) -> list[asyncio.Task]:
    tasks = [asyncio.create_task(take(slots, name, order, **how)) for name, how in named.items()]
    await asyncio.sleep(0)
    return tasks


async def test_slots_are_handed_on_in_order_and_never_lost() -> None:
    slots = Slots(2, max_queued=10, what="calls")
    order: list[int] = []

    async def hold(number: int) -> None:
        await slots.acquire()
        try:
            order.append(number)
            await asyncio.sleep(0.01)
        finally:
            slots.release()

    tasks = [asyncio.create_task(hold(number)) for number in range(12)]
    await asyncio.sleep(0)
    assert (slots.held, slots.queued) == (2, 10)
    for task in tasks[3:9:2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 1, 2, 4, 6, 8, 9, 10, 11]
    assert (slots.held, slots.queued) == (0, 0)


@pytest.mark.parametrize("cancel_first", [True, False])
async def test_a_waiter_cancelled_as_its_turn_comes_loses_no_slot(cancel_first: bool) -> None:
    slots = Slots(1, max_queued=2, what="calls")
    await slots.acquire()
    waiter = asyncio.create_task(slots.acquire())
    await asyncio.sleep(0)
    steps = [waiter.cancel, slots.release]
    for step in steps if cancel_first else reversed(steps):
        step()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert (slots.held, slots.queued) == (0, 0)
    await asyncio.wait_for(slots.acquire(), 1)


@pytest.mark.parametrize(("limit", "queued"), [(0, 1), (1, -1)])
def test_slots_without_a_bound_make_no_sense(limit: int, queued: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        Slots(limit, max_queued=queued, what="calls")


async def test_what_yields_waits_for_the_others_but_for_one_turn_in_five() -> None:
    slots, order = Slots(1, max_queued=40, what="calls"), []
    await slots.acquire()
    batch = await queue_up(slots, order, **{f"b{n}": {"yields": True} for n in range(3)})
    others = await queue_up(slots, order, **{f"o{n}": {} for n in range(12)})
    slots.release()
    await asyncio.gather(*batch, *others)
    assert order == [
        *["o0", "o1", "o2", "o3", "b0"],
        *["o4", "o5", "o6", "o7", "b1"],
        *["o8", "o9", "o10", "o11", "b2"],
    ]


async def test_what_yields_is_refused_first() -> None:
    slots, order = Slots(1, max_queued=4, what="calls"), []
    await slots.acquire()
    batch = await queue_up(slots, order, **{f"b{n}": {"yields": True} for n in range(3)})
    _, waiting = await asyncio.wait(batch, timeout=0)
    assert len(waiting) == 2, "half of the queue is for it"
    others = await queue_up(slots, order, **{f"o{n}": {} for n in range(4)})
    await asyncio.sleep(0)
    refused = [task.exception() for task in batch if task.done()]
    assert [error.metadata["cause"] for error in refused if isinstance(error, Overloaded)] == [
        *["evicted", "evicted", "queue"]
    ]
    with pytest.raises(Overloaded):
        slots.check()
    with pytest.raises(Overloaded):
        slots.check(yields=True)
    slots.release()
    await asyncio.gather(*others)
    assert order == ["o0", "o1", "o2", "o3"]
    assert (slots.held, slots.queued, slots.bytes) == (0, 0, 0)


async def test_what_is_held_and_what_waits_is_bounded_in_bytes() -> None:
    slots, order = Slots(1, max_queued=9, max_bytes=100, what="calls"), []
    await slots.acquire(size=1_000)  # alone, anything may pass
    with pytest.raises(Overloaded) as caught:
        await slots.acquire(size=1)
    assert caught.value.metadata["cause"] == "bytes"
    slots.release(size=1_000)
    await slots.acquire(size=60)
    (waiter,) = await queue_up(slots, order, one={"size": 40})
    with pytest.raises(Overloaded):
        slots.check(size=1)
    waiter.cancel()
    with suppress(asyncio.CancelledError):
        await waiter
    slots.check(size=40)
    slots.release(size=60)
    assert slots.bytes == 0


async def test_who_waits_too_long_is_refused() -> None:
    slots = Slots(1, max_queued=9, what="calls")
    await slots.acquire()
    with pytest.raises(Overloaded) as caught:
        await slots.acquire(at_most=0.01)
    assert caught.value.metadata["cause"] == "time"
    assert slots.queued == 0


async def test_whose_turn_comes_too_late_is_refused_and_the_next_one_served() -> None:
    clock, order = Clock(), []
    slots = Slots(1, max_queued=9, what="calls", clock=clock)
    await slots.acquire()
    (late,) = await queue_up(slots, order, late={"longest": lambda: 1.0})
    clock.now = 2.0
    (next_one,) = await queue_up(slots, order, next={"longest": lambda: 1.0})
    assert slots.waiting_for() == 2.0
    slots.release()
    await next_one
    assert order == ["next"]
    assert isinstance(late.exception(), Overloaded)
    assert (slots.held, slots.waiting_for()) == (0, 0.0)


async def test_a_larger_limit_lets_in_who_waits_and_a_smaller_one_throws_nobody_out() -> None:
    slots, order = Slots(1, max_queued=9, what="calls"), []
    await slots.acquire()
    tasks = [asyncio.create_task(slots.acquire()) for _ in range(3)]
    await asyncio.sleep(0)
    slots.limit = 3
    await asyncio.sleep(0)
    assert (slots.held, slots.queued) == (3, 1)
    slots.limit = 1
    for _ in range(3):
        slots.release()
    await asyncio.gather(*tasks)
    assert (slots.held, slots.queued, order) == (1, 0, [])


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_no_slot_and_no_byte_is_lost(seed: int) -> None:
    random = Random(seed)
    slots = Slots(3, max_queued=8, max_bytes=500, what="calls")

    async def one() -> None:
        size = random.randrange(100)
        await slots.acquire(
            yields=random.random() < 0.4,
            size=size,
            at_most=random.choice([None, 0.001]),
            longest=random.choice([None, lambda: 0.0005]),
        )
        assert slots.held <= 4
        assert slots.bytes <= 500
        try:
            await asyncio.sleep(random.choice([0, 0.0005]))
        finally:
            slots.release(size=size)

    for _ in range(15):
        tasks = [asyncio.create_task(one()) for _ in range(20)]
        await asyncio.sleep(0)
        slots.limit = random.choice([2, 3, 4])
        for task in tasks:
            if random.random() < 0.2:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (slots.held, slots.queued, slots.bytes) == (0, 0, 0)
