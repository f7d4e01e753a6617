"""So many at a time, so many waiting, and no more: the bound behind admission and CPU work."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from gencheck.errors import Overloaded

_TURNS_IN_A_ROW = 4
"""So often what goes first may pass what yields, where both wait; then it is the other's turn."""


@dataclass(eq=False, slots=True)
class _Waiter:
    turn: asyncio.Future[None]
    yields: bool
    since: float


class Slots:
    """A semaphore with a queue bounded in number, bytes and time. For one event loop.

    First come first served; what yields (batch work) waits for the others, but for one turn in
    five, and is the first to be refused: it may take half of the queue, and gives its place up to
    one that does not yield.
    """

    def __init__(
        self,
        limit: int,
        *,
        max_queued: int,
        what: str,
        max_bytes: int = 1 << 62,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: what: what the slots are for, in the words of the error.

        max_bytes: of what holds a slot and what waits, together.
        """
        if limit < 1 or max_queued < 0:
            raise ValueError("slots need a limit of at least 1 and a queue of at least 0")
        self._limit = limit
        self._max_queued = max_queued
        self._max_bytes = max_bytes
        self._what = what
        self._clock = clock
        self._held = 0
        self._bytes = 0
        self._first: deque[_Waiter] = deque()
        self._yielding: deque[_Waiter] = deque()
        self._in_a_row = 0
        self._waiting_since = 0.0

    @property
    def held(self) -> int:
        """Slots in use."""
        return self._held

    @property
    def queued(self) -> int:
        """Callers that wait for one."""
        return len(self._first) + len(self._yielding)

    @property
    def bytes(self) -> int:
        """What callers with a slot and callers that wait hold in memory."""
        return self._bytes

    @property
    def limit(self) -> int:
        """Slots that there are. A smaller one takes none away; it waits until they come back."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        self._limit = limit
        self._hand_out()

    def waiting_for(self) -> float:
        """Seconds since the queue was empty; 0 where it is."""
        return self._clock() - self._waiting_since if self.queued else 0.0

    def ahead_of(self, *, yields: bool, more_come: bool) -> int:
        """How many go before one who comes now; with `more_come` also of those still to come."""
        if not yields:
            return len(self._first)
        return (len(self._yielding) + 1) * (_TURNS_IN_A_ROW + 1) if more_come else self.queued

    def check(self, *, yields: bool = False, size: int = 0) -> None:
        """Raise ``Overloaded`` where there is neither a slot nor a place to wait for one."""
        if self._bytes + size > self._max_bytes and (self._held or self.queued):
            raise self._refusal("bytes")
        if self._held < self._limit and not self.queued:
            return
        if yields:
            full = len(self._yielding) * 2 >= self._max_queued or self.queued >= self._max_queued
        else:
            full = len(self._first) >= self._max_queued
        if full:
            raise self._refusal("queue")

    async def acquire(
        self,
        *,
        yields: bool = False,
        size: int = 0,
        at_most: float | None = None,
        longest: Callable[[], float] | None = None,
    ) -> None:
        """Take a slot, waiting for one.

        Args:
            yields: whether others go first.
            size: bytes that the caller holds; give the same to :meth:`release`.
            at_most: seconds that it may wait.
            longest: the same, asked when its turn comes.

        Raises:
            Overloaded: too many wait already or hold too much, its place was given to another, or
                it has waited too long.
        """
        self.check(yields=yields, size=size)
        self._bytes += size
        if self._held < self._limit and not self.queued:
            self._held += 1
            return
        if self.queued >= self._max_queued:
            # The youngest that yields gives way; `check` has seen to it that there is one.
            self._refuse(self._yielding.pop(), "evicted")
        waiter = self._queue_up(yields=yields)
        try:
            await self._turn(waiter, at_most)
        except BaseException:
            self._bytes -= size
            raise
        if longest is not None and self._clock() - waiter.since > longest():
            self.release(size=size)
            raise self._refusal("time")

    def _queue_up(self, *, yields: bool) -> _Waiter:
        now = self._clock()
        if not self.queued:
            self._waiting_since = now
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(turn, yields, now)
        self._queue_of(waiter).append(waiter)
        return waiter

    def _queue_of(self, waiter: _Waiter) -> deque[_Waiter]:
        return self._yielding if waiter.yields else self._first

    async def _turn(self, waiter: _Waiter, at_most: float | None) -> None:
        timer = None
        if at_most is not None:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(at_most, self._refuse, waiter, "time")
        turn = waiter.turn
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._held -= 1  # the slot was handed over in the same tick: hand it on
                self._hand_out()
            else:
                with suppress(ValueError):  # it has left the queue already
                    self._queue_of(waiter).remove(waiter)
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def release(self, *, size: int = 0) -> None:
        """Give the slot to whoever is next."""
        self._held -= 1
        self._bytes -= size
        self._hand_out()

    def _hand_out(self) -> None:
        while self._held < self._limit and self.queued:
            waiter = self._next()
            if not waiter.turn.done():
                self._held += 1
                waiter.turn.set_result(None)

    def _next(self) -> _Waiter:
        own_turn = self._in_a_row >= _TURNS_IN_A_ROW
        if self._yielding and (own_turn or not self._first):
            self._in_a_row = 0
            return self._yielding.popleft()
        self._in_a_row = self._in_a_row + 1 if self._yielding else 0
        return self._first.popleft()

    def _refuse(self, waiter: _Waiter, cause: str) -> None:
        if not waiter.turn.done():
            waiter.turn.set_exception(self._refusal(cause))

    def _refusal(self, cause: str) -> Overloaded:
        return Overloaded(
            f"the server is busy: {self._held} {self._what} in progress, {self.queued} waiting",
            where=self._what,
            fix="Try again later, with exponential back-off.",
            metadata={
                "cause": cause,
                "limit": str(self._limit),
                "max_queued": str(self._max_queued),
                "bytes": str(self._bytes),
            },
        )
