"""FROZEN: a scene that moved, or should, stands still."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gencheck.artifact.reading import Grey
from gencheck.artifact.video.motion import STILL, Change
from gencheck.artifact.video.watcher import Kind, Moment
from gencheck.findings import Measurement, Method

CHECK = "artifact.frozen"
METHOD = Method(
    "repeated frames", "2", "largest difference of a block of 8×8 between small grey frames"
)
KIND = Kind("FROZEN", CHECK, METHOD)

_POP = 2.5  # luma levels: a key frame in a frozen stretch refines the picture once by so much
# Luma levels: a held picture that is encoded anew each time trembles by so much (x264 superfast at
# CRF 20 to 28 on training photos), and in all does not drift farther than this from the first.
_TREMBLE, _TREMBLE_MEAN = 2.0, 0.45
_DRIFT = 5.2
_BLOCK = (8, 8)
_MIN_RUN = 3  # changes: two equal frames are an animation on twos, three one on threes


@dataclass(slots=True)
class _Run:
    start: float
    end: float
    steps: int
    from_start: bool
    scene_moved: bool
    anchor: Grey
    trembles: bool = False


class Frozen:
    """Watches for stretches without motion.

    A title card or a slide stands still between two cuts: that is no defect. A stretch counts where
    its scene moves before or after it, or where the clip is nothing but still.
    """

    check = CHECK
    needs_motion = False

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._popped: Moment | None = None  # whether it is a pop, the next picture tells
        self._scene_moved = False
        self._last = 0.0
        self._found = False

    def see(self, moment: Moment) -> list[Measurement]:
        """Seconds without motion, when they end."""
        before, self._last = self._last, moment.time
        change = moment.change
        if change is None:
            return []
        if not moment.is_dark and (change.is_still or self._is_held(change, moment.small)):
            if self._run is None:
                from_start = moment.index == 1
                anchor = moment.small
                self._run = _Run(before, before, 0, from_start, self._scene_moved, anchor)
            elif self._popped is not None:
                self._run.steps += 1
            self._popped = None
            self._run.steps, self._run.end = self._run.steps + 1, moment.time
            self._run.trembles |= not change.is_still
            return []
        may_be_pop = STILL < change.most <= _POP and not moment.is_dark
        if self._run is not None and self._popped is None and may_be_pop:
            self._popped = moment
            return []
        return self._ended(change)

    def _is_held(self, change: Change, small: Grey) -> bool:
        """Whether a picture is the one held, but for what an encoder makes of it each time."""
        if change.moves or change.most > _TREMBLE or change.mean > _TREMBLE_MEAN:
            return False
        if self._run is None:
            return True
        drift = cv2.absdiff(small, self._run.anchor).astype(np.float32)
        return float(cv2.blur(drift, _BLOCK).max()) <= _DRIFT

    def _ended(self, change: Change) -> list[Measurement]:
        run, self._run, self._popped = self._run, None, None
        moves = change.moves
        if change.is_cut:
            self._scene_moved = False
        else:
            self._scene_moved |= moves
        if run is None or run.steps < _MIN_RUN:
            return []
        if not (run.scene_moved or (moves and not change.is_cut and not run.trembles)):
            return []
        return [self._measurement(run)]

    def finish(self) -> list[Measurement]:
        """The stretch at the end, if its scene moved before, or if there was nothing else."""
        run = self._run
        # A camera on a tripod trembles too: what never moved has to be still to the last level.
        if (
            run is not None
            and run.steps >= _MIN_RUN
            and (run.scene_moved or (run.from_start and not run.trembles))
        ):
            return [self._measurement(run)]
        return [] if self._found else [KIND.overall(0.0)]

    def _measurement(self, run: _Run) -> Measurement:
        self._found = True
        detail = f"from {run.start:.2f} s, {run.steps} frames"
        return KIND.at(run.end - run.start, run.start, run.end, detail)
