"""WATERMARK: a faint mark that repeats over the picture on a lattice."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.image.repeats import Repeats, Shift
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.watermark"
MIN_SIDE = 160
METHOD = Method(
    "lattice of peaks in the autocorrelation of fine detail",
    "2",
    "Kutter, Watermarking resistant to translation, rotation and scaling, SPIE 1998 (peaks of the "
    "autocorrelation); Dekel et al., On the effectiveness of visible watermarks, CVPR 2017",
)
NOTICE = 7.0
"""Lattice z from which a mark is there; fixed on training photos."""

_CANDIDATES = 12  # peaks that may be the lattice's own shifts
_MOST = 12.0  # of one peak's z: a single coincidence does not make a lattice
_SAME = 4.0  # luma levels: content that differs less at that shift repeats itself, it is no mark
_LAYOUT = (
    0.4  # likeness of the whole to itself: marks on photos leave less than 0.15, lines of text 0.8
)
_STRONG = 0.9  # quantile of the detail from which a pixel belongs to a mark
_WINDOW = 25  # pixels over which the map of marks is averaged


def measure_watermark(picture: Picture) -> Reading:
    """How far a lattice of shifts stands out in the picture's likeness to itself.

    Each stamp of a mark is the same to the pixel whatever lies under it, so the fine detail
    (clipped and brought to one strength, for a faint mark counts as much as a hard edge)
    correlates with itself at the shifts of the lattice, in peaks a pixel wide. Two shifts ``a``
    and ``b`` count as much as the two weakest of ``a``, ``b``, ``a + b`` and ``a - b``: the sum of
    two z over the root of two is a z, and a chance likeness of two places has no such company.
    Where the content itself is equal at the shift, it is a tiling or a layout, and no mark.

    Only marks that repeat are looked for: a single logo in a corner is not told from content.
    """
    found = picture.repeats.get()
    score, shift = _lattice(found)
    if shift is None or score < NOTICE or _repeats_itself(picture.work, found, shift):
        score = score if score < NOTICE else NOTICE - 1  # a lattice, but none of marks
        return Reading((Measurement("WATERMARK", finite(score), CHECK, METHOD),))
    by = round(np.hypot(shift.y, shift.x) * found.scale * picture.scale)
    whole = Box(0, 0, picture.size[1], picture.size[0])
    finding = Measurement(
        "WATERMARK", finite(score), CHECK, METHOD, whole, f"again after {by} pixels"
    )
    return Reading((finding,), _marks(found, shift))


def _lattice(found: Repeats) -> tuple[float, Shift | None]:
    """The best two shifts with their sum and difference: ``(z, the shorter shift)``."""
    peaks = found.best(found.z, _CANDIDATES)
    best: tuple[float, Shift | None] = (0.0, None)
    for a, b in itertools.combinations(peaks, 2):
        one_direction = abs(a.y * b.x - a.x * b.y) < 0.2 * np.hypot(a.y, a.x) * np.hypot(b.y, b.x)
        if one_direction:
            other = found.z_about(2 * a.y, 2 * a.x), found.z_about(2 * b.y, 2 * b.x)
        else:
            other = found.z_about(a.y + b.y, a.x + b.x), found.z_about(a.y - b.y, a.x - b.x)
        weakest = sorted(min(z, _MOST) for z in (a.z, b.z, *other))[:2]
        score = float(sum(weakest) / np.sqrt(2))
        if score > best[0]:
            best = score, min(a, b, key=lambda s: np.hypot(s.y, s.x))
    return best


def _overlap(values: FloatMap, y: int, x: int) -> tuple[FloatMap, FloatMap]:
    """Two views of an array: what lies over what when it is laid on itself by a shift."""
    rows, columns = values.shape[0] - y, values.shape[1] - abs(x)
    left, right = max(0, -x), max(0, x)
    return (
        values[:rows, left : left + columns],
        values[y : y + rows, right : right + columns],
    )


def _repeats_itself(work: Grey, found: Repeats, shift: Shift) -> bool:
    """Whether what lies under the marks is the same as well, or all there is repeats."""
    if shift.likeness >= _LAYOUT:
        return True
    size = (found.detail.shape[1], found.detail.shape[0])
    view = cv2.resize(work, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    here, there = _overlap(view, shift.y, shift.x)
    first, second = _overlap(found.detail, shift.y, shift.x)
    mark = np.minimum(first * np.sign(second), second * np.sign(first))
    strong = mark >= max(float(np.quantile(mark, _STRONG)), 1e-3)
    return not strong.any() or float(np.median(np.abs(here - there)[strong])) < _SAME


def _marks(found: Repeats, shift: Shift) -> FloatMap:
    """Where the detail is the same a shift on, or a shift back: 1 where a mark begins."""
    first, second = _overlap(found.detail, shift.y, shift.x)
    both = np.zeros(found.detail.shape, np.float32)
    likeness = cv2.blur(np.ascontiguousarray(first * second), (_WINDOW, _WINDOW))
    for part in _overlap(both, shift.y, shift.x):
        np.maximum(part, likeness, out=part)
    typical = float(np.quantile(both, _STRONG))
    return np.asarray(both / max(typical, 1e-3), np.float32)
