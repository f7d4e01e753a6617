"""What the detectors hand back about one medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.timeline import Track
from gencheck.findings import Measurement, Outcome, Timing
from gencheck.policy import summarise

SUMMARY = "artifact"
"""The check that all others of this room are summed up in."""


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
    """The outcomes, and one that sums them up."""
    return (*outcomes, summarise(SUMMARY, outcomes))
