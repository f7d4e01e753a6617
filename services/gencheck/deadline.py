"""How long the caller waits, and whether anybody still does."""

from __future__ import annotations

import math
import time

from gencheck.errors import Cancelled, DeadlineExceeded


class Deadline:
    """A point in time after which work is wasted; it can be cancelled from any thread.

    Pure code calls :meth:`check` between stages, so that work for a caller who has gone stops.
    """

    def __init__(
        self, expires_at: float = math.inf, *, ahead: bool = False, yields: bool = False
    ) -> None:
        """Args: expires_at: a time of ``time.monotonic()``, in seconds; infinity for none.

        ahead: this work goes past queues: a self-check that waited behind the calls of an
        overloaded service would report it as broken.
        yields: in a queue this work lets other work go first, as that of a batch does.
        """
        self.ahead = ahead
        self.yields = yields
        self._expires_at = expires_at
        self._gone = False  # a flag is enough: nobody waits for it to change

    @classmethod
    def after(cls, seconds: float | None, *, yields: bool = False) -> Deadline:
        """A deadline that many seconds from now; ``None`` never expires."""
        return cls(math.inf if seconds is None else time.monotonic() + seconds, yields=yields)

    @property
    def cancelled(self) -> bool:
        """Whether the caller has gone."""
        return self._gone

    def cancel(self) -> None:
        """Say that nobody waits any more. May be called from any thread, any number of times."""
        self._gone = True

    def remaining(self) -> float | None:
        """Seconds left, at least 0; ``None`` when there is no limit."""
        if math.isinf(self._expires_at):
            return None
        return max(0.0, self._expires_at - time.monotonic())

    def check(self) -> None:
        """Raise ``Cancelled`` or ``DeadlineExceeded`` when going on is of no use."""
        if self._gone:
            raise Cancelled("the caller no longer waits for this answer")
        if time.monotonic() >= self._expires_at:
            raise DeadlineExceeded(
                "the time given for this call is up", fix="Give the call a longer deadline."
            )


NO_DEADLINE = Deadline()
"""For pure code that is called without a caller who could go away. Never cancel it."""
