"""The model held against a run that it was not fitted to. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from loadtests.capacity.model import Model, Run
from loadtests.capacity.queue import most


@dataclass(frozen=True, slots=True)
class Step:
    """One rate. Seconds; ``None`` where the model says that it is too much, or too few answered."""

    phase: str
    rate: float
    predicted_p50: float | None
    measured_p50: float | None
    predicted_p99: float | None
    measured_p99: float | None


@dataclass(frozen=True, slots=True)
class Checked:
    """Predicted against measured.

    Attributes:
        bound: seconds that p99 is to keep to.
        predicted_rate: the highest that does, in assets a second.
        measured_rate: of the highest step that did, and every lower one; 0 for none.
        next_rate: of the step above it, which did not; ``None`` where all did. The truth lies
            between the two.
    """

    bound: float
    predicted_rate: float
    measured_rate: float
    next_rate: float | None
    predicted_capacity: float
    measured_capacity: float | None
    steps: tuple[Step, ...]


def check(model: Model, run: Run, bound: float) -> Checked:
    """Hold the model against every phase of a run. Args: bound: seconds at p99."""
    steps = []
    for phase in run.said["phases"]:
        figures = next(
            (f for f in run.said["figures"] if (f["phase"], f["kind"]) == (phase["name"], "all")),
            None,
        )
        if figures is None or not phase["judged"]:
            continue
        rate = figures["offered"] / phase["ran"]
        predicted = model.quantiles(phase["mix"], rate) or (None, None)
        latency = figures["latency"]
        steps.append(
            Step(
                phase["name"],
                rate,
                predicted[0],
                latency.get("p50"),
                predicted[1],
                latency.get("p99"),
            )
        )
    steps.sort(key=lambda step: step.rate)
    mix = run.said["phases"][0]["mix"]
    measured, after = _highest(steps, bound)
    return Checked(
        bound,
        most(model.latencies(mix), model.station(mix), bound=bound),
        measured,
        after,
        model.bears(mix),
        run.said["capacity"],
        tuple(steps),
    )


def _highest(steps: list[Step], bound: float) -> tuple[float, float | None]:
    kept = 0.0
    for step in steps:
        if step.measured_p99 is None:
            continue
        if step.measured_p99 > bound:
            return kept, step.rate
        kept = step.rate
    return kept, None
