"""Synchronous CPU work off the event loop, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded
from gencheck.findings import Timing
from gencheck.slots import Slots
from gencheck.tracing import NO_TRACING, Tracing

T = TypeVar("T")


class CpuPool:
    """A few threads for pure functions that take a deadline and look at it between their stages.

    numpy, OpenCV and numba let go of the interpreter's lock, so threads do use the cores.
    """

    def __init__(
        self, threads: int, *, max_queued: int = 128, tracing: Tracing = NO_TRACING
    ) -> None:
        """Args: max_queued: calls that may wait for a thread; one more is ``Overloaded``."""
        self._slots = Slots(threads, max_queued=max_queued, what="CPU tasks")
        self._tracing = tracing
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="gencheck-cpu")

    @property
    def running(self) -> int:
        """Threads at work, also for callers who have gone."""
        return self._slots.held

    @property
    def queued(self) -> int:
        """Calls that wait for a thread."""
        return self._slots.queued

    async def run(self, function: Callable[..., T], *args: object, deadline: Deadline) -> T:
        """``function(*args, deadline=deadline)`` in a thread.

        When the caller is cancelled, or its time is up, the deadline is cancelled, so that the
        function stops at its next ``deadline.check()``. The thread counts as taken until the
        function has really ended. Raises what the function raises, ``Overloaded``,
        ``DeadlineExceeded`` or ``Cancelled``.
        """
        deadline.check()
        try:
            async with asyncio.timeout(deadline.remaining()) as limit:
                with self._tracing.span("wait for a thread"):
                    await self._slots.acquire(yields=deadline.yields)
                with self._tracing.span("compute") as span:
                    work = partial(function, *args, deadline=deadline)
                    result = await self._in_thread(work, deadline)
                    timings: Iterable[Timing] = getattr(result, "timings", ())
                    span.stages((timing.stage, timing.seconds) for timing in timings)
                    return result
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineExceeded(
                "the time given for this call is up", fix="Give the call a longer deadline."
            ) from None

    async def _in_thread(self, work: Callable[[], T], deadline: Deadline) -> T:
        try:
            running = asyncio.get_running_loop().run_in_executor(self._executor, work)
        except BaseException:
            self._slots.release()
            raise
        running.add_done_callback(self._ended)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            deadline.cancel()
            raise

    def _ended(self, running: asyncio.Future[Any]) -> None:
        self._slots.release()
        if not running.cancelled():
            running.exception()  # seen: nobody may be left to ask for it

    async def aclose(self) -> None:
        """Wait for the threads; cancel the deadlines before."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
