"""Which service is ready: asked again and again, behind grpc.health.v1 and before every call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grpc_health.v1 import health_pb2

from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    ModelNotReady,
    Overloaded,
    Unavailable,
)
from gencheck.serving.call import LIVE, Service
from gencheck.serving.logs import Value, log
from gencheck.serving.status import as_known, is_bug
from gencheck.serving.statuses import Statuses

_LOGGER = logging.getLogger(__name__)
_SERVING: int = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING: int = health_pb2.HealthCheckResponse.NOT_SERVING


@dataclass(frozen=True, slots=True)
class Schedule:
    """When services judge their golden inputs.

    Attributes:
        again_seconds: from a right answer to the next question.
        retry_seconds: from a failure to the next try.
        limit_seconds: longest time for an answer once a service was ready; the first takes as long
            as it takes, since it loads models and compiles kernels.
    """

    again_seconds: float = 60.0
    retry_seconds: float = 5.0
    limit_seconds: float = 30.0


class Readiness:
    """Lets every service judge its golden inputs, at the start and on a schedule: who is ready?

    SERVING means: the last ``warm_up`` returned. The overall name ``""`` is SERVING when all
    services are. A service that is too busy to be asked stays what it was.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        schedule: Schedule,
        changed: Callable[[str, bool], None] = lambda _name, _serving: None,
        checked: Callable[[str, str], None] = lambda _name, _result: None,
    ) -> None:
        """Args: changed: is told of every change of a service.

        checked: is told the result of every check: ``passed``, ``failed`` or ``busy``.
        """
        self.statuses = Statuses()
        self._services = services
        self._schedule = schedule
        self._changed = changed
        self._checked = checked
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
        """Report NOT_SERVING, and let every service be asked in the background."""
        for service in self._services:
            self._changed(service.name, False)
            self.statuses.set(service.name, _NOT_SERVING)
        self.statuses.set("", _NOT_SERVING)
        self.statuses.set(LIVE, _SERVING)
        self._tasks = [asyncio.create_task(self._ask(service)) for service in self._services]

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
        """Return when every service has been SERVING."""
        await self._settled.wait()

    async def drain(self) -> None:
        """Report NOT_SERVING for good; calls that still come are answered until :meth:`refuse`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for service in self._services:
            self._changed(service.name, False)
        self.statuses.drain()

    def refuse(self) -> None:
        """From now on :meth:`check` refuses every call, and nobody watches any more."""
        self._draining = True
        self.statuses.end()

    async def _ask(self, service: Service) -> None:
        while True:
            start = time.perf_counter()
            first = self._reasons[service.name] is not None
            try:
                async with asyncio.timeout(None if first else self._schedule.limit_seconds):
                    await service.warm_up()
            except Overloaded:
                self._checked(service.name, "busy")
            except TimeoutError:
                await self._failed(service, _no_answer(self._schedule.limit_seconds))
            except Exception as error:
                await self._failed(service, error)
            else:
                await self._passed(service, time.perf_counter() - start)
            ready = self._reasons[service.name] is None
            await asyncio.sleep(
                self._schedule.again_seconds if ready else self._schedule.retry_seconds
            )

    async def _passed(self, service: Service, seconds: float) -> None:
        self._checked(service.name, "passed")
        if self._reasons[service.name] is None:
            return
        self._reasons[service.name] = None
        await self._report(service.name, _SERVING)
        fields: dict[str, Value] = {"service": service.name, "seconds": round(seconds, 3)}
        log(_LOGGER, logging.INFO, "serving", fields)
        if self.all_ready:
            self._settled.set()

    async def _failed(self, service: Service, error: Exception) -> None:
        known = as_known(error)
        self._checked(service.name, "failed")
        self._reasons[service.name] = ModelNotReady(
            f"the service is not ready: {known}",
            where=service.name,
            fix=f"It tries again every {self._schedule.retry_seconds:g} s.",
            metadata={**known.metadata, "cause": known.reason},
        )
        await self._report(service.name, _NOT_SERVING)
        log(
            _LOGGER,
            logging.ERROR,
            "not serving",
            {"service": service.name, "reason": known.reason, "message": str(known)},
            error=error if is_bug(error) else None,
        )

    async def _report(self, name: str, status: int) -> None:
        self._changed(name, status == _SERVING)
        self.statuses.set(name, status)
        self.statuses.set("", _SERVING if self.all_ready else _NOT_SERVING)


def _no_answer(seconds: float) -> DeadlineExceeded:
    return DeadlineExceeded(f"the golden inputs were not judged within {seconds:g} s")
