"""A circuit breaker: who has not answered for a while is not asked for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable

from gencheck.errors import DeadlineExceeded, GencheckError, Unavailable, WorkerLost

FAILURES = 5
"""Failures in a row that open it."""
OPEN_SECONDS = 5.0
FAIR_SECONDS = 5.0
"""A service that was given less time than this is not to blame for a deadline."""


class Breaker:
    """Closed, open, or half-open with one probe, for one service and one event loop.

    Only a service that cannot be reached, is not ready, or let a fair time pass counts as failing.
    Whatever it answers, an error of the caller's among them, shows that it is there.

    Attributes:
        last: the failure that was counted last.
    """

    def __init__(
        self, *, limit: float = FAILURES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: limit: failures in a row that open it; infinity never does."""
        self.last: GencheckError | None = None
        self._limit = limit
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the service counts as down."""
        return self._failures >= self._limit

    def admit(self) -> float:
        """0 to go ahead, which :meth:`record` or :meth:`forget` must follow; else seconds to wait.

        After the wait one call goes ahead as a probe; the others wait for what becomes of it.
        """
        if not self.is_open:
            return 0.0
        wait = self._open_until - self._clock()
        if wait > 0.0:
            return wait
        if self._probing:
            return 1.0
        self._probing = True
        return 0.0

    def record(self, error: GencheckError | None, given_seconds: float) -> None:
        """What became of a call that was admitted, and the time that it was given."""
        self._probing = False
        if not _blames_service(error, given_seconds):
            self._failures = 0
            return
        self.last = error
        self._failures += 1
        if self.is_open:
            self._open_until = self._clock() + OPEN_SECONDS

    def forget(self) -> None:
        """The call was called off: nothing was learned."""
        self._probing = False


def _blames_service(error: GencheckError | None, given_seconds: float) -> bool:
    if isinstance(error, DeadlineExceeded):
        return given_seconds >= FAIR_SECONDS
    if not isinstance(error, Unavailable):
        return False
    # A worker is lost over an asset, which says nothing of the next one; and a server that does not
    # know a method is there.
    return not isinstance(error, WorkerLost) and error.metadata.get("code") != "UNIMPLEMENTED"
