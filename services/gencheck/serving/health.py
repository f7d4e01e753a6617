"""Which service is ready: warm-up with retries, behind grpc.health.v1 and before every call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio as health_aio

from gencheck.errors import GencheckError, ModelNotReady, Unavailable
from gencheck.serving.call import Service
from gencheck.serving.logs import log
from gencheck.serving.status import as_known, is_bug

_LOGGER = logging.getLogger(__name__)
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
LIVE = "liveness"
"""The name that says SERVING as long as the process answers at all, warm or not: what Kubernetes
asks before it restarts a container. Restarting brings no model back that is missing."""


class Readiness:
    """Warms every service up, again and again until it works, and tells who is ready.

    SERVING means: ``warm_up`` returned. The overall name ``""`` is SERVING when all services are.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        retry_seconds: float,
        changed: Callable[[str, bool], None] = lambda _name, _serving: None,
    ) -> None:
        """Args: changed: is told of every change of a service."""
        self.servicer = health_aio.HealthServicer()
        self._services = services
        self._retry_seconds = retry_seconds
        self._changed = changed
        self._reasons: dict[str, GencheckError | None] = {
            service.name: ModelNotReady(
                "the service is still warming up",
                where=service.name,
                fix="Wait until its health is SERVING.",
            )
            for service in services
        }
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False
        self._settled = asyncio.Event()

    async def start(self) -> None:
        """Report NOT_SERVING, and warm up in the background."""
        for service in self._services:
            self._changed(service.name, False)
            await self.servicer.set(service.name, _NOT_SERVING)
        await self.servicer.set("", _NOT_SERVING)
        await self.servicer.set(LIVE, _SERVING)
        self._tasks = [asyncio.create_task(self._warm_up(service)) for service in self._services]

    def check(self, name: str) -> None:
        """Raise what keeps a service from answering now: ``Unavailable`` or ``ModelNotReady``."""
        if self._draining:
            raise Unavailable(
                "the server is shutting down", where=name, fix="Try again: another may answer."
            )
        reason = self._reasons[name]
        if reason is not None:
            raise reason.with_traceback(None)

    @property
    def all_ready(self) -> bool:
        """Whether every service is SERVING."""
        return not self._draining and not any(self._reasons.values())

    async def wait(self) -> None:
        """Return when every service is SERVING."""
        await self._settled.wait()

    async def drain(self) -> None:
        """Report NOT_SERVING for good; calls that still come are answered until :meth:`refuse`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for service in self._services:
            self._changed(service.name, False)
        await self.servicer.enter_graceful_shutdown()

    def refuse(self) -> None:
        """From now on :meth:`check` refuses every call."""
        self._draining = True

    async def _warm_up(self, service: Service) -> None:
        while True:
            start = time.perf_counter()
            try:
                await service.warm_up()
            except Exception as error:
                self._failed(service, error)
                await asyncio.sleep(self._retry_seconds)
            else:
                await self._succeeded(service, time.perf_counter() - start)
                return

    async def _succeeded(self, service: Service, seconds: float) -> None:
        self._reasons[service.name] = None
        self._changed(service.name, True)
        await self.servicer.set(service.name, _SERVING)
        log(
            _LOGGER,
            logging.INFO,
            "serving",
            {"service": service.name, "seconds": round(seconds, 3)},
        )
        if self.all_ready:
            await self.servicer.set("", _SERVING)
            self._settled.set()

    def _failed(self, service: Service, error: Exception) -> None:
        known = as_known(error)
        self._reasons[service.name] = ModelNotReady(
            f"the service could not warm up: {known}",
            where=service.name,
            fix=f"It tries again every {self._retry_seconds:g} s.",
            metadata={**known.metadata, "cause": known.reason},
        )
        log(
            _LOGGER,
            logging.ERROR,
            "not serving",
            {"service": service.name, "reason": known.reason, "message": str(known)},
            error=error if is_bug(error) else None,
        )
