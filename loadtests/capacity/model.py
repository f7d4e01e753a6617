"""The model of one machine: fitted from runs, it says what it bears and how long answers take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import InvalidArgument, NotFound
from loadtests.capacity.demands import Demands, Observation, fit, observations
from loadtests.capacity.queue import Station, stays
from loadtests.records import Fate, Records
from loadtests.scenario import CLASSES

Floats = NDArray[np.float64]
Mix = Mapping[str, float]
_DRAWN = 20_000


@dataclass(frozen=True, slots=True)
class Run:
    """A run on servers that it started: what ``verdict.json`` says, and its records."""

    name: str
    said: Mapping[str, Any]
    records: Records


@dataclass(frozen=True, slots=True)
class Model:
    """One machine with all services, the router and the client on it.

    Attributes:
        cores: of the machine.
        efficiency: share of the cores that the processes could use when nothing else bounded them.
        alone: latencies in seconds of single classes at a low load, by class.
        rss: most bytes in memory by process.
        request_bytes: mean by class.
    """

    demands: Demands
    cores: int
    efficiency: float
    alone: Mapping[str, Floats]
    rss: Mapping[str, int]
    request_bytes: Mapping[str, float]

    def station(self, mix: Mix) -> Station:
        """The machine as one queue whose servers are the cores.

        A core that cannot be used in full is a slower core.
        """
        shares = normalised(mix)
        means = {kind: self._seconds(kind) for kind in shares}
        mean = sum(share * means[kind] for kind, share in shares.items())
        square = sum(
            share * means[kind] ** 2 * (1 + _cv(self.alone[kind]) ** 2)
            for kind, share in shares.items()
        )
        cv = max(0.0, square / mean**2 - 1) ** 0.5
        return Station(self.cores, mean / self.efficiency, cv)

    def latencies(self, mix: Mix) -> Floats:
        """Latencies of a mix whose assets meet no others, in seconds."""
        shares = normalised(mix)
        parts = [
            np.quantile(self.alone[kind], (np.arange(n) + 0.5) / n)
            for kind, share in shares.items()
            if (n := round(share * _DRAWN))
        ]
        return np.concatenate(parts)

    def bears(self, mix: Mix) -> float:
        """Assets a second at which everything is busy."""
        station = self.station(mix)
        return station.servers / station.mean

    def quantiles(self, mix: Mix, rate: float) -> tuple[float, float] | None:
        """Seconds at p50 and p99; ``None`` where the rate is more than it bears."""
        if rate >= self.bears(mix):
            return None
        stay = stays(self.latencies(mix), self.station(mix), rate)
        return stay(0.5), stay(0.99)

    def _seconds(self, kind: str) -> float:
        return sum(by_kind[kind].value for by_kind in self.demands.cpu.values())


def load_run(folder: Path) -> Run:
    """A run from its folder.

    Raises:
        NotFound: there is none.
        InvalidArgument: its servers ran elsewhere, so nobody knows what they used.
    """
    try:
        said = json.loads((folder / "verdict.json").read_text())
        records = Records.load(folder / "records.npz")
    except FileNotFoundError as error:
        raise NotFound("no run there", where=str(error.filename)) from None
    if not any(not name.startswith("client") for name in said["servers"]):
        raise InvalidArgument(
            "the servers of this run were not measured: they ran elsewhere",
            where=str(folder),
            fix="Take a run without --target.",
        )
    return Run(folder.name, said, records)


def build(runs: Sequence[Run]) -> Model:
    """The model that explains some runs.

    Raises:
        InvalidArgument: a class of asset was never offered by itself.
    """
    seen: list[Observation] = [one for run in runs for one in observations(run.said)]
    demands = fit(seen)
    kinds = sorted({kind for one in seen for kind in one.answers})
    alone = {kind: _alone(kind, runs) for kind in kinds}
    cores = int(runs[0].said["machine"]["cores"])
    rss: dict[str, int] = {}
    for run in runs:
        for name, server in run.said["servers"].items():
            rss[name] = max(rss.get(name, 0), int(server["peak_rss_bytes"]))
    return Model(
        demands,
        cores,
        _efficiency(runs, demands, cores),
        alone,
        rss,
        runs[0].said["request_bytes"],
    )


def _alone(kind: str, runs: Sequence[Run]) -> Floats:
    found = [
        run.records.latency[(run.records.phase == number) & (run.records.fate == Fate.ANSWERED)]
        for run in runs
        for number, phase in enumerate(run.said["phases"])
        if phase["judged"] and {k for k, share in phase["mix"].items() if share} == {kind}
    ]
    latencies = np.concatenate(found) if found else np.empty(0)
    if len(latencies) < 10:
        raise InvalidArgument(
            f"too few answers about assets of class {kind} by themselves: {len(latencies)}",
            where="runs",
            fix="Run the scenario demands, or a longer one.",
        )
    return latencies


def _efficiency(runs: Sequence[Run], demands: Demands, cores: int) -> float:
    """CPU seconds a second that were used while the capacity was measured, over the cores.

    A closed loop keeps everything busy that can be: what is left idle is bounded by something else
    (locks, waiting for each other, neighbours on the machine).
    """
    found = []
    for run in runs:
        if run.said["capacity"]:
            mix = run.said["phases"][0]["mix"]
            seconds = sum(demands.of_mix(name, mix) for name in demands.cpu)
            found.append(run.said["capacity"] * seconds / cores)
    return min(1.0, float(np.mean(found))) if found else 1.0


def normalised(mix: Mix) -> dict[str, float]:
    """Shares that sum to one, in the order of ``CLASSES``, without those that are 0."""
    total = sum(mix.values())
    return {kind: mix[kind] / total for kind in CLASSES if mix.get(kind)}


def _cv(latencies: Floats) -> float:
    return float(latencies.std() / latencies.mean())
