"""TEMPORAL_WARPING: texture that boils, warps back and forth, or is made anew in every picture.

What moves in the world keeps moving: the flow of a place in one picture goes on in the next. Where
a generator places texture anew each time, the flow of one picture is taken back by the next: their
product is negative. That is what is measured, after the motion of the camera is taken off.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap, finite
from gencheck.artifact.video.motion import Change
from gencheck.artifact.video.watcher import Episodes, Kind, Moment
from gencheck.findings import Measurement, Method

CHECK = "artifact.temporal_warping"
METHOD = Method(
    "motion that is taken back",
    "1",
    "anticorrelation of successive optical flow (DIS, Kroeger et al., ECCV 2016) without camera",
)
KIND = Kind("TEMPORAL_WARPING", CHECK, METHOD)

_WINDOW = 12  # pictures
_FLOOR = 0.25
_MIN_CELLS = 12
_LONGEST = 6.0  # pixels: more is no texture that boils but a flow that went astray


class Warping:
    """Watches whether the local motion of one picture is taken back by the next."""

    check = CHECK
    needs_motion = True

    def __init__(self) -> None:
        self._before: FloatMap | None = None
        self._recent: deque[tuple[float, FloatMap, NDArray[np.bool_]]] = deque(maxlen=_WINDOW)
        self._episodes = Episodes(KIND, _FLOOR)
        self.value = 0.0

    def see(self, moment: Moment) -> list[Measurement]:
        """Pixels of the small view (320 wide) by which texture strays from picture to picture."""
        change = moment.change
        if change is None:
            return []
        if change.is_cut or change.is_still:
            self._before = None
            self._recent.clear()
            self.value = 0.0
            return self._episodes.add(0.0, moment.time, moment.time)
        local = _local(change)
        if self._before is not None:
            product = -np.einsum("rcd,rcd->rc", local, self._before)
            self._recent.append((moment.time, product, change.textured))
        self._before = local
        start = self._recent[0][0] if self._recent else moment.time
        self.value = finite(self._value())
        return self._episodes.add(self.value, start, moment.time)

    def _value(self) -> float:
        if len(self._recent) < _WINDOW:
            return 0.0
        products = np.stack([product for _, product, _ in self._recent])
        textured = np.stack([cells for _, _, cells in self._recent]).mean(axis=0) >= 0.5
        if textured.sum() < _MIN_CELLS:
            return 0.0
        strays = np.sqrt(np.maximum(products.mean(axis=0)[textured], 0.0))
        return float(np.quantile(strays, 0.75))

    def finish(self) -> list[Measurement]:
        """What is left."""
        return self._episodes.finish()


def _local(change: Change) -> FloatMap:
    """The flow without that of the camera: an affine motion fitted to it, without outliers."""
    rows, columns = change.flow.shape[:2]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    design = np.stack([np.ones_like(x), x - x.mean(), y - y.mean()], axis=-1).reshape(-1, 3)
    flow = change.flow.reshape(-1, 2)
    good = (change.textured & change.steady).ravel()
    if good.sum() < _MIN_CELLS:
        good = change.textured.ravel()
    rest = flow
    for _ in range(3):
        if good.sum() < _MIN_CELLS:
            break
        motion, *_ = np.linalg.lstsq(design[good], flow[good], rcond=None)
        rest = flow - design @ motion
        length = np.hypot(rest[:, 0], rest[:, 1])
        good &= length <= max(0.5, 2.5 * float(np.median(length[good])))
    length = np.hypot(rest[:, 0], rest[:, 1])[:, None]
    rest = rest * np.minimum(1.0, _LONGEST / np.maximum(length, 1e-6))
    return np.asarray(rest.reshape(rows, columns, 2), np.float32)
