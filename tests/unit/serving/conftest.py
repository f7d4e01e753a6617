"""A door and calls in simulated time: hours of load in a second, the same every time."""

import asyncio
import random
import selectors
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import Overloaded
from gencheck.serving.admission import Admission
from gencheck.serving.call import Priority
from gencheck.serving.metrics import Metrics

Cost = Callable[[random.Random, float], tuple[str, float]]
"""Of a random number generator and the time: a kind of call and the seconds that it takes."""


class _Jump(selectors.SelectSelector):
    """Waits for nothing: time jumps to the next event."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0.0
        return super().select(0)


def in_simulated_time(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine, whose sleeps take no time."""
    jump = _Jump()
    loop = asyncio.SelectorEventLoop(jump)
    loop.time = lambda: jump.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()


@dataclass
class Load:
    """Calls that come at random instants, of which so many at a time make progress.

    Attributes:
        servers: how many calls the machine behind works on at a time; the others wait there.
        cost: what a call is, and how long a server takes over it.
    """

    servers: int
    cost: Cost
    cap: int = 64
    max_queued: int = 64
    seed: int = 1
    served: list[tuple[float, float, Priority]] = field(default_factory=list)
    refused: list[tuple[float, Overloaded, Priority]] = field(default_factory=list)
    limits: list[tuple[float, int]] = field(default_factory=list)
    most: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._behind: asyncio.Semaphore | None = None

    async def run(self, *phases: tuple[float, float], batch: float = 0.0) -> "Load":
        """Args: phases: seconds, and calls a second. batch: share of calls that yield."""
        loop = asyncio.get_running_loop()
        self._behind = asyncio.Semaphore(self.servers)
        self.door = Admission(
            cap=self.cap,
            max_queued=self.max_queued,
            max_bytes=1 << 30,
            max_wait=10.0,
            metrics=Metrics(),
            clock=loop.time,
            jitter=lambda: 0.5,
        )
        calls = []
        for seconds, rate in phases:
            end = loop.time() + seconds
            while loop.time() < end:
                await asyncio.sleep(self.random.expovariate(rate))
                yields = self.random.random() < batch
                priority = Priority.BATCH if yields else Priority.INTERACTIVE
                calls.append(asyncio.ensure_future(self._call(priority)))
        await asyncio.gather(*calls)
        return self

    async def _call(self, priority: Priority) -> None:
        assert self._behind is not None
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        kind, seconds = self.cost(self.random, arrived)
        try:
            self.door.check(priority)
            ticket = await self.door.enter(kind, priority, size=1_000, deadline=Deadline())
        except Overloaded as error:
            self.refused.append((arrived, error, priority))
            return
        self.most = max(self.most, self.door.slots.held)
        async with self._behind:
            await asyncio.sleep(seconds)
        self.door.leave(ticket, ended=True)
        self.served.append((arrived, loop.time() - arrived, priority))
        self.limits.append((loop.time(), self.door.slots.limit))

    def goodput(self, start: float, end: float) -> float:
        """Calls a second that were answered, of those that came in that time."""
        return sum(start <= at < end for at, _, _ in self.served) / (end - start)

    def quantile(self, share: float, start: float, end: float) -> float:
        """Seconds from the arrival to the answer."""
        took = sorted(took for at, took, _ in self.served if start <= at < end)
        return took[int(share * len(took))]

    def limit_in(self, start: float, end: float) -> tuple[int, int]:
        """The lowest and the highest limit."""
        seen = [limit for at, limit in self.limits if start <= at < end]
        return min(seen), max(seen)

    def causes(self) -> Counter[str]:
        """Why calls were refused."""
        return Counter(error.metadata["cause"] for _, error, _ in self.refused)


@pytest.fixture
def simulate() -> Callable[..., Load]:
    def run(
        servers: int, cost: Cost, *phases: tuple[float, float], batch: float = 0.0, **options: int
    ) -> Load:
        load = Load(servers, cost, **options)
        done: Load = in_simulated_time(load.run(*phases, batch=batch))
        return done

    return run


@pytest.fixture
def simulated() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return in_simulated_time
