"""Messages on their way in or out: a peer that dawdles costs others nothing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from gencheck.errors import DeadlineExceeded, GencheckError, Overloaded

T = TypeVar("T")

_STATM = Path("/proc/self/statm")

_READ_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_USUAL_SECONDS = 30.0
_MAX_GROWTH = 512 << 20


def resident_bytes() -> int:
    """Memory of this process; 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class Transfers:
    """So many messages at a time, each within its time; one more ends the one that began first.

    Whoever sends and reads as fast as the network allows is done in milliseconds. So it is the slow
    who give way: a thousand callers who send a byte a minute never keep an honest one out.

    gRPC holds a message to its limit when it is here, and not when its head says how long it will
    be: a head that says 4 GB is followed by as much. So what is on its way for long is given up
    when the memory of the process grows meanwhile.
    """

    def __init__(
        self,
        most: int,
        *,
        seconds: float,
        max_growth: int = _MAX_GROWTH,
        memory: Callable[[], int] = resident_bytes,
    ) -> None:
        """Args: seconds: longest time for one message; max_growth: bytes; memory: in use now."""
        self._most = most
        self._seconds = seconds
        self._max_growth = max_growth
        self._memory = memory
        self._open: dict[asyncio.Timeout, float] = {}  # in the order in which they began
        self._usual = 0
        self._looking = False

    @property
    def count(self) -> int:
        """Messages on their way now."""
        return len(self._open)

    async def run(self, step: Awaitable[T], *, where: str) -> T:
        """A step that moves one message. Raises ``DeadlineExceeded`` or ``Overloaded``."""
        loop = asyncio.get_running_loop()
        if len(self._open) >= self._most:
            self._give_up(next(iter(self._open)))
        if not self._looking:
            self._looking = True
            loop.call_later(_LOOK_SECONDS, self._look)
        now = loop.time()
        try:
            async with asyncio.timeout_at(now + self._seconds) as limit:
                self._open[limit] = now
                try:
                    return await step
                finally:
                    evicted = self._open.pop(limit, None) is None
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._given_up(where, evicted=evicted) from None

    def _give_up(self, limit: asyncio.Timeout) -> None:
        del self._open[limit]
        limit.reschedule(0)

    def _look(self) -> None:
        """Every quarter of a second, as long as anything is on its way."""
        loop = asyncio.get_running_loop()
        self._looking = bool(self._open)
        if not self._looking:
            return
        loop.call_later(_LOOK_SECONDS, self._look)
        long = [one for one, since in self._open.items() if loop.time() - since > _LOOK_SECONDS]
        in_use = self._memory()
        if not long or not self._usual:
            self._usual = in_use
        elif in_use > self._usual + self._max_growth:
            for limit in long:
                self._give_up(limit)
        else:  # what grows over minutes is the process itself
            self._usual += int((in_use - self._usual) * _LOOK_SECONDS / _USUAL_SECONDS)

    def _given_up(self, where: str, *, evicted: bool) -> GencheckError:
        if evicted:
            return Overloaded(
                "this message took long to come, and its place or memory was needed for others",
                where=where,
                fix="Try again later, over a faster network.",
                metadata={"cause": "transfer", "limit": str(self._most)},
            )
        return DeadlineExceeded(
            f"the stream stood still for {self._seconds:g} s",
            where=where,
            fix="Send and read the messages of a stream without such pauses.",
        )


class Outbox:
    """Answers that their callers have not read yet: gRPC keeps them until the connection ends.

    While there is more of that than there is room for, a connection that does not read gets no
    further answer to leave lying.
    """

    def __init__(self, max_bytes: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._unread: dict[str, dict[object, tuple[float, int]]] = {}
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """All that has not been read."""
        return self._bytes

    def check(self, peer: str) -> None:
        """Raise ``Overloaded`` for a connection that must read first."""
        unread = self._unread.get(peer)
        if self._bytes <= self._max_bytes or not unread:
            return
        since, _ = next(iter(unread.values()))
        if self._clock() - since > _READ_SECONDS:
            raise Overloaded(
                f"{len(unread)} answers on this connection have not been read",
                where="calls",
                fix="Read the answers.",
                metadata={"cause": "unread", "unread": str(len(unread))},
            )

    def add(self, peer: str, size: int) -> Callable[[object], None]:
        """An answer of so many bytes goes out; what to call when it has gone."""
        key = object()
        self._unread.setdefault(peer, {})[key] = (self._clock(), size)
        self._bytes += size

        def gone(_: object) -> None:
            unread = self._unread[peer]
            if unread.pop(key, None) is not None:
                self._bytes -= size
            if not unread:
                del self._unread[peer]

        return gone
