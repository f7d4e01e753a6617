"""STROBE: flashes that may harm people with photosensitive epilepsy.

WCAG 2.3.1 and ITU-R BT.1702: more than three general flashes within a second. A flash is a pair of
opposing changes of relative luminance by 10 % of the most, the darker below 0.80, together over a
quarter of the picture; a red flash a pair of changes to or from saturated red.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.video.watcher import Episodes, Kind, Moment
from gencheck.findings import Measurement, Method

CHECK = "artifact.strobe"
METHOD = Method(
    "general and red flashes", "1", "WCAG 2.2, success criterion 2.3.1; ITU-R BT.1702-3"
)
KIND = Kind("STROBE", CHECK, METHOD)

_WINDOW = 1.0
_AREA = 0.25  # of the picture
_CHANGE = 0.10  # of the largest relative luminance
_DARKER = 0.80
_REDNESS = 20.0  # change of (R - G - B) × 320, linear, R, G, B in 0..1
_SATURATED = 0.8  # R / (R + G + B)
_TOGETHER = 0.09  # seconds: changes of one transition, as an encoder blends two frames
_FLOOR = 2.0  # flashes a second: from there on a stretch is told of

Plane = NDArray[np.float32]


class Strobe:
    """Watches areas of the picture for changes there and back."""

    check = CHECK
    needs_motion = False

    def __init__(self) -> None:
        self.value = 0.0
        self._linear = _to_linear()
        self._general = _Transitions(_CHANGE)
        self._red = _Transitions(_REDNESS)
        self._episodes = Episodes(KIND, _FLOOR, pause=_WINDOW)

    def see(self, moment: Moment) -> list[Measurement]:
        """Flashes within the last second."""
        rgb = self._linear[moment.tint]
        luminance = rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32)
        general = self._general.add(moment.time, luminance, luminance < _DARKER)
        redness = np.maximum(0.0, (rgb[:, :, 0] - rgb[:, :, 1] - rgb[:, :, 2]) * 320)
        saturated = rgb[:, :, 0] >= _SATURATED * np.maximum(rgb.sum(axis=2), 1e-6)
        red = self._red.add(moment.time, redness, saturated)
        self.value = max(general, red)
        detail = "general flashes" if general >= red else "red flashes"
        start = max(0.0, moment.time - _WINDOW)
        return self._episodes.add(self.value, start, moment.time, detail)

    def finish(self) -> list[Measurement]:
        """What is left."""
        return self._episodes.finish()


class _Transitions:
    """Counts how often a quarter of the picture changes there and back together."""

    def __init__(self, least: float) -> None:
        self._least = least
        self._extreme: Plane | None = None  # since the last change of direction, by area
        self._extreme_ok: NDArray[np.bool_] | None = None
        self._way: NDArray[np.int8] | None = None  # of an area's last change: up 1, down -1
        self._since: NDArray[np.float64] | None = None  # when that was
        self._turns: deque[float] = deque()
        self._last_way = 0

    def add(self, time: float, value: Plane, eligible: NDArray[np.bool_]) -> float:
        """Pairs of opposing changes within the last second.

        Args:
            eligible: where one end of a change counts: dark enough, or red enough.
        """
        if self._extreme is None or self._extreme_ok is None:
            self._extreme, self._extreme_ok = value.copy(), eligible.copy()
            self._way = np.zeros(value.shape, np.int8)
            self._since = np.full(value.shape, -np.inf)
            return 0.0
        assert self._way is not None
        assert self._since is not None
        change = value - self._extreme
        sign = np.sign(change).astype(np.int8)
        turned = (np.abs(change) >= self._least) & (eligible | self._extreme_ok)
        turned &= sign != self._way
        self._way[turned], self._since[turned] = sign[turned], time
        onward = turned | (sign == self._way)
        self._extreme = np.where(onward, value, self._extreme)
        self._extreme_ok = np.where(onward, eligible, self._extreme_ok)
        # What moves lights as many areas as it darkens: only the difference is a flash.
        together = float((self._way * (self._since >= time - _TOGETHER)).mean())
        way = int(np.sign(together))
        if abs(together) >= _AREA and way != self._last_way:
            self._turns.append(time)
            self._last_way = way
        while self._turns and self._turns[0] <= time - _WINDOW:
            self._turns.popleft()
        return len(self._turns) / 2


def _to_linear() -> Plane:
    """Relative luminance of each sRGB level (IEC 61966-2-1)."""
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)
