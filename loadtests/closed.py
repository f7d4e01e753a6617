"""A closed loop: so many calls always open. It warms a target, and finds out what it bears."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

import grpc
import numpy as np

from gencheck.errors import Unavailable
from gencheck.transport import open_channel
from loadtests.requests import check_of, with_id
from loadtests.scenario import CLASSES, Capacity

Requests = Sequence[Sequence[bytes]]


async def warm_up(target: str, requests: Requests, kinds: Sequence[str]) -> None:
    """Ask twice for each sample of the classes, one after the other.

    Raises:
        Unavailable: one was not answered; a target that is broken needs no load test.
    """
    async with open_channel(target) as channel:
        call = check_of(channel)
        for kind in kinds:
            for raw in 2 * list(requests[CLASSES.index(kind)]):
                try:
                    await call(with_id(raw), timeout=60)
                except grpc.aio.AioRpcError as error:
                    said = f"{error.code().name}: {error.details()}"
                    raise Unavailable(f"no answer about a {kind}: {said}", where=target) from None


async def measure_capacity(
    target: str, requests: Requests, mix: Mapping[str, float], plan: Capacity, seed: int
) -> float:
    """Assets a second that are answered with ``plan.concurrency`` calls always open."""
    random = np.random.default_rng(seed)
    shares = np.array([mix.get(kind, 0.0) for kind in CLASSES])
    kinds = random.choice(len(CLASSES), 100_000, p=shares / shares.sum())
    answered = row = 0
    start = time.monotonic()

    async def caller(channel: grpc.aio.Channel) -> None:
        nonlocal answered, row
        call = check_of(channel)
        while time.monotonic() - start < plan.seconds:
            samples = requests[kinds[row % len(kinds)]]
            row += 1
            try:
                await call(with_id(samples[row % len(samples)]), timeout=60)
                answered += 1
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.05)  # refused: a caller would wait before the next

    async with open_channel(target) as channel:
        await asyncio.gather(*(caller(channel) for _ in range(plan.concurrency)))
    if not answered:
        raise Unavailable("nothing was answered while the capacity was measured", where=target)
    return answered / (time.monotonic() - start)
