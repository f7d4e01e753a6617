"""TILING: the picture is one tile set beside itself."""

from __future__ import annotations

import cv2
import numpy as np

from gencheck.artifact.image.overlay import local_correlation
from gencheck.artifact.image.picture import Picture
from gencheck.artifact.image.repeats import Repeats, Shift
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.tiling"
MIN_SIDE = 96
METHOD = Method(
    "shift that lays the picture over itself, verified by correlation",
    "1",
    "autocorrelation by FFT (Wiener-Khinchin theorem), each shift proved at full detail",
)
NOTICE = 0.9
"""Correlation from which the picture repeats; fixed on training photos."""

_LIKELY = 0.2  # correlation of fine detail at which a shift is looked at closely
_PROPOSALS = 3
_LONGEST = 6.5  # tiles a side at most: what repeats more often is a pattern, such as bricks
_PATTERN = 0.6  # of the likeness: a shorter shift that is as good makes it a pattern
_TEXTURE = 4.0  # luma levels of local deviation: flat places correlate with anything
_SHARE = 0.6  # of the textured places that must correlate so well: the rest may be painted over
_LEAST_TEXTURE = 0.05
_PROBE = 160  # pixels a side of what finds the shift to the pixel


def measure_tiling(picture: Picture) -> Reading:
    """How well the picture equals itself after a constant shift, 0..1.

    The autocorrelation of fine detail proposes shifts; each is found to the pixel and the picture
    laid over itself by it. The value is the correlation (15×15 pixels) that 60 % of the textured
    places reach. Bricks, windows and cloth correlate at their shifts too, but not to the pixel;
    and a motif that stands more than six times along a side is a pattern, not a tile.
    """
    found = picture.repeats.get()
    best, level, by = 0.0, None, (0, 0)
    for shift in _proposals(found):
        place = _to_the_pixel(picture.work, shift, found.scale)
        value, likeness = _likeness(picture.work, place)
        if value > best:
            best, by = value, place
            level = likeness / NOTICE
    if best < NOTICE:
        return Reading((Measurement("TILING", finite(best, high=1.0), CHECK, METHOD),))
    across, down = (round(abs(way) * picture.scale) for way in (by[1], by[0]))
    detail = f"again after {across} pixels across, {down} down"
    whole = Box(0, 0, picture.size[1], picture.size[0])
    finding = Measurement("TILING", finite(best, high=1.0), CHECK, METHOD, whole, detail)
    return Reading((finding,), level)


def _proposals(found: Repeats) -> list[Shift]:
    """Shifts at which the picture may repeat, the likeliest first."""
    rows, columns = found.likeness.shape
    peak = cv2.dilate(found.likeness, np.ones((5, 5), np.uint8)) == found.likeness
    middle_y, middle_x = found.middle
    y, x = np.abs(np.arange(rows) - middle_y), np.abs(np.arange(columns) - middle_x)
    long = (y >= rows / _LONGEST)[:, None] | (x >= columns / _LONGEST)
    short = (np.maximum(y[:, None], x) > 12) & ~long & peak
    at_most = float(found.likeness[short].max(initial=0.0))
    likely = np.where(long & peak & (found.likeness >= _LIKELY), found.likeness, 0)
    picked = found.best(likely.astype(np.float32), _PROPOSALS)
    return [shift for shift in picked if shift.likeness * _PATTERN > at_most]


def _to_the_pixel(work: Grey, shift: Shift, scale: float) -> tuple[int, int]:
    """The shift in pixels of ``work``: where its middle is found again; ``y >= 0``."""
    y, x = round(shift.y * scale), round(shift.x * scale)
    slack = int(np.ceil(scale)) + 1
    height, width = work.shape
    rows, columns = height - y, width - abs(x)
    tall, wide = min(_PROBE, rows - 2 * slack), min(_PROBE, columns - 2 * slack)
    if tall < 16 or wide < 16:
        return y, x
    top = slack + (rows - 2 * slack - tall) // 2
    left = max(0, -x) + slack + (columns - 2 * slack - wide) // 2
    probe = work[top : top + tall, left : left + wide]
    from_y, from_x = max(0, top + y - slack), max(0, left + x - slack)
    area = work[from_y : from_y + tall + 2 * slack, from_x : from_x + wide + 2 * slack]
    likeness = cv2.matchTemplate(area, probe, cv2.TM_CCOEFF_NORMED)
    at_y, at_x = divmod(int(np.argmax(likeness)), likeness.shape[1])
    y, x = from_y + at_y - top, from_x + at_x - left
    return (-y, -x) if y < 0 else (y, x)  # a shift along a row may be found a row higher


def _likeness(work: Grey, by: tuple[int, int]) -> tuple[float, FloatMap]:
    """What share of textured places correlates how well: ``(value, map of correlation)``."""
    y, x = by
    rows, columns = work.shape[0] - y, work.shape[1] - abs(x)
    left, right = max(0, -x), max(0, x)
    here = work[:rows, left : left + columns].astype(np.float32)
    there = work[y : y + rows, right : right + columns].astype(np.float32)
    likeness, texture = local_correlation(here, there)
    textured = texture >= _TEXTURE
    out = np.zeros(work.shape, np.float32)
    if textured.mean() < _LEAST_TEXTURE:
        return 0.0, out
    shown = np.where(textured, np.maximum(likeness, 0), 0)
    for part in (out[:rows, left : left + columns], out[y : y + rows, right : right + columns]):
        np.maximum(part, shown, out=part)
    return max(0.0, float(np.quantile(likeness[textured], 1 - _SHARE))), out
