"""What one asset of each class costs each process, fitted from the records of runs. Pure.

Utilisation law: CPU seconds of a process in a phase = what it uses when idle × seconds + Σ demand
of a class × its answers. Non-negative least squares over the phases; a bootstrap over the residuals
shows the uncertainty. (Operational analysis: Denning and Buzen 1978; demands by regression:
Pacifici et al. 2008.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from gencheck.errors import InvalidArgument

Floats = NDArray[np.float64]
_BOOTSTRAPS = 500


@dataclass(frozen=True, slots=True)
class Observation:
    """One phase of one run.

    Attributes:
        answers: by class of asset.
        cpu: CPU seconds by process.
    """

    seconds: float
    answers: Mapping[str, float]
    cpu: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its central 90 % by bootstrap."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Demands:
    """CPU seconds an asset, by process and class; and cores that a process uses when idle."""

    cpu: Mapping[str, Mapping[str, Interval]]
    idle: Mapping[str, Interval]

    def of_mix(self, process: str, mix: Mapping[str, float]) -> float:
        """CPU seconds of a process for the average asset of a mix."""
        total = sum(mix.values())
        return sum(
            share / total * self.cpu[process][kind].value for kind, share in mix.items() if share
        )


def observations(said: Mapping[str, Any]) -> list[Observation]:
    """The phases of a run, from its ``verdict.json``."""
    found = []
    for phase in said["phases"]:
        if not phase["ran"]:
            continue
        name = phase["name"]
        rows = [f for f in said["figures"] if f["phase"] == name and f["kind"] != "all"]
        cpu = {p: s["cpu_seconds"][name] for p, s in said["servers"].items()}
        clients = sum(value for p, value in cpu.items() if p.startswith("client"))
        own = {p: value for p, value in cpu.items() if not p.startswith("client")}
        answers = {row["kind"]: float(row["answered"]) for row in rows}
        found.append(Observation(phase["ran"], answers, {**own, "client": clients}))
    return found


def fit(seen: Sequence[Observation], *, seed: int = 1) -> Demands:
    """The demands that explain the observations best.

    Raises:
        InvalidArgument: the observations cannot tell the classes apart.
    """
    kinds = sorted({kind for one in seen for kind in one.answers})
    processes = sorted({name for one in seen for name in one.cpu})
    matrix = np.array([[one.seconds, *(one.answers.get(k, 0.0) for k in kinds)] for one in seen])
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise InvalidArgument(
            f"{len(seen)} phases cannot tell {len(kinds)} classes apart",
            where="runs",
            fix="Run the scenario demands, which offers one class after another.",
        )
    random = np.random.default_rng(seed)
    cpu, idle = {}, {}
    for name in processes:
        used = np.array([one.cpu.get(name, 0.0) for one in seen])
        best, _ = nnls(matrix, used)
        many = _bootstrap(matrix, used, best, random)
        low, high = np.quantile(many, [0.05, 0.95], axis=0)
        intervals = [Interval(*map(float, row)) for row in zip(best, low, high, strict=True)]
        idle[name] = intervals[0]
        cpu[name] = dict(zip(kinds, intervals[1:], strict=True))
    return Demands(cpu, idle)


def _bootstrap(matrix: Floats, used: Floats, best: Floats, random: np.random.Generator) -> Floats:
    """Fits to observations whose residuals are drawn anew: a wild bootstrap, for few phases."""
    expected = matrix @ best
    spare = len(used) / max(1, len(used) - len(best))
    residuals = (used - expected) * np.sqrt(spare)
    return np.array(
        [
            nnls(matrix, expected + residuals * random.choice((-1.0, 1.0), len(used)))[0]
            for _ in range(_BOOTSTRAPS)
        ]
    )
