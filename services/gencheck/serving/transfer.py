"""Messages on their way in or out: a peer that dawdles costs others nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gencheck.errors import DeadlineExceeded, GencheckError, Overloaded

T = TypeVar("T")

_READ_SECONDS = 5.0


class Transfers:
    """So many messages at a time, each within its time; one more ends the one that began first.

    Whoever sends and reads as fast as the network allows is done in milliseconds. So it is the slow
    who give way: a thousand callers who send a byte a minute never keep an honest one out.
    """

    def __init__(self, most: int, *, seconds: float) -> None:
        """Args: seconds: longest time for one message."""
        self._most = most
        self._seconds = seconds
        self._open: dict[asyncio.Timeout, None] = {}  # in the order in which they began

    @property
    def count(self) -> int:
        """Messages on their way now."""
        return len(self._open)

    async def run(self, step: Awaitable[T], *, where: str) -> T:
        """A step that moves one message. Raises ``DeadlineExceeded`` or ``Overloaded``."""
        loop = asyncio.get_running_loop()
        if len(self._open) >= self._most:
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.reschedule(loop.time())
        late = loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(late) as limit:
                self._open[limit] = None
                try:
                    return await step
                finally:
                    self._open.pop(limit, None)
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._given_up(where, evicted=(limit.when() or late) < late) from None

    def _given_up(self, where: str, *, evicted: bool) -> GencheckError:
        if evicted:
            return Overloaded(
                f"{self._most} messages are on their way, and this one began first",
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
