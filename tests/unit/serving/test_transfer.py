"""Messages that dawdle, and answers that nobody reads."""

import asyncio
from collections.abc import Callable

import pytest

from gencheck.errors import DeadlineExceeded, Overloaded
from gencheck.serving.transfer import Outbox, Transfers, resident_bytes


async def message(arrives: asyncio.Event) -> str:
    await arrives.wait()
    return "message"


async def test_a_message_that_takes_too_long_is_given_up() -> None:
    transfers = Transfers(2, seconds=0.01)
    with pytest.raises(DeadlineExceeded, match="stood still"):
        await transfers.run(message(asyncio.Event()), where="Check")
    assert transfers.count == 0


async def test_of_too_many_the_first_gives_way() -> None:
    transfers, arrives = Transfers(2, seconds=60), asyncio.Event()
    tasks = []
    for _ in range(5):
        tasks.append(asyncio.create_task(transfers.run(message(arrives), where="Check")))
        await asyncio.sleep(0)
    assert transfers.count == 2
    arrives.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [Overloaded] * 3 + [str] * 2
    assert transfers.count == 0


def test_what_takes_long_while_memory_grows_is_given_up(simulated: Callable[..., None]) -> None:
    in_use = [100]
    transfers = Transfers(9, seconds=60, max_growth=50, memory=lambda: in_use[0])

    async def grow() -> None:
        slow = asyncio.create_task(transfers.run(message(asyncio.Event()), where="Check"))
        await asyncio.sleep(0.7)
        assert not slow.done(), "slow alone is no harm"
        in_use[0] = 200
        arrives = asyncio.Event()
        quick = asyncio.create_task(transfers.run(message(arrives), where="Check"))
        with pytest.raises(Overloaded, match="memory"):
            await slow
        arrives.set()
        assert await quick == "message"

    simulated(grow())


def test_memory_that_grows_over_minutes_is_the_process_itself(
    simulated: Callable[..., None],
) -> None:
    in_use = [100_000]
    transfers = Transfers(9, seconds=6_000, max_growth=50_000, memory=lambda: in_use[0])

    async def grow() -> None:
        arrives = asyncio.Event()
        slow = asyncio.create_task(transfers.run(message(arrives), where="CheckSet"))
        for _ in range(600):
            await asyncio.sleep(1)
            in_use[0] += 1_000
        arrives.set()
        assert await slow == "message"

    simulated(grow())


def test_the_memory_of_this_process_is_known_here() -> None:
    assert resident_bytes() > 1 << 20


async def test_the_deadline_of_a_call_is_not_taken_for_that_of_a_message() -> None:
    transfers = Transfers(2, seconds=60)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await transfers.run(message(asyncio.Event()), where="Check")
    with pytest.raises(TimeoutError):
        await transfers.run(asyncio.wait_for(message(asyncio.Event()), 0.01), where="Check")


def test_a_connection_that_does_not_read_gets_no_more_to_leave_lying() -> None:
    now = [0.0]
    outbox = Outbox(100, clock=lambda: now[0])
    gone = [outbox.add("deaf", 60), outbox.add("deaf", 60)]
    outbox.check("deaf")  # perhaps it is about to
    now[0] = 6.0
    with pytest.raises(Overloaded, match="2 answers"):
        outbox.check("deaf")
    outbox.check("another")
    gone[0](None)
    outbox.check("deaf")
    gone[0](None)
    gone[1](None)
    assert outbox.bytes == 0
