"""A request that comes again under its id is evaluated once (AIP-155)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, DeadlineExceeded, InvalidArgument
from gencheck.serving.call import Call
from gencheck.serving.metrics import RouterMetrics
from gencheck.v1 import router_pb2 as pb

REMEMBERED_SECONDS = 60.0
REMEMBERED_ANSWERS = 4_096
REMEMBERED_BYTES = 32 << 20
_ENTRY_BYTES = 1_024  # what an entry takes besides its answer

Evaluate = Callable[[Call], Coroutine[Any, Any, pb.CheckResponse]]


# Length and hash of a request. The hash is Python's own, 64 bits with a key that each process
# draws: it tells a request from another, and costs a third of a digest.
_Content = tuple[int, int]


@dataclass(slots=True, eq=False)
class _Running:
    """One evaluation under way, for as many as wait for it."""

    content: _Content
    deadline: Deadline
    task: asyncio.Task[pb.CheckResponse]
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class _Done:
    """A serialised answer that is remembered until a time of the clock."""

    content: _Content
    data: bytes
    until: float

    @property
    def size(self) -> int:
        return len(self.data) + _ENTRY_BYTES


class Duplicates:
    """Evaluations by request id: those under way, and for a while those that are done."""

    def __init__(
        self, metrics: RouterMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: clock: what answers are forgotten by."""
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._done: OrderedDict[str, _Done] = OrderedDict()
        self._bytes = 0
        self._count = metrics.duplicates

    async def run(
        self, request_id: str, raw: bytes, call: Call, evaluate: Evaluate
    ) -> pb.CheckResponse:
        """The answer to a request, evaluated for it or for the one before it with the same id.

        An evaluation ends when nobody waits for it any more, not when the first caller leaves. One
        that ran out of the first caller's time is begun anew for a caller with time left.

        Args:
            request_id: as the caller gave it; upper and lower case are the same.
            raw: the request as it came.

        Raises:
            InvalidArgument: the id belongs to another request.
        """
        key, content = request_id.lower(), (len(raw), hash(raw))
        while True:
            self._forget_old()
            done = self._done.get(key)
            if done is not None:
                self._hold(request_id, done.content, content, "remembered")
                return pb.CheckResponse.FromString(done.data)
            running = self._running.get(key)
            if running is None:
                return await self._wait(key, self._start(key, content, call, evaluate))
            self._hold(request_id, running.content, content, "joined")
            try:
                answer = await self._wait(key, running)
                return pb.CheckResponse.FromString(answer.SerializeToString())
            except (DeadlineExceeded, Cancelled):
                call.deadline.check()

    def _hold(self, request_id: str, known: _Content, content: _Content, result: str) -> None:
        self._count.labels(result if known == content else "refused").inc()
        if known != content:
            raise _taken(request_id)

    def _start(self, key: str, content: _Content, call: Call, evaluate: Evaluate) -> _Running:
        deadline = Deadline.after(call.deadline.remaining())
        task = asyncio.create_task(evaluate(replace(call, deadline=deadline)))
        self._running[key] = running = _Running(content, deadline, task)
        return running

    async def _wait(self, key: str, running: _Running) -> pb.CheckResponse:
        running.waiting += 1
        try:
            return await asyncio.shield(running.task)
        finally:
            running.waiting -= 1
            over = running.task.done()
            if self._running.get(key) is running and (over or not running.waiting):
                del self._running[key]
                await self._end(key, running)

    async def _end(self, key: str, running: _Running) -> None:
        """Remember an answer; call off what nobody waits for."""
        task = running.task
        if not task.done():
            running.deadline.cancel()
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        elif not task.cancelled() and task.exception() is None:
            self._remember(key, running.content, task.result())

    def _remember(self, key: str, content: _Content, answer: pb.CheckResponse) -> None:
        if any(part.HasField("error") for part in answer.parts):
            return  # asked again, it may be whole
        until = self._clock() + REMEMBERED_SECONDS
        self._done[key] = done = _Done(content, answer.SerializeToString(), until)
        self._bytes += done.size
        while self._bytes > REMEMBERED_BYTES or len(self._done) > REMEMBERED_ANSWERS:
            self._forget_oldest()

    def _forget_old(self) -> None:
        now = self._clock()
        while self._done and next(iter(self._done.values())).until <= now:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, done = self._done.popitem(last=False)
        self._bytes -= done.size


def _taken(request_id: str) -> InvalidArgument:
    return InvalidArgument(
        "another request had this id a moment ago",
        where="request_id",
        fix="Make a new UUID4 for each request; repeat it only with the same request.",
        metadata={"request_id": request_id},
    )
