"""Asks one service: breaker, deadline, trust, time; whatever goes wrong is a part of the answer."""

from __future__ import annotations

import math
import time

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError, Unavailable
from gencheck.router.answers import Expected, read_answer
from gencheck.router.breaker import Breaker
from gencheck.router.merge import Part
from gencheck.router.ports import LOCAL, CheckPort, Ports
from gencheck.serving.call import Call
from gencheck.serving.metrics import RouterMetrics

_DEFAULT_SECONDS = 60.0
_RESERVE_SHARE = 0.05
_MAX_RESERVE_SECONDS = 0.5


class Asker:
    """One check on one port."""

    def __init__(
        self, check: str, port: CheckPort, breaker: Breaker, metrics: RouterMetrics
    ) -> None:
        """Args: breaker: of the service, which may have more than one port."""
        self.check = check
        self.target = port.target
        self._port = port
        self._breaker = breaker
        self._open = metrics.breaker_open.labels(check)
        self._told_open = False

    async def ask(self, request: bytes, call: Call, expected: Expected, deadline: Deadline) -> Part:
        """What became of asking; an error is data, only a cancellation is raised.

        Args: deadline: of this question, see :func:`part_deadline`.
        """
        wait = self._breaker.admit()
        if wait > 0.0:
            return Part(self.check, 0.0, error=self._down(wait), target=self.target, attempts=0)
        start = time.perf_counter()
        given = deadline.remaining() or 0.0
        answer, failure = None, None
        try:
            reply = await self._port.check(request, call, deadline=deadline)
            attempts = reply.attempts
            answer = read_answer(self.check, reply.data, expected)
        except GencheckError as error:
            failure = error
            attempts = int(error.metadata.get("attempts", "1"))
        except BaseException:
            self._breaker.forget()
            raise
        seconds = time.perf_counter() - start
        self._breaker.record(failure, given)
        if self._breaker.is_open is not self._told_open:
            self._told_open = self._breaker.is_open
            self._open.set(self._told_open)
        return Part(self.check, seconds, answer, failure, self.target, attempts)

    def _down(self, wait: float) -> Unavailable:
        last = "" if self._breaker.last is None else self._breaker.last.what
        return Unavailable(
            f"the {self.check} service failed several times in a row, at last with “{last}”",
            where=self.target,
            fix=f"Check that it is running; it is asked again in {wait:.1f} s.",
            metadata={"service": self.check, "breaker": "open", "seconds": f"{wait:.1f}"},
        )


def make_askers(ports: Ports, metrics: RouterMetrics) -> tuple[dict[str, Asker], dict[str, Asker]]:
    """Who asks about assets, and who about the views of a mesh, by check.

    Both questions to a service go by one breaker.
    """
    breakers = {check: _breaker_of(port) for check, port in ports.checks.items()}
    assets = {
        check: Asker(check, port, breakers[check], metrics) for check, port in ports.checks.items()
    }
    if ports.views is None:
        return assets, {}
    breaker = breakers.get("consistency") or _breaker_of(ports.views)
    return assets, {"consistency": Asker("consistency", ports.views, breaker, metrics)}


def _breaker_of(port: CheckPort) -> Breaker:
    """A service in this process is as much there as the router."""
    return Breaker(limit=math.inf) if port.target == LOCAL else Breaker()


def part_deadline(deadline: Deadline) -> Deadline:
    """The caller's time less a reserve in which the router can still answer."""
    remaining = deadline.remaining()
    if remaining is None:
        return Deadline.after(_DEFAULT_SECONDS, yields=deadline.yields)
    reserve = min(_MAX_RESERVE_SECONDS, remaining * _RESERVE_SHARE)
    return Deadline.after(remaining - reserve, yields=deadline.yields)


def not_known(check: str) -> Part:
    """The part of a service that the router was not told of."""
    error = Unavailable(
        f"this router knows no {check} service",
        fix=f"Start it with --{check} HOST:PORT.",
        metadata={"service": check},
    )
    return Part(check, 0.0, error=error, attempts=0)
