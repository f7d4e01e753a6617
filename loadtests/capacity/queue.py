"""How long assets wait and stay: M/G/c by the usual approximations. Pure.

Erlang's C gives the probability of waiting in M/M/c exactly. Allen and Cunneen scale its mean wait
by the variability of the service times, (1 + cv²) / 2 for Poisson arrivals (Allen, "Probability,
Statistics, and Queueing Theory", 2nd ed. 1990, 5.2; for one server it is Pollaczek and Khinchine's
exact mean). The wait of those who wait is taken as exponential, as it is in M/M/c and in the limit
of heavy traffic (Kingman 1961, Köllerström 1974).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_GRID = 400


@dataclass(frozen=True, slots=True)
class Station:
    """A number of equal servers with one queue.

    Attributes:
        servers: how many are served at a time.
        mean: seconds of one server that an asset takes.
        cv: standard deviation of that over its mean.
    """

    servers: int
    mean: float
    cv: float

    def utilisation(self, rate: float) -> float:
        """Share of the servers' time that is used. Args: rate: assets a second."""
        return rate * self.mean / self.servers

    def waiting(self, rate: float) -> tuple[float, float]:
        """Probability of waiting, and the mean wait in seconds of those who do.

        Raises:
            ValueError: the rate is more than the station bears; there is no steady state.
        """
        rho = self.utilisation(rate)
        if rho >= 1:
            raise ValueError(f"the station is offered {rho:.2f} of what it bears")
        probability = erlang_c(self.servers, rate * self.mean)
        wait = (1 + self.cv**2) / 2 * self.mean / (self.servers * (1 - rho))
        return probability, wait


def erlang_c(servers: int, offered: float) -> float:
    """Probability that an arrival waits in M/M/c (Erlang 1917).

    Args:
        offered: rate times mean service time, less than ``servers``.
    """
    if offered <= 0:
        return 0.0
    blocked = 1.0  # Erlang's B, by its recursion, which does not overflow
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    rho = offered / servers
    return blocked / (1 - rho * (1 - blocked))


def stays(alone: Floats, station: Station, rate: float) -> Callable[[float], float]:
    """Quantiles of the time from arrival to answer, in seconds.

    Args:
        alone: latencies of assets that met no others, in seconds.
        rate: assets a second.

    Returns:
        From a probability to seconds; the answers' own latencies and the waits are independent.
    """
    probability, wait = station.waiting(rate)
    points = np.quantile(alone, (np.arange(_GRID) + 0.5) / _GRID)

    def beyond(seconds: float) -> float:
        left = seconds - points
        none = left <= 0
        tail = probability * np.exp(-np.maximum(left, 0) / wait) if wait else 0.0 * left
        return float(np.where(none, 1.0, tail).mean())

    def quantile(p: float) -> float:
        low, high = 0.0, float(points[-1]) + wait
        while beyond(high) > 1 - p:
            high *= 2
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if beyond(middle) > 1 - p else (low, middle)
        return high

    return quantile


def most(alone: Floats, station: Station, *, bound: float, p: float = 0.99) -> float:
    """The highest rate at which a quantile of the stay keeps to a bound, in assets a second.

    0 where even an asset alone does not.
    """
    if float(np.quantile(alone, p)) > bound:
        return 0.0
    low, high = 0.0, station.servers / station.mean * (1 - 1e-9)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if stays(alone, station, middle)(p) <= bound else (low, middle)
    return low
