"""When each asset is to be sent, and of which class: fixed before the run, by a seed. Pure.

An open loop: the instants do not depend on answers, so a server that stalls is offered as much as
one that does not, and the wait of those that came meanwhile counts. (Gil Tene calls leaving it out
"coordinated omission"; Schroeder, Wierman and Harchol-Balter, "Open versus closed", NSDI 2006.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loadtests.scenario import CLASSES, Phase, Scenario


@dataclass(frozen=True, slots=True)
class Schedule:
    """What to send when; all arrays have one entry an asset, in the order of time.

    Attributes:
        at: float64, seconds from the start of the run.
        kind: int8, an index into ``CLASSES``.
        phase: int16, an index into the phases of the scenario.
    """

    at: NDArray[np.float64]
    kind: NDArray[np.int8]
    phase: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.at)

    def part(self, index: int, of: int) -> Schedule:
        """Every ``of``-th asset, for one client process among several."""
        return Schedule(self.at[index::of], self.kind[index::of], self.phase[index::of])


def make_schedule(scenario: Scenario) -> Schedule:
    """The whole run. Every phase must have a rate (see :meth:`Scenario.with_rates`)."""
    random = np.random.default_rng(scenario.seed)
    start = 0.0
    at, kind, phases = [], [], []
    for number, phase in enumerate(scenario.phases):
        instants = start + _instants(phase, scenario.arrivals, random)
        at.append(instants)
        kind.append(_kinds(scenario.mix_of(phase), len(instants), random))
        phases.append(np.full(len(instants), number, np.int16))
        start += phase.seconds
    return Schedule(np.concatenate(at), np.concatenate(kind), np.concatenate(phases))


def _instants(phase: Phase, arrivals: str, random: np.random.Generator) -> NDArray[np.float64]:
    """Instants within a phase, in seconds from its start.

    Drawn as a stream of rate 1 and mapped by the inverse of the cumulative rate, which also holds
    for a rate that changes (Çinlar 1975, time change of a Poisson process).
    """
    first, last = phase.rate, phase.rate if phase.until is None else phase.until
    total = phase.seconds * (first + last) / 2
    if arrivals == "constant":
        counts = np.arange(0.5, total, 1.0)
    else:
        spare = int(total + 10 * total**0.5 + 20)
        counts = np.cumsum(random.exponential(1.0, spare))
        counts = counts[counts < total]
    slope = (last - first) / phase.seconds
    if abs(slope) < 1e-12:
        return np.asarray(counts / first, np.float64)
    return np.asarray((np.sqrt(first**2 + 2 * slope * counts) - first) / slope, np.float64)


def _kinds(mix: Mapping[str, float], n: int, random: np.random.Generator) -> NDArray[np.int8]:
    shares = np.array([mix.get(name, 0.0) for name in CLASSES])
    return random.choice(len(CLASSES), n, p=shares / shares.sum()).astype(np.int8)
