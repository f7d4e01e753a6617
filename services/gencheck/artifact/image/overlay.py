"""Lays a picture over itself: where it equals itself after a shift, a turn or a change of scale."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap, Grey

Mask = NDArray[np.bool_]
Matrix = NDArray[np.float64]
"""``float64 [2, 3]``: where ``(x, y, 1)`` of the source lies in the copy."""

_MARGIN = 20  # pixels around a candidate: windows and closing reach so far
_LINES = 0.8  # coherence of gradients from which a part is but an edge
_RIM = 0.5  # share of pattern from which all of a part is the rim of one
_MAYBE_SHARE = 0.5  # of the least share: half the scale sees less of a part's rim
_WINDOW = 15  # pixels of the correlation
_SAME = 0.93  # correlation from which a place is a copy
_TEXTURE = 6.0  # luma levels of local standard deviation: flat areas correlate with anything
_CLOSING = 9  # pixels of the gaps that are closed, and of the crumbs that are dropped
_ALIKE = 0.7  # of the usual size of detail: two parts that correlate to 0.75 differ by that
_FINE = 15  # pixels of half the scale: coarser detail drops out, and with it a step of brightness
_AVERAGE = 9  # pixels of half the scale over which differences are averaged
_VISIBLE = 5  # half levels of detail at least: flat areas are like anything
_GAP, _CRUMB = np.ones((5, 5), np.uint8), np.ones((9, 9), np.uint8)


@dataclass(frozen=True, slots=True)
class Overlay:
    """A picture that is laid over itself.

    Attributes:
        grey: ``uint8 [h, w]``.
        detail: ``uint8 [h / 2, w / 2]`` fine detail at half the scale, in half levels around 128:
            where nothing agrees there, nothing does.
        apart: ``uint8`` of that size: the difference up to which two places are alike there, 0
            where there is no detail.
        least: share of the picture from which a part counts.
    """

    grey: Grey = field(repr=False)
    detail: Grey = field(repr=False)
    apart: Grey = field(repr=False)
    least: float

    @classmethod
    def of(cls, grey: Grey, least: float) -> Overlay:
        """Args: grey: at least 2 pixels a side. least: share from which a part counts."""
        half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        smooth = cv2.blur(half, (_FINE, _FINE))
        detail = np.asarray(cv2.addWeighted(half, 2, smooth, -2, 128), np.uint8)
        middle = np.full_like(detail, 128)
        size = cv2.blur(cv2.absdiff(detail, middle), (_AVERAGE, _AVERAGE))
        apart = np.where(size >= _VISIBLE, size * _ALIKE, 0)
        return cls(grey, detail, apart.astype(np.uint8), least)

    def hint(self, matrix: Matrix) -> Mask:
        """``bool [h / 2, w / 2]``: where half the scale is like what the transform lays on it."""
        size = (self.detail.shape[1], self.detail.shape[0])
        other = cv2.warpAffine(self.detail, _halved(matrix), size, borderValue=0)  # like nothing
        differs = cv2.blur(cv2.absdiff(self.detail, other), (_AVERAGE, _AVERAGE))
        good = (differs <= self.apart) & (self.apart > 0)
        closed = cv2.morphologyEx(good.astype(np.uint8), cv2.MORPH_CLOSE, _GAP)
        return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, _CRUMB), np.bool_)

    def same(self, matrix: Matrix, hint: Mask) -> Mask:
        """Pixels ``bool [h, w]`` that equal those they come from by the transform, or go to.

        Args:
            hint: ``bool [h / 2, w / 2]``: where it is worth the look.
        """
        copies = np.zeros(self.grey.shape, np.uint8)
        candidates = self._candidates(hint)
        if not candidates:
            return copies.astype(np.bool_)
        near = cv2.dilate(hint.astype(np.uint8), _CRUMB)
        size = (self.grey.shape[1], self.grey.shape[0])
        near = cv2.resize(near, size, interpolation=cv2.INTER_NEAREST)
        for y, x in candidates:
            moved = matrix.copy()
            moved[:, 2] -= x.start, y.start
            copies[y, x] |= _agreement(self.grey[y, x], self.grey, moved)
        copies &= np.asarray(near, np.uint8)
        return np.asarray(copies | moved_back(copies, matrix), np.bool_)

    def _candidates(self, hint: Mask) -> list[tuple[slice, slice]]:
        """Rows and columns of ``grey`` in which half the scale sees a likeness of some size."""
        places = []
        for y, x, inside in parts(hint, _MAYBE_SHARE * self.least * hint.size):
            tall, wide = inside.shape
            if not is_plain(self.detail[y : y + tall, x : x + wide], inside):
                limit = self.grey.shape
                places.append((_wider(y, tall, limit[0]), _wider(x, wide, limit[1])))
        return places

    def often(self, matrices: list[Matrix], hints: list[Mask], times: int) -> Mask:
        """``bool [h / 2, w / 2]``: what so many transforms lay on something like it."""
        total = np.zeros(self.detail.shape, np.uint8)
        for matrix, hint in zip(matrices, hints, strict=True):
            here = hint.astype(np.uint8)
            total += here | moved_back(here, _halved(matrix))
        return np.asarray(cv2.dilate(total, _CRUMB) >= times, np.bool_)


def parts(mask: Mask, least: float) -> list[tuple[int, int, Mask]]:
    """The connected parts (8 neighbours) of at least so many cells, largest first.

    Returns:
        row and column of each, and which cells of its rectangle there are part of it.
    """
    cells = mask.astype(np.uint8)
    if cv2.countNonZero(cells) < least:
        return []
    left, top, wide, tall = cv2.boundingRect(cells)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        cells[top : top + tall, left : left + wide]
    )
    sizes = stats[:, cv2.CC_STAT_AREA]
    found = []
    for part in np.argsort(-sizes[1:], kind="stable") + 1:
        x, y, width, height, size = (int(value) for value in stats[part])
        if size < least:
            break
        found.append((top + y, left + x, labels[y : y + height, x : x + width] == part))
    return found


def apart_from(hint: Mask, pattern: Mask) -> Mask:
    """The hint without the pattern, and without what hangs together with more of it."""
    common = hint & pattern
    if not common.any():
        return hint
    _, labels = cv2.connectedComponents(hint.astype(np.uint8))
    sizes = np.bincount(labels.ravel())
    of_it = np.bincount(labels[common], minlength=len(sizes))
    return np.asarray(hint & ~pattern & (of_it <= sizes * _RIM)[labels], np.bool_)


def _halved(matrix: Matrix) -> Matrix:
    """The transform in pixels of half the scale: pixel ``h`` has its middle at ``2 h + 0.5``."""
    out = matrix.copy()
    out[:, 2] = (matrix[:, 2] + 0.5 * matrix[:, :2].sum(axis=1) - 0.5) / 2
    return out


def moved_back(mask: NDArray[np.uint8], matrix: Matrix) -> NDArray[np.uint8]:
    """Where the pixels of a mask come from by the transform."""
    size = (mask.shape[1], mask.shape[0])
    back = cv2.WARP_INVERSE_MAP | cv2.INTER_NEAREST
    return np.asarray(cv2.warpAffine(mask, matrix, size, flags=back), np.uint8)


def _wider(start: int, length: int, limit: int) -> slice:
    """From half the scale to the whole, with a margin."""
    return slice(max(0, 2 * start - _MARGIN), min(limit, 2 * (start + length) + _MARGIN))


def _agreement(here: Grey, source: Grey, matrix: Matrix) -> NDArray[np.uint8]:
    """1 where ``here`` correlates with the source laid over it by the transform."""
    size = (here.shape[1], here.shape[0])
    other = cv2.warpAffine(source, matrix, size, borderMode=cv2.BORDER_CONSTANT)
    inside = cv2.warpAffine(np.full_like(source, 255), matrix, size)
    correlation, deviation = local_correlation(here.astype(np.float32), other.astype(np.float32))
    good = (correlation >= _SAME) & (deviation >= _TEXTURE) & (inside == 255)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_CLOSING, _CLOSING))
    closed = cv2.morphologyEx(good.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel), np.uint8)


def is_plain(grey: Grey, inside: Mask) -> bool:
    """Whether a part is but an edge, or flat: its gradients all point one way, or are none.

    A straight edge is like any other piece of itself, and no copy. Neither are letters and frames
    on a flat ground: they are meant to be alike. By the coherence of the structure tensor, 0..1.
    """
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)[inside]
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)[inside]
    if not np.median(np.abs(across) + np.abs(down)):
        return True
    xx, yy, xy = (float(np.vdot(a, b)) for a, b in ((across, across), (down, down), (across, down)))
    return float(np.hypot(xx - yy, 2 * xy)) > _LINES * max(xx + yy, 1e-6)


def local_correlation(a: FloatMap, b: FloatMap, window: int = _WINDOW) -> tuple[FloatMap, FloatMap]:
    """Normalised correlation in a window around each pixel, and the lesser deviation."""
    mean_a, var_a = _moments(a, window)
    mean_b, var_b = _moments(b, window)
    both = cv2.blur(cv2.multiply(a, b), (window, window))
    cv2.subtract(both, cv2.multiply(mean_a, mean_b), dst=both)
    scale = np.maximum(cv2.multiply(var_a, var_b), 1e-3)
    np.divide(both, np.sqrt(scale, out=scale), out=both)
    return np.asarray(both, np.float32), np.sqrt(np.minimum(var_a, var_b))


def _moments(values: FloatMap, window: int) -> tuple[FloatMap, FloatMap]:
    """Mean and variance around each pixel."""
    mean = np.asarray(cv2.blur(values, (window, window)), np.float32)
    square = np.asarray(cv2.sqrBoxFilter(values, cv2.CV_32F, (window, window)), np.float32)
    square -= mean * mean
    return mean, np.maximum(square, 0, out=square)
