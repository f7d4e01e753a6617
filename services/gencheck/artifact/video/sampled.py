"""The detectors of pictures on a sample of the frames."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace

from gencheck.artifact.image.panel import DETECTORS, run_panel
from gencheck.artifact.image.picture import prepare
from gencheck.artifact.video.black import is_dark
from gencheck.deadline import Deadline
from gencheck.findings import Box, Mask, Measurement, Outcome, SkipReason, TimeSpan, skipped
from gencheck.media.clip import Frames
from gencheck.media.types import Image

CHECK = "artifact.frames"

# A copy within one frame of many is no concern, and looking for it is the dearest; a frame has
# neither a file to say something about itself nor a cut-out.
NOT_IN_VIDEO = frozenset({"DUPLICATED_REGION", "METADATA", "ALPHA_FRINGE"})

# One soft frame is motion, one with a dark ceiling no bar: these count where every frame has them.
_IN_EVERY_FRAME = frozenset({"BLUR", "LETTERBOX", "CLIPPING", "COLOUR_CAST"})

_SHARE = 0.1
"""Of the frames that have to measure as badly: one frame of many is an accident of its scene."""

_KEPT = 16  # worst measurements of a code: a tenth of what four hours are sampled at


@dataclass(slots=True)
class _Tally:
    """What one code measured so far.

    Attributes:
        worst: a heap of the largest measurements by value, with a number that breaks ties.
        least: the smallest.
    """

    count: int = 0
    worst: list[tuple[float, int, Measurement]] = field(default_factory=list)
    least: Measurement | None = None

    def add(self, one: Measurement) -> None:
        self.count += 1
        entry = (one.value, -self.count, one)
        if len(self.worst) < _KEPT:
            heapq.heappush(self.worst, entry)
        else:
            heapq.heappushpop(self.worst, entry)
        if self.least is None or one.value < self.least.value:
            self.least = one

    def chosen(self, code: str) -> Measurement | None:
        """The measurement that stands for the clip, with how many frames it was chosen from."""
        if self.least is None:
            return None
        if code in _IN_EVERY_FRAME:
            return _of_frames(self.least, self.count, self.count)
        wanted = min(self.count, _KEPT, max(1 if self.count < 4 else 2, round(_SHARE * self.count)))
        return _of_frames(heapq.nlargest(wanted, self.worst)[-1][2], wanted, self.count)


class Sampled:
    """Runs the panel of pictures over the frames that were kept in full."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._outcomes: dict[str, Outcome] = {}

    def see(self, frames: Frames, deadline: Deadline) -> None:
        """Takes the full frames of a chunk. Raises ``DeadlineExceeded`` or ``Cancelled``."""
        for pixels, moment in zip(frames.full, frames.full_times, strict=True):
            deadline.check()
            if is_dark(pixels[:, :, 1]):
                continue
            picture = prepare(Image(pixels, None, "frame"))
            result = run_panel(picture, deadline, leave_out=NOT_IN_VIDEO)
            for outcome in result.outcomes:
                self._outcomes.setdefault(outcome.check, outcome)
            for reading in result.readings:
                worst = max(reading.measurements, key=lambda one: one.value)
                self._tallies.setdefault(worst.code, _Tally()).add(_at(worst, float(moment)))

    def finish(self) -> tuple[list[Measurement], list[Outcome]]:
        """One measurement a code, and what became of each detector."""
        chosen = [tally.chosen(code) for code, tally in self._tallies.items()]
        for detector in DETECTORS:
            if detector.code not in NOT_IN_VIDEO and detector.check not in self._outcomes:
                gap = skipped(detector.check, SkipReason.NOT_APPLICABLE, "no frame with a picture")
                self._outcomes[detector.check] = gap
        return [one for one in chosen if one is not None], list(self._outcomes.values())


def _of_frames(measurement: Measurement, reached: int, count: int) -> Measurement:
    if count == 1:
        return measurement
    return replace(measurement, detail=f"{reached} of {count} frames; {measurement.detail}")


def _at(measurement: Measurement, moment: float) -> Measurement:
    """The measurement of a frame as one of the clip: its place moves into the detail."""
    place = measurement.region
    box = place.box if isinstance(place, Mask) else place
    where = f"frame at {moment:.2f} s"
    if isinstance(box, Box):
        where += f", {box.width:.0f}×{box.height:.0f} pixels at {box.x:.0f}, {box.y:.0f}"
    detail = f"{where}; {measurement.detail}" if measurement.detail else where
    return replace(measurement, region=TimeSpan(moment, moment), detail=detail)
