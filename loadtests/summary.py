"""From what became of every asset to figures by phase and class. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from loadtests.histogram import Latencies
from loadtests.records import Fate, Records
from loadtests.scenario import CLASSES, Scenario

ALL = "all"
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one class of asset met with in one phase.

    Attributes:
        seconds: of the phase, as far as it was run.
        offered: assets that were to be sent.
        latency: seconds by name of percentile, from the scheduled instant, of those answered; also
            ``max``. Percentiles with less than one asset beyond them are left out.
        histogram: of the same latencies, encoded.
    """

    phase: str
    kind: str
    seconds: float
    offered: int
    answered: int
    refused: int
    late: int
    unavailable: int
    failed: int
    not_sent: int
    partial: int
    latency: Mapping[str, float]
    verdicts: Mapping[str, int]
    histogram: str = ""

    @property
    def goodput(self) -> float:
        """Assets a second that were answered in time, by every service that was asked."""
        return self.answered / self.seconds if self.seconds else 0.0

    def figure(self, name: str) -> float | None:
        """A figure that rules name; ``None`` where there is nothing to say it by."""
        match name:
            case "goodput":
                return self.goodput
            case "errors":
                return self._share(self.unavailable + self.failed)
            case "refused":
                return self._share(self.refused)
            case "partial":
                return self._share(self.partial)
            case "late":
                return self._share(self.late)
            case "answered":
                return self._share(self.answered)
        return self.latency.get(name)

    def as_json(self) -> dict[str, Any]:
        """For the machine-readable verdict."""
        return {**asdict(self), "goodput": round(self.goodput, 3)}

    def _share(self, count: int) -> float | None:
        return count / self.offered if self.offered else None


def figures_of(records: Records, *, phase: str, kind: str, seconds: float) -> Figures:
    """Count one part of the records."""
    counts = [int(count) for count in np.bincount(records.fate, minlength=len(Fate))]
    answered = records.latency[records.fate == Fate.ANSWERED]
    latencies = Latencies(answered)
    beyond = {name: len(answered) * (1 - p / 100) for name, p in PERCENTILES.items()}
    known = {
        name: latencies.at(p)
        for name, p in PERCENTILES.items()
        if name == "p50" or beyond[name] >= 1 - 1e-9
    }
    known["max"] = latencies.maximum
    numbers, times = np.unique(records.verdict[records.verdict > 0], return_counts=True)
    return Figures(
        phase,
        kind,
        seconds,
        offered=len(records),
        answered=counts[Fate.ANSWERED],
        refused=counts[Fate.REFUSED],
        late=counts[Fate.LATE],
        unavailable=counts[Fate.UNAVAILABLE],
        failed=counts[Fate.FAILED],
        not_sent=counts[Fate.NOT_SENT],
        partial=counts[Fate.PARTIAL],
        latency={name: value for name, value in known.items() if value is not None},
        verdicts={_verdict(int(n)): int(t) for n, t in zip(numbers, times, strict=True)},
        histogram=latencies.encoded() if latencies.count else "",
    )


def summarise(scenario: Scenario, records: Records, seconds: Sequence[float]) -> list[Figures]:
    """Figures of every phase, of all classes together and of each.

    Args:
        seconds: that each phase was run for; 0 leaves it out.
    """
    found = []
    for number, (phase, ran) in enumerate(zip(scenario.phases, seconds, strict=True)):
        if not ran:
            continue
        part = records.where(records.phase == number)
        found.append(figures_of(part, phase=phase.name, kind=ALL, seconds=ran))
        for index, kind in enumerate(CLASSES):
            if scenario.mix_of(phase).get(kind):
                own = part.where(part.kind == index)
                found.append(figures_of(own, phase=phase.name, kind=kind, seconds=ran))
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """A second (or so) of a run, by the scheduled instant of its assets.

    Attributes:
        at: seconds from the start of the run to the start of the window.
        p50: latency of those answered; ``None`` where none was.
    """

    at: float
    seconds: float
    offered: int
    answered: int
    refused: int
    other: int
    p50: float | None
    p99: float | None


def windows(records: Records, seconds: float, *, width: float = 1.0) -> list[Window]:
    """A run cut into windows. Exact quantiles, as a window holds few assets."""
    edges = np.arange(0.0, seconds, width)
    bounds = np.searchsorted(records.at, [*edges, seconds])
    return [
        _window(records, int(low), int(high), float(edge), min(width, seconds - float(edge)))
        for edge, low, high in zip(edges, bounds, bounds[1:], strict=False)
    ]


def _window(records: Records, low: int, high: int, at: float, seconds: float) -> Window:
    fates = records.fate[low:high]
    answered = records.latency[low:high][fates == Fate.ANSWERED]
    quantiles = np.quantile(answered, [0.5, 0.99]) if len(answered) else (None, None)
    refused = int((fates == Fate.REFUSED).sum())
    return Window(
        at,
        seconds,
        len(fates),
        len(answered),
        refused,
        len(fates) - len(answered) - refused,
        *(None if q is None else float(q) for q in quantiles),
    )


def recovery(records: Records, start: float, seconds: float, usual: float) -> float | None:
    """Seconds from the start of a phase until everything is as usual again.

    As usual is a second in which 99 % of the assets that came are answered, half of them within
    the usual time. The answer is the end of the last second that is not.

    Args:
        usual: seconds that are a usual latency.

    Returns:
        ``None`` where the phase ends before it is as usual, or nothing came in its last second.
    """
    inside = (records.at >= start) & (records.at < start + seconds)
    part = records.where(inside)
    ends = 0.0
    whole = windows(_shifted(part, start), seconds)
    for window in whole:
        if not window.offered:
            continue
        slow = window.p50 is None or window.p50 > usual
        if slow or window.answered < 0.99 * window.offered:
            ends = window.at + window.seconds
    ended = not whole or ends >= seconds or not whole[-1].offered
    return None if ended else ends


def _shifted(records: Records, start: float) -> Records:
    columns = {name: getattr(records, name) for name in Records.__slots__}
    return Records(**{**columns, "at": records.at - start})


def _verdict(number: int) -> str:
    names = {1: "PASS", 2: "REVIEW", 3: "FAIL", 4: "INCONCLUSIVE"}
    return names.get(number, str(number))
