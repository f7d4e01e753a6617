"""A request that comes again under its id is evaluated once (AIP-155)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

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


class _Answered(NamedTuple):
    """An answer, and the same serialised: whoever gets the first may change it."""

    answer: pb.CheckResponse
    data: bytes
    whole: bool


@dataclass(slots=True, eq=False)
class _Running:
    """One evaluation under way, for as many as wait for it."""

    raw: bytes = field(repr=False)
    deadline: Deadline
    task: asyncio.Task[_Answered]
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
        key = request_id.lower()
        while True:
            self._forget_old()
            running = self._under_way(key)
            if running is not None:
                self._hold(request_id, "joined", same=running.raw == raw)
                try:
                    return pb.CheckResponse.FromString((await self._wait(key, running)).data)
                except (DeadlineExceeded, Cancelled):
                    call.deadline.check()
                    continue
            done = self._done.get(key)
            if done is not None:
                self._hold(request_id, "remembered", same=done.content == _content(raw))
                return pb.CheckResponse.FromString(done.data)
            return (await self._wait(key, self._start(key, raw, call, evaluate))).answer

    def _under_way(self, key: str) -> _Running | None:
        running = self._running.get(key)
        if running is not None and running.task.done():
            self._end(key, running)
            return None
        return running

    def _hold(self, request_id: str, result: str, *, same: bool) -> None:
        self._count.labels(result if same else "refused").inc()
        if not same:
            raise InvalidArgument(
                "another request had this id a moment ago",
                where="request_id",
                fix="Make a new UUID4 for each request; repeat it only with the same request.",
                metadata={"request_id": request_id},
            )

    def _start(self, key: str, raw: bytes, call: Call, evaluate: Evaluate) -> _Running:
        deadline = Deadline.after(call.deadline.remaining(), yields=call.deadline.yields)
        task = asyncio.create_task(_evaluated(evaluate, replace(call, deadline=deadline)))
        self._running[key] = running = _Running(raw, deadline, task)
        return running

    async def _wait(self, key: str, running: _Running) -> _Answered:
        running.waiting += 1
        try:
            return await asyncio.shield(running.task)
        finally:
            running.waiting -= 1
            if running.task.done():
                # After the answer is on its way: nobody should wait for this.
                asyncio.get_running_loop().call_soon(self._end, key, running)
            elif not running.waiting:
                await self._call_off(key, running)

    async def _call_off(self, key: str, running: _Running) -> None:
        """Stop what nobody waits for."""
        del self._running[key]
        running.deadline.cancel()
        running.task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await running.task

    def _end(self, key: str, running: _Running) -> None:
        """Forget an evaluation that is done, and remember its answer where that is whole."""
        if self._running.get(key) is not running:
            return
        del self._running[key]
        task = running.task
        if task.cancelled() or task.exception() is not None:
            return
        if not task.result().whole:
            return  # asked again, it may be
        until = self._clock() + REMEMBERED_SECONDS
        self._done[key] = done = _Done(_content(running.raw), task.result().data, until)
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


async def _evaluated(evaluate: Evaluate, call: Call) -> _Answered:
    answer = await evaluate(call)
    whole = not any(part.HasField("error") for part in answer.parts)
    return _Answered(answer, answer.SerializeToString(), whole)


def _content(raw: bytes) -> _Content:
    return len(raw), hash(raw)
