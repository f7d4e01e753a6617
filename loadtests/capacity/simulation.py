"""A queue event by event: what the approximations are tested against, and a way to see them."""

from __future__ import annotations

import heapq
import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def lognormal(n: int, mean: float, cv: float, seed: int) -> Floats:
    """Service times in seconds. Args: cv: standard deviation over the mean."""
    sigma = math.sqrt(math.log(1 + cv**2))
    random = np.random.default_rng(seed)
    return np.asarray(random.lognormal(math.log(mean) - sigma**2 / 2, sigma, n))


def simulated(servers: int, rate: float, services: Floats, seed: int = 5) -> Floats:
    """Stays in seconds in a first-come-first-served queue with Poisson arrivals.

    Args:
        services: seconds of each; the first tenth fills the queue and is left out.
    """
    arrivals = np.cumsum(np.random.default_rng(seed).exponential(1 / rate, len(services)))
    free = [0.0] * servers
    found = []
    for arrival, service in zip(arrivals, services, strict=True):
        start = max(float(arrival), heapq.heappop(free))
        heapq.heappush(free, start + float(service))
        found.append(start + float(service) - float(arrival))
    return np.array(found[len(found) // 10 :])
