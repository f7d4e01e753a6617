"""So many at a time, so many waiting, and no more: the bound behind admission and CPU work."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from gencheck.errors import Overloaded


class Slots:
    """A semaphore with a bounded queue, first come first served. For one event loop."""

    def __init__(self, limit: int, *, max_queued: int, what: str) -> None:
        """Args: what: what the slots are for, in the words of the error."""
        if limit < 1 or max_queued < 0:
            raise ValueError("slots need a limit of at least 1 and a queue of at least 0")
        self._limit = limit
        self._max_queued = max_queued
        self._what = what
        self._held = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def held(self) -> int:
        """Slots in use."""
        return self._held

    @property
    def queued(self) -> int:
        """Callers that wait for one."""
        return len(self._waiting)

    async def acquire(self) -> None:
        """Take a slot, waiting for one. Raises ``Overloaded`` where too many wait already."""
        if self._held < self._limit:
            self._held += 1
            return
        if len(self._waiting) >= self._max_queued:
            raise Overloaded(
                f"the server is busy: {self._held} {self._what} in progress, "
                f"{len(self._waiting)} waiting",
                where=self._what,
                fix="Try again later, with exponential back-off.",
                metadata={"limit": str(self._limit), "max_queued": str(self._max_queued)},
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # the slot was handed over in the same tick: hand it on
            else:
                with suppress(ValueError):  # a release in the same tick has skipped it already
                    self._waiting.remove(turn)
            raise

    def release(self) -> None:
        """Give the slot to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._held -= 1
