"""What the detectors hand back about one medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap
from gencheck.artifact.regions import heat_map
from gencheck.artifact.timeline import Track
from gencheck.findings import Measurement, Outcome, OutcomeStatus, Timing
from gencheck.policy import summarise

SUMMARY = "artifact"
"""The check that all others of this room are summed up in."""

OPTIONAL = frozenset(
    {"artifact.garbled_text", "artifact.distorted_region", "artifact.low_speech_quality"}
)
"""Checks that a model makes: where one is skipped, the others sum up without it.

It is said all the same, and a policy that cannot do without requires the check by its name.
"""


@dataclass(frozen=True, slots=True)
class ArtifactReport:
    """What the detectors measured on one medium.

    Attributes:
        outcomes: one for each detector, named ``artifact.<code in lower case>``, and ``artifact``
            for all of them together.
        heat_map: ``uint8 [h, w]``, the picture's size divided by a whole number, rounded up: 0 is
            nothing, 128 where a region begins, 255 twice that. The boxes come from these maps.
        timeline: how a video or sound measures over time, at most 240 values a track.
    """

    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    timings: tuple[Timing, ...]
    heat_map: NDArray[np.uint8] | None = field(default=None, repr=False)
    timeline: tuple[Track, ...] = field(default=(), repr=False)


def with_summary(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes, and one that sums them up; skipped ones that are optional do not count."""
    counted = [
        outcome
        for outcome in outcomes
        if not (outcome.status is OutcomeStatus.SKIPPED and outcome.check in OPTIONAL)
    ]
    return (*outcomes, summarise(SUMMARY, counted))


def extended(
    report: ArtifactReport,
    *,
    measurements: Sequence[Measurement],
    outcomes: Sequence[Outcome],
    timings: Sequence[Timing],
    levels: Sequence[FloatMap | None] = (),
) -> ArtifactReport:
    """The report with what further checks say, summed up anew.

    Args:
        levels: as in :class:`Reading`; they go into the heat map where the report has one.
    """
    heat = report.heat_map
    if heat is not None:
        height, width = heat.shape
        heat = np.maximum(heat, heat_map(levels, (height, width)))
    others = [outcome for outcome in report.outcomes if outcome.check != SUMMARY]
    return replace(
        report,
        measurements=(*report.measurements, *measurements),
        outcomes=with_summary([*others, *outcomes]),
        timings=(*report.timings, *timings),
        heat_map=heat,
    )
