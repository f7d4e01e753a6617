"""DROPPED_FRAMES: frames that are missing, or shown twice, while something moves.

Three kinds of evidence. A gap in regular time stamps; a frame that repeats the one before in the
midst of motion; motion that goes for one frame at twice its pace, as nothing that has mass does. A
regular rhythm of repeats (pulldown from film, animation on twos) is how the clip was made, and a
file with a varying frame rate has no gaps.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap
from gencheck.artifact.video.watcher import Kind, Moment
from gencheck.findings import Measurement, Method

CHECK = "artifact.dropped_frames"
METHOD = Method(
    "gaps, repeats and jumps of motion", "2", "time stamps, repeated frames, pace of optical flow"
)
KIND = Kind("DROPPED_FRAMES", CHECK, METHOD)

_AROUND = 30  # frames on either side that say what is regular
_BESIDE = 3  # frames on either side whose motion is compared
_GAP = 1.75  # times the usual step
_REGULAR = 0.9  # share of steps near the usual one, for gaps to be gaps
_RHYTHM = 0.7  # share of equal distances between repeats, for them to be a rhythm
_HELD = 0.3  # share of repeated frames, from which on they are drawings that are held
_JUMP = 1.7  # times the motion of the neighbours
_FARTHEST = 8.0  # times: more is another motion
_PACE = 0.6  # pixels of the small view a frame: slower motion is too inexact to compare
_STEADY = 1.35  # times: neighbours whose motions differ by more say nothing
_MIN_CELLS = 10
_REMADE = 0.1  # of the change beside: a repeat that an encoder made anew stays below
_MAY_REPEAT = 0.3  # the same, for what is counted into a rhythm
_APART = 1.0  # seconds between two stretches
_LONGEST = 10.0  # seconds of one stretch


@dataclass(frozen=True, slots=True)
class _Step:
    """What is remembered of a change."""

    time: float
    seconds: float
    mean: float
    is_still: bool
    is_cut: bool
    moves: bool
    flow: FloatMap
    good: NDArray[np.bool_]


@dataclass(slots=True)
class _Stretch:
    start: float
    end: float
    missing: int = 0
    repeated: int = 0


class Dropped:
    """Watches steps in time and motion; a frame is judged when those after it are known."""

    check = CHECK
    needs_motion = True

    def __init__(self) -> None:
        self._steps: deque[_Step] = deque(maxlen=2 * _AROUND + 1)
        self._stretch: _Stretch | None = None
        self._found = False

    def see(self, moment: Moment) -> list[Measurement]:
        """Frames that are missing or doubled, when a second has passed without any."""
        change = moment.change
        if change is None:
            return []
        good = change.textured & change.steady
        self._steps.append(
            _Step(
                moment.time,
                moment.step,
                change.mean,
                change.is_still,
                change.is_cut,
                change.moves,
                change.flow,
                good,
            )
        )
        if len(self._steps) < self._steps.maxlen:  # type: ignore[operator]
            if len(self._steps) <= _AROUND:
                return []
            return self._judge(len(self._steps) - 1 - _AROUND)
        return self._judge(_AROUND)

    def finish(self) -> list[Measurement]:
        """The last frames, and the stretch that is open."""
        steps = len(self._steps)
        found = [one for at in range(max(0, steps - _AROUND), steps) for one in self._judge(at)]
        found += self._close()
        return found if found or self._found else [KIND.overall(0.0)]

    def _judge(self, at: int) -> list[Measurement]:
        step = self._steps[at]
        missing, repeated = self._missing(at), self._is_repeat(at)
        ended: list[Measurement] = []
        stretch = self._stretch
        if stretch is not None and (
            step.time - stretch.end > _APART or step.time - stretch.start > _LONGEST
        ):
            ended = self._close()
        if missing or repeated:
            if self._stretch is None:
                self._stretch = _Stretch(step.time - step.seconds, step.time)
            self._stretch.end = step.time
            self._stretch.missing += missing
            self._stretch.repeated += repeated
        return ended

    def _close(self) -> list[Measurement]:
        stretch, self._stretch = self._stretch, None
        if stretch is None:
            return []
        self._found = True
        detail = f"{stretch.missing} missing, {stretch.repeated} shown twice"
        return [KIND.at(stretch.missing + stretch.repeated, stretch.start, stretch.end, detail)]

    def _is_repeat(self, at: int) -> bool:
        steps = self._steps
        if not self._stands(at) or not 0 < at < len(steps) - 1:
            return False
        run = 1
        left, right = at - 1, at + 1
        while left >= 0 and steps[left].is_still:
            left, run = left - 1, run + 1
        while right < len(steps) and steps[right].is_still:
            right, run = right + 1, run + 1
        if run > 2 or left < 0 or right >= len(steps):  # longer ones are frozen
            return False
        return _goes_on(steps[left], steps[right]) and not self._has_rhythm()

    def _stands(self, at: int) -> bool:
        """Whether a frame shows the one before, also where an encoder made it anew."""
        step = self._steps[at]
        return step.is_still or (not step.moves and self._is_less(at, _REMADE))

    def _is_less(self, at: int, share: float) -> bool:
        """Whether a frame changes less than this share of what those beside it do."""
        steps = self._steps
        if not 0 < at < len(steps) - 1:
            return False
        return steps[at].mean <= share * min(steps[at - 1].mean, steps[at + 1].mean)

    def _has_rhythm(self) -> bool:
        # Encoded once more, a drawing that is held is not still to the last level.
        held = sum(step.is_still or not step.moves for step in self._steps)
        if held >= _HELD * len(self._steps):
            return True
        repeats = [
            index
            for index, step in enumerate(self._steps)
            if step.is_still or self._is_less(index, _MAY_REPEAT)
        ]
        if len(repeats) < 3:
            return False
        apart = np.diff(repeats)
        _, counts = np.unique(apart, return_counts=True)
        return bool(counts.max() >= _RHYTHM * len(apart))

    def _missing(self, at: int) -> int:
        """Frames that are missing before this one."""
        step = self._steps[at]
        if step.is_still or step.is_cut:
            return 0
        pace, longer = self._pace(at)
        gap = self._gap(at)
        if gap >= _GAP and (pace >= _GAP - 0.25 or (pace == 0.0 and self._moves_beside(at))):
            return round(gap) - 1
        pace /= longer
        if not _JUMP <= pace <= _FARTHEST or self._has_rhythm():
            return 0
        # After a repeat the motion catches up: what was shown twice is counted already.
        return max(0, round(pace) - 1 - int(at > 0 and self._stands(at - 1)))

    def _gap(self, at: int) -> float:
        """This step as a multiple of the usual one; 1 where steps are not regular."""
        seconds = np.array([step.seconds for step in self._steps])
        usual = float(np.median(seconds))
        if usual <= 0 or np.mean(np.abs(seconds - usual) <= 0.25 * usual) < _REGULAR:
            return 1.0
        return float(seconds[at] / usual)

    def _moves_beside(self, at: int) -> bool:
        beside = [self._steps[i].moves for i in (at - 1, at + 1) if 0 <= i < len(self._steps)]
        return bool(beside) and all(beside)

    def _pace(self, at: int) -> tuple[float, float]:
        """The motion as a multiple of that of its neighbours; 0 where that cannot be told.

        And the step in time as a multiple of theirs.
        """
        before = self._neighbours(range(at - 1, at - 1 - _BESIDE, -1))
        after = self._neighbours(range(at + 1, at + 1 + _BESIDE))
        if len(before) < 2 or len(after) < 2:
            return 0.0, 1.0
        usual = float(np.mean([step.seconds for step in (*before, *after)]))
        longer = self._steps[at].seconds / usual if usual > 0 else 1.0
        flows = np.stack([step.flow for step in (*before, *after)])
        good = np.logical_and.reduce([step.good for step in (*before, *after)])
        good &= self._steps[at].good
        mean = flows.mean(axis=0)
        speed = np.hypot(mean[..., 0], mean[..., 1])
        along = np.einsum("nrcd,rcd->nrc", flows, mean) / np.maximum(speed, 1e-6) ** 2
        astray = np.abs(flows - along[..., None] * mean).max(axis=(0, 3))
        steady = good & (speed >= _PACE) & (astray <= 0.25 * speed)
        steady &= (along.max(axis=0) <= _STEADY) & (along.min(axis=0) >= 1 / _STEADY)
        if np.count_nonzero(steady) < _MIN_CELLS:
            return 0.0, 1.0
        now = self._steps[at].flow
        ahead = np.einsum("rcd,rcd->rc", now, mean) / np.maximum(speed, 1e-6) ** 2
        aside = np.hypot(*np.moveaxis(now - ahead[..., None] * mean, -1, 0))
        agrees = steady & (aside <= 0.35 * np.maximum(speed, np.abs(ahead) * speed))
        if np.count_nonzero(agrees) < 0.7 * np.count_nonzero(steady):
            return 0.0, 1.0
        return float(np.median(ahead[agrees])), max(longer, 0.1)

    def _neighbours(self, order: range) -> list[_Step]:
        """The nearest steps with motion, of the same scene, without repeats."""
        found: list[_Step] = []
        for index in order:
            if not 0 <= index < len(self._steps) or self._steps[index].is_cut:
                break
            if not self._steps[index].is_still:
                found.append(self._steps[index])
        return found[:2]


def _goes_on(before: _Step, after: _Step) -> bool:
    """Whether the same motion is on both sides: a camera that turns round stands for a moment."""
    both = before.good & after.good
    along = np.einsum("rcd,rcd->rc", before.flow, after.flow)
    return before.moves and after.moves and float(along[both].sum()) > 0
