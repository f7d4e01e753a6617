"""What a made-up service does with a call: it takes so long, and answers so much."""

from __future__ import annotations

import asyncio
import hashlib
import math
import random
import time
from dataclasses import dataclass

from gencheck.deadline import Deadline
from gencheck.findings import Verdict
from gencheck.serving.work import CpuPool

_BLOCK = bytes(64 << 10)  # about 0.1 ms of SHA-256; hashing lets go of the interpreter's lock


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a made-up service behaves.

    Attributes:
        seconds: mean service time of a call.
        sigma: of a lognormal service time (standard deviation of its logarithm); 0: constant.
        seed: of the service times.
        burn: whether the time is CPU time in one of ``threads`` threads, not sleep.
        threads: that burn; also how many calls are served at a time.
        answer_bytes: about so many bytes of filling in an answer.
        verdict: what every call is judged.
    """

    seconds: float = 0.0
    sigma: float = 0.0
    seed: int = 1
    burn: bool = False
    threads: int = 1
    answer_bytes: int = 0
    verdict: Verdict = Verdict.PASS


class ServiceTimes:
    """A reproducible sequence of service times in seconds, with the mean that was asked for."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._random = random.Random(behaviour.seed)  # noqa: S311 - no secret
        self._mu = math.log(behaviour.seconds) - behaviour.sigma**2 / 2 if behaviour.seconds else 0

    def next(self) -> float:
        """Seconds of the next call."""
        if not (self._behaviour.seconds and self._behaviour.sigma):
            return self._behaviour.seconds
        return self._random.lognormvariate(self._mu, self._behaviour.sigma)


class Work:
    """Spends the service time of one call after another."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._times = ServiceTimes(behaviour)
        self._cpu = CpuPool(behaviour.threads, max_queued=1 << 20) if behaviour.burn else None

    async def spend(self, deadline: Deadline) -> None:
        """One service time. Raises ``DeadlineExceeded`` or ``Cancelled`` when it is of no use."""
        seconds = self._times.next()
        if not seconds:
            return
        if self._cpu is None:
            await asyncio.sleep(seconds)
        else:
            await self._cpu.run(_burn, seconds, deadline=deadline)

    async def aclose(self) -> None:
        """Wait for the threads."""
        if self._cpu is not None:
            await self._cpu.aclose()


def _burn(seconds: float, *, deadline: Deadline) -> None:
    """Use CPU time, not wall clock: on a busy machine it takes longer, as real work does."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        deadline.check()
        hashlib.sha256(_BLOCK).digest()
