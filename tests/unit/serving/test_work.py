"""Threads behind bounded slots."""

import asyncio
import threading
import time

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, DeadlineExceeded, Overloaded
from gencheck.serving.work import CpuPool


class Burner:
    """Work that looks at its deadline between steps."""

    def __init__(self) -> None:
        self.steps = 0
        self.started = threading.Event()
        self.error: BaseException | None = None

    def __call__(self, *, deadline: Deadline) -> None:
        self.started.set()
        try:
            while True:
                deadline.check()
                self.steps += 1
                time.sleep(0.001)
        except BaseException as error:
            self.error = error
            raise

    async def running(self) -> None:
        assert await asyncio.to_thread(self.started.wait, 5)


async def _until(condition: object, seconds: float = 5) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread
            await asyncio.sleep(0.005)


async def test_the_answer_of_the_function_comes_back() -> None:
    def add(left: int, right: int, *, deadline: Deadline) -> tuple[int, str]:
        assert deadline.remaining() is None
        return left + right, threading.current_thread().name

    pool = CpuPool(1)
    total, thread = await pool.run(add, 2, 3, deadline=Deadline())
    assert total == 5
    assert thread.startswith("gencheck-cpu")
    assert (pool.running, pool.queued) == (0, 0)
    await pool.aclose()


async def test_the_error_of_the_function_comes_back_and_frees_the_thread() -> None:
    def fail(*, deadline: Deadline) -> None:
        raise KeyError("x")

    pool = CpuPool(1)
    for _ in range(3):
        with pytest.raises(KeyError):
            await pool.run(fail, deadline=Deadline())
    await _until(lambda: pool.running == 0)
    await pool.aclose()


async def test_a_cancelled_caller_stops_the_work_and_the_thread_counts_until_then() -> None:
    pool, burner, deadline = CpuPool(1), Burner(), Deadline()
    stubborn = threading.Event()

    def slow_to_notice(*, deadline: Deadline) -> None:
        try:
            burner(deadline=deadline)
        finally:
            stubborn.wait(5)

    task = asyncio.create_task(pool.run(slow_to_notice, deadline=deadline))
    await burner.running()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _until(lambda: burner.error is not None)
    assert isinstance(burner.error, Cancelled)
    assert pool.running == 1, "the thread is still busy, whoever left"
    stubborn.set()
    await _until(lambda: pool.running == 0)
    await pool.aclose()


async def test_a_deadline_that_passes_is_said_so_at_once() -> None:
    pool, burner = CpuPool(1), Burner()
    with pytest.raises(DeadlineExceeded):
        await pool.run(burner, deadline=Deadline.after(0.1))
    await _until(lambda: pool.running == 0)
    await pool.aclose()


async def test_a_deadline_that_passes_in_the_queue_never_starts_the_work() -> None:
    pool, first, second = CpuPool(1), Burner(), Burner()
    deadline = Deadline()
    task = asyncio.create_task(pool.run(first, deadline=deadline))
    await first.running()
    with pytest.raises(DeadlineExceeded):
        await pool.run(second, deadline=Deadline.after(0.05))
    assert not second.started.is_set()
    assert pool.queued == 0
    deadline.cancel()
    with pytest.raises(Cancelled):
        await task
    await pool.aclose()


async def test_a_full_queue_is_overload() -> None:
    pool, burner, deadline = CpuPool(1, max_queued=1), Burner(), Deadline()
    tasks = [asyncio.create_task(pool.run(burner, deadline=deadline)) for _ in range(2)]
    await burner.running()
    assert (pool.running, pool.queued) == (1, 1)
    with pytest.raises(Overloaded):
        await pool.run(burner, deadline=deadline)
    deadline.cancel()
    assert all(
        isinstance(e, Cancelled) for e in await asyncio.gather(*tasks, return_exceptions=True)
    )
    await pool.aclose()


async def test_who_is_already_gone_takes_no_thread() -> None:
    pool, burner, deadline = CpuPool(1), Burner(), Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        await pool.run(burner, deadline=deadline)
    assert not burner.started.is_set()
    await pool.aclose()


async def test_work_of_a_batch_lets_other_work_go_first() -> None:
    pool, burner, deadline = CpuPool(1), Burner(), Deadline()
    order: list[str] = []
    running = asyncio.create_task(pool.run(burner, deadline=deadline))
    await burner.running()

    def note(name: str, *, deadline: Deadline) -> None:
        order.append(name)

    batch = pool.run(note, "batch", deadline=Deadline(yields=True))
    other = pool.run(note, "other", deadline=Deadline())
    waiting = asyncio.gather(batch, other)
    await _until(lambda: pool.queued == 2)
    deadline.cancel()
    await waiting
    assert order == ["other", "batch"]
    with pytest.raises(Cancelled):
        await running
    await pool.aclose()
