"""FLICKER: brightness that goes up and down and up again, whatever the camera does.

What is compared is the brightness of what was found again in the picture before, so that a pan, a
zoom or a new object changes nothing. Flicker is what comes back: the fifth largest swing within a
second. A lamp, a flash, a cloud, a fade, a change of exposure have fewer swings than that.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from gencheck.artifact.reading import finite
from gencheck.artifact.video.motion import GRID
from gencheck.artifact.video.watcher import Episodes, Kind, Moment
from gencheck.findings import Measurement, Method

CHECK = "artifact.flicker"
METHOD = Method(
    "luminance swings after motion compensation",
    "1",
    "warp error with occlusion mask (Lai et al., ECCV 2018), of luminance, swings within a second",
)
KIND = Kind("FLICKER", CHECK, METHOD)

WINDOW = 1.0
"""Seconds in which swings are counted."""

SWINGS = 5
"""So many swings in the window are flicker: 2.5 Hz."""

_FLOOR = 0.006  # share of luma: on clips of panned and zoomed training photos noise stays below
_SMALLEST = 0.0005  # share of luma: a swing, and no rounding
_REGIONS = 3  # of twelve have to flicker together: one object that moves is none


class Flicker:
    """Watches the brightness of the picture and of its regions."""

    check = CHECK
    needs_motion = True

    def __init__(self) -> None:
        self.value = 0.0
        self._whole = _Swings()
        self._regions = [_Swings() for _ in range(GRID[0] * GRID[1])]
        self._episodes = Episodes(KIND, _FLOOR)

    def see(self, moment: Moment) -> list[Measurement]:
        """Half of the swing from dark to bright, as a share of luma."""
        change = moment.change
        if change is None:
            return []
        if change.is_cut or math.isnan(change.gain):
            self._whole.restart()
            for region in self._regions:
                region.restart()
            self.value = 0.0
            return self._episodes.add(0.0, moment.time, moment.time)
        whole = self._whole.add(moment.time, change.gain)
        local = sorted(
            swings.add(moment.time, 0.0 if math.isnan(gain) else gain)
            for swings, gain in zip(self._regions, change.gains.tolist(), strict=True)
        )[-_REGIONS]
        self.value = finite(max(whole, local) / 2, high=1.0)
        detail = "the whole picture" if whole >= local else "a part of the picture"
        start = max(0.0, moment.time - WINDOW)
        return self._episodes.add(self.value, start, moment.time, detail)

    def finish(self) -> list[Measurement]:
        """What is left."""
        return self._episodes.finish()


@dataclass
class _Swings:
    """The turning points of a brightness that is told by its changes."""

    level: float = 0.0
    turn: float = 0.0
    rising: bool = True
    recent: deque[tuple[float, float]] = field(default_factory=deque)

    def restart(self) -> None:
        self.level = self.turn = 0.0
        self.recent.clear()

    def add(self, time: float, gain: float) -> float:
        """The swing of which there are enough within the window, as a share of luma."""
        if gain and (gain > 0) is not self.rising:
            swing = abs(self.level - self.turn)
            if swing >= _SMALLEST:
                self.recent.append((time, swing))
            self.turn, self.rising = self.level, gain > 0
        self.level += gain
        while self.recent and self.recent[0][0] < time - WINDOW:
            self.recent.popleft()
        swings = np.array([swing for _, swing in self.recent] + [abs(self.level - self.turn)])
        return float(np.sort(swings)[-SWINGS]) if len(swings) >= SWINGS else 0.0
