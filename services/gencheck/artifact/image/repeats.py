"""How much a picture repeats itself, and by which shifts: what tilings and watermarks share."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap, Grey

SIDE = 512
"""Longest side of the view that is correlated, pixels."""

_FINE = 1.5  # pixels, sigma: coarser detail is taken off
_CLIP = 3.0  # luma levels: a strong edge counts no more than a faint mark
_EVEN = 31  # pixels over which detail is brought to one strength
_PEAK = 9  # pixels: what is broader is no peak
_AROUND = 41  # pixels over which a peak is compared
_NEAR = 20  # pixels: a shorter shift is the content's own smoothness, or cloth


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift by which the picture resembles itself.

    Attributes:
        y, x: pixels of the view, ``y >= 0``.
        likeness: correlation of the detail with itself at that shift, -1..1.
        z: how far that stands over the shifts around it, in their standard deviations.
    """

    y: int
    x: int
    likeness: float
    z: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """The autocorrelation of a picture's fine detail.

    Attributes:
        detail: ``float32 [h, w]`` of one strength everywhere, mean 0.
        likeness: ``float32 [H, W]``: correlation at each circular shift, shift 0 in the middle.
        z: the same over its neighbourhood; 0 near the middle.
        scale: pixels of the picture given a pixel of the view.
    """

    detail: FloatMap = field(repr=False)
    likeness: FloatMap = field(repr=False)
    z: FloatMap = field(repr=False)
    scale: float

    @property
    def middle(self) -> tuple[int, int]:
        """Where in the maps the shift of nothing is."""
        return self.likeness.shape[0] // 2, self.likeness.shape[1] // 2

    def at(self, y: int, x: int) -> Shift:
        """That shift; shifts wrap around."""
        row, column = self._index(y, x)
        middle_y, middle_x = self.middle
        return Shift(
            row - middle_y,
            column - middle_x,
            float(self.likeness[row, column]),
            float(self.z[row, column]),
        )

    def z_about(self, y: int, x: int) -> float:
        """The highest z within a pixel of a shift."""
        row, column = self._index(y, x)
        return float(self.z[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].max())

    def _index(self, y: int, x: int) -> tuple[int, int]:
        rows, columns = self.likeness.shape
        return (self.middle[0] + y) % rows, (self.middle[1] + x) % columns

    def best(self, score: FloatMap, count: int) -> list[Shift]:
        """The shifts of the highest scores, one for each peak, best first.

        Args:
            score: ``float32 [H, W]`` like the maps; only what is above 0 counts.
        """
        rest = score.copy()
        rest[: self.middle[0]] = 0  # a shift and its opposite are one
        found: list[Shift] = []
        while len(found) < count:
            row, column = divmod(int(np.argmax(rest)), rest.shape[1])
            if rest[row, column] <= 0:
                break
            found.append(self.at(row - self.middle[0], column - self.middle[1]))
            rest[max(0, row - 3) : row + 4, max(0, column - 3) : column + 4] = 0
        return found


def repeats(grey: Grey) -> Repeats:
    """The autocorrelation of fine detail, by FFT (Wiener-Khinchin), of a ``uint8 [h, w]`` view."""
    scale = max(1.0, max(grey.shape) / SIDE)
    size = (max(1, round(grey.shape[1] / scale)), max(1, round(grey.shape[0] / scale)))
    view = grey if scale == 1.0 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    detail = _detail(np.asarray(view, np.uint8))
    shape = [scipy.fft.next_fast_len(side, real=True) for side in detail.shape]
    spectrum = scipy.fft.rfft2(detail, shape)
    power = spectrum.real**2 + spectrum.imag**2
    likeness = scipy.fft.fftshift(scipy.fft.irfft2(power, shape))
    likeness /= max(float(likeness[shape[0] // 2, shape[1] // 2]), 1e-6)
    peaks = likeness - cv2.blur(likeness, (_PEAK, _PEAK))
    # Running sums may come out below 0 where a picture is even.
    spread = np.sqrt(np.maximum(cv2.blur(peaks * peaks, (_AROUND, _AROUND)), 0.0))
    z = peaks / np.maximum(spread, 1e-4)
    top, left = shape[0] // 2, shape[1] // 2
    z[max(0, top - _NEAR) : top + _NEAR + 1, max(0, left - _NEAR) : left + _NEAR + 1] = 0
    return Repeats(detail, likeness.astype(np.float32), z.astype(np.float32), scale)


def _detail(view: Grey) -> NDArray[np.float32]:
    values = view.astype(np.float32)
    values -= cv2.GaussianBlur(values, (0, 0), _FINE)
    np.clip(values, -_CLIP, _CLIP, out=values)
    values /= np.sqrt(cv2.blur(values * values, (_EVEN, _EVEN)) + 0.5)
    return np.asarray(values - values.mean(), np.float32)
