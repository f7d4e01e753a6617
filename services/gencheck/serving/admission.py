"""Which call may start, which waits, and which is refused: at once rather than late.

The limit adapts (``limit.py``). The queue is bounded in number and bytes, and in time as CoDel does
it (Nichols and Jacobson, 2012; for servers: Maurer, "Fail at Scale", 2015): a burst may wait
for long, but in a queue that does not get empty nobody waits longer than about two calls take, so
that those who are served are served soon.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from gencheck.deadline import Deadline
from gencheck.errors import Overloaded
from gencheck.serving.call import Priority
from gencheck.serving.limit import AdaptiveLimit
from gencheck.serving.metrics import Metrics
from gencheck.slots import Slots

_STANDING_SECONDS = 1.0
_SHORTEST_BOUND = 0.1
_BATCH_PATIENCE = 4
_LEARNING = 0.05
_SHORTEST_DELAY, _LONGEST_DELAY = 0.1, 30.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to run, from :meth:`Admission.enter`; to be given back once."""

    kind: object
    size: int
    started: float
    at_once: int


class Admission:
    """The door of a host. For one event loop.

    Args:
        cap: most calls at a time.
        max_queued: calls that may wait.
        max_bytes: of the messages of calls that run and that wait, together.
        max_wait: seconds that a call may wait in a burst.
        adapt: whether the limit follows how long calls take; else it is the cap.
    """

    def __init__(
        self,
        *,
        cap: int,
        max_queued: int,
        max_bytes: int,
        max_wait: float,
        metrics: Metrics,
        what: str = "calls",
        adapt: bool = True,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._adaptive = AdaptiveLimit(cap) if adapt else None
        self._slots = Slots(
            self._adaptive.value if self._adaptive else cap,
            max_queued=max_queued,
            max_bytes=max_bytes,
            what=what,
            clock=clock,
        )
        self._max_wait = max_wait
        self._metrics = metrics
        self._clock = clock
        self._jitter = jitter
        self._seconds = 0.0
        self._refusing = 0.0

    @property
    def slots(self) -> Slots:
        """What runs and what waits."""
        return self._slots

    def check(self, priority: Priority) -> None:
        """Raise ``Overloaded`` where a call would be refused whatever it says, unread."""
        try:
            self._slots.check(yields=priority is Priority.BATCH)
        except Overloaded as error:
            raise self._refused(error, priority) from None

    async def enter(
        self, kind: object, priority: Priority, *, size: int, deadline: Deadline
    ) -> Ticket:
        """Wait for the turn of a call.

        Args:
            kind: calls of one kind take about as long as each other.
            size: bytes of its message.

        Raises:
            Overloaded: with the time after which it is worth to try again.
        """
        arrived = self._clock()
        yields = priority is Priority.BATCH
        try:
            self._check_time(yields=yields, deadline=deadline)
            await self._slots.acquire(
                yields=yields,
                size=size,
                at_most=self._max_wait,
                longest=lambda: self._bound(yields=yields),
            )
        except Overloaded as error:
            raise self._refused(error, priority) from None
        finally:
            self._metrics.waited.labels(priority.value).observe(self._clock() - arrived)
        self._refusing -= self._refusing * _LEARNING
        return Ticket(kind, size, self._clock(), self._slots.held)

    def leave(self, ticket: Ticket, *, ended: bool, late: bool = False) -> None:
        """Give the place to the next.

        Args:
            ended: it was answered; the time of a call that was wrong says nothing about the load.
            late: it was given up because its time was up.
        """
        seconds = self._clock() - ticket.started
        if ended or late:
            self._seconds += (seconds - self._seconds) * (_LEARNING if self._seconds else 1.0)
        if self._adaptive is not None and (ended or late):
            learn = self._adaptive.observe if ended else self._adaptive.late
            limit = learn(ticket.kind, seconds, at_once=ticket.at_once)
            if limit != self._slots.limit:
                self._slots.limit = limit
        self._slots.release(size=ticket.size)

    def expected_wait(self, *, yields: bool = False) -> float:
        """Seconds until one who comes now may start, by what calls took of late."""
        if self._slots.held < self._slots.limit and not self._slots.queued:
            return 0.0
        ahead = self._slots.ahead_of(yields=yields, more_come=self._standing)
        return (ahead + 1) * self._seconds / self._slots.limit

    @property
    def _standing(self) -> bool:
        """Whether the queue is no mere burst: not empty for a second, or eight calls long."""
        return self._slots.waiting_for() >= max(_STANDING_SECONDS, 8 * self._seconds)

    def _bound(self, *, yields: bool) -> float:
        """Seconds that a call may have waited when its turn comes."""
        if not self._standing:
            return self._max_wait
        bound = max(_SHORTEST_BOUND, 2 * self._seconds)
        return min(self._max_wait, bound * (_BATCH_PATIENCE if yields else 1))

    def _check_time(self, *, yields: bool, deadline: Deadline) -> None:
        wait = self.expected_wait(yields=yields)
        left = deadline.remaining()
        if left is not None and wait > left:
            raise self._hopeless("deadline", wait, left)
        bound = self._bound(yields=yields)
        if wait > bound:
            raise self._hopeless("time", wait, bound)

    def _hopeless(self, cause: str, wait: float, bound: float) -> Overloaded:
        return Overloaded(
            f"the server is busy: a call would have to wait about {wait:.3g} s, "
            f"longer than the {bound:.3g} s that it may",
            where="calls",
            fix="Try again later, with exponential back-off.",
            metadata={"cause": cause, "seconds": f"{wait:.3f}", "limit": f"{bound:.3f}"},
        )

    def _refused(self, error: Overloaded, priority: Priority) -> Overloaded:
        """Count it, and say when to come back: the more are refused, the later."""
        cause = error.metadata.get("cause", "queue")
        self._metrics.refused.labels(cause, priority.value).inc()
        self._refusing += (1.0 - self._refusing) * _LEARNING
        drained = (self._slots.queued + 1) * self._seconds / self._slots.limit
        patience = _BATCH_PATIENCE if priority is Priority.BATCH else 1
        # Of ten that come nine are refused: all come back, so spread them over tenfold the time.
        excess = 1 / max(0.05, 1 - self._refusing)
        delay = min(_LONGEST_DELAY, max(_SHORTEST_DELAY, drained * excess * patience))
        error.retry_seconds = delay * (0.75 + 0.5 * self._jitter())
        return error
