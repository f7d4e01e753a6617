"""What grpc.health.v1 says of each name, and those who watch it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from grpc_health.v1 import health_pb2

_SERVICE_UNKNOWN: int = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
_NOT_SERVING: int = health_pb2.HealthCheckResponse.NOT_SERVING


class Statuses:
    """A status by name. For one event loop.

    The servicer of grpcio-health-checking (1.81) is not enough: when one watcher of a name leaves,
    it forgets the others, and a watcher who does not read keeps it from ever changing a status.
    """

    def __init__(self) -> None:
        self._now: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._draining = False
        self._ended = False

    def of(self, name: str) -> int | None:
        """The status of a name; ``None`` where nobody has heard of it."""
        return self._now.get(name)

    def set(self, name: str, status: int) -> None:
        """From now on say this; after :meth:`drain` nothing changes any more."""
        if not self._draining:
            self._now[name] = status
            self._tell()

    def drain(self) -> None:
        """NOT_SERVING, all names and for good."""
        self._draining = True
        self._now = dict.fromkeys(self._now, _NOT_SERVING)
        self._tell()

    def end(self) -> None:
        """Let go of everybody who watches: a server that stops would wait for them."""
        self._ended = True
        self._tell()

    async def watch(self, name: str) -> AsyncGenerator[int, None]:
        """The status now, and again whenever it is another; one in between may be left out."""
        last = None
        while True:
            changed = self._changed
            status = self._now.get(name, _SERVICE_UNKNOWN)
            if status != last:
                yield status
                last = status
            if self._ended:
                return
            await changed.wait()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
