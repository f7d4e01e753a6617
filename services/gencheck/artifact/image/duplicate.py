"""DUPLICATED_REGION: a textured part of the picture that stands in it twice."""

from __future__ import annotations

import itertools

import cv2
import numpy as np

from gencheck.artifact.image.keypoints import APART, matches, transform
from gencheck.artifact.image.overlay import Mask, Matrix, Overlay, apart_from, is_plain, parts
from gencheck.artifact.image.picture import Picture
from gencheck.artifact.image.repeats import Repeats, Shift
from gencheck.artifact.reading import Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.duplicated_region"
MIN_SIDE = 64
METHOD = Method(
    "shifts by autocorrelation and keypoints matched within the picture, verified by correlation",
    "3",
    "Amerini et al., A SIFT-based forensic method for copy-move attack detection, IEEE TIFS 2011; "
    "here with ORB, and each match proved pixel by pixel",
)

_LIKELY = 3.5  # z of a shift from which it is looked at
_SHIFTS = 5
_COPY = 0.8  # likeness of fine detail that a copy has at its best place, and chance does not
_PLACE = 25  # pixels over which likeness is averaged to find the copy
_PROBE = 48  # pixels a side of what finds the shift to the pixel
_MIN_SHARE = 0.003
_MAX_COPIES = 4
_SAMPLE = (12, 24)  # pixels of half the scale from the middle of what is looked for elsewhere
_ALIKE = 0.8  # correlation at which a further place repeats it
_MOST_PARTS = 8  # the largest, of what one transform lays on itself
_COPIES = 3  # places of one thing from which on it is a pattern


def measure_duplicate(picture: Picture) -> Reading:
    """The share of the picture that is a copy of another part of it.

    Peaks of the autocorrelation propose shifts, and keypoints that resemble each other propose
    similarity transforms (RANSAC), for a copy may be turned or scaled; the picture is then laid
    over itself by each, and only where both agree pixel by pixel is a copy. Windows, fences and
    tiles repeat as well: what stands in the picture more than three times is a pattern, and is
    left out.
    """
    grey = picture.work
    copies = _copies(Overlay.of(grey, _MIN_SHARE), picture.repeats.get())
    if not copies.any():
        nothing = np.zeros((1, 1), np.float32)
        return Reading((Measurement("DUPLICATED_REGION", 0.0, CHECK, METHOD),), nothing)
    height = max(grey.shape[0], round(picture.size[0] / picture.scale))
    level = np.zeros((height, grey.shape[1]), np.float32)
    level[: grey.shape[0]] = copies
    found = areas(level, picture.size, min_share=_MIN_SHARE)
    if not found:
        return Reading((Measurement("DUPLICATED_REGION", 0.0, CHECK, METHOD),), level * 0)
    return Reading(
        tuple(
            Measurement("DUPLICATED_REGION", finite(a.share, high=1.0), CHECK, METHOD, a.box)
            for a in found
        ),
        level,
    )


def _copies(overlay: Overlay, found: Repeats) -> Mask:
    """Pixels of copies and of their sources."""
    copies = np.zeros(overlay.grey.shape, np.bool_)
    shifts = _shifts(overlay.grey, found)
    hints = [overlay.hint(shift) for shift in shifts]
    pattern = overlay.often(shifts, hints, _COPIES)
    for shift, hint in zip(shifts, hints, strict=True):
        copies |= _proved(overlay, shift, apart_from(hint, pattern))
    if copies.any():
        return copies
    pairs = matches(overlay.grey)
    for _ in range(_MAX_COPIES):
        matrix, inliers = transform(pairs)
        if matrix is None:
            break
        pairs = [both[~inliers] for both in pairs]
        copies |= _proved(overlay, matrix, apart_from(overlay.hint(matrix), pattern))
    return copies


def _shifts(grey: Grey, found: Repeats) -> list[Matrix]:
    """Shifts, to the pixel, that probably lay a copy over its source."""
    peaks = np.where(found.z >= _LIKELY, found.z, 0).astype(np.float32)
    shifts = []
    for peak in found.best(peaks, _SHIFTS):
        place = _copy_at(found, peak)
        if place is not None:
            y, x = _to_the_pixel(grey, place, found.scale)
            if np.hypot(y, x) >= APART * np.hypot(*grey.shape):
                shifts.append(np.array([[1.0, 0.0, x], [0.0, 1.0, y]]))
    return shifts


def _copy_at(found: Repeats, peak: Shift) -> tuple[int, int, int, int] | None:
    """Where the detail is most like itself a shift on: ``y, x`` of the source, and the shift.

    The autocorrelation wraps around: a shift by ``x`` may be one by ``x`` less the width.
    """
    rows, columns = found.likeness.shape
    height, width = found.detail.shape
    best, where = _COPY, None
    for y, x in itertools.product(
        (peak.y, peak.y - rows), (peak.x, peak.x - columns if peak.x > 0 else peak.x + columns)
    ):
        if abs(y) >= height - _PLACE or abs(x) >= width - _PLACE:
            continue
        top, left = max(0, -y), max(0, -x)
        tall, wide = height - abs(y), width - abs(x)
        here = found.detail[top : top + tall, left : left + wide]
        there = found.detail[top + y : top + y + tall, left + x : left + x + wide]
        likeness = cv2.blur(here * there, (_PLACE, _PLACE), borderType=cv2.BORDER_CONSTANT)
        at_y, at_x = divmod(int(np.argmax(likeness)), wide)
        if likeness[at_y, at_x] > best:
            best, where = float(likeness[at_y, at_x]), (top + at_y, left + at_x, y, x)
    return where


def _to_the_pixel(grey: Grey, place: tuple[int, int, int, int], scale: float) -> tuple[int, int]:
    """The shift in pixels of the picture: where a probe around the place is found again."""
    at_y, at_x, y, x = (round(value * scale) for value in place)
    half, slack = _PROBE // 2, int(np.ceil(scale)) + 1
    height, width = grey.shape
    reach = half + slack
    at_y = int(np.clip(at_y, reach + max(0, -y), height - reach - max(0, y)))
    at_x = int(np.clip(at_x, reach + max(0, -x), width - reach - max(0, x)))
    probe = grey[max(0, at_y - half) : at_y + half, max(0, at_x - half) : at_x + half]
    top, left = at_y + y - reach, at_x + x - reach
    area = grey[max(0, top) : top + 2 * reach, max(0, left) : left + 2 * reach]
    if area.shape[0] < probe.shape[0] or area.shape[1] < probe.shape[1] or not probe.size:
        return y, x
    likeness = cv2.matchTemplate(area, probe, cv2.TM_CCOEFF_NORMED)
    best_y, best_x = divmod(int(np.argmax(likeness)), likeness.shape[1])
    return (
        max(0, top) + best_y - max(0, at_y - half),
        max(0, left) + best_x - max(0, at_x - half),
    )


def _proved(overlay: Overlay, matrix: Matrix, hint: Mask) -> Mask:
    """Pixels that equal those they come from by the transform, or go to, patterns left out."""
    grey, same = overlay.grey, overlay.same(matrix, hint)
    out = np.zeros(grey.shape, np.bool_)
    for y, x, inside in parts(same, _MIN_SHARE * grey.size)[:_MOST_PARTS]:
        at = np.s_[y : y + inside.shape[0], x : x + inside.shape[1]]
        if not is_plain(grey[at], inside) and not _is_pattern(overlay, y, x, inside):
            out[at] |= inside
    return out


def _is_pattern(overlay: Overlay, y: int, x: int, inside: Mask) -> bool:
    """Whether the heart of a part at ``y, x`` stands in the picture more often than copies would.

    Asked at half the scale.
    """
    detail = overlay.detail
    deep = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_C, 3)
    at_y, at_x = divmod(int(np.argmax(deep)), deep.shape[1])
    reach = int(np.clip(deep[at_y, at_x] / 2, _SAMPLE[0], _SAMPLE[1]))
    middle_y = int(np.clip((y + at_y - 1) // 2, reach, max(reach, detail.shape[0] - reach)))
    middle_x = int(np.clip((x + at_x - 1) // 2, reach, max(reach, detail.shape[1] - reach)))
    sample = detail[middle_y - reach : middle_y + reach, middle_x - reach : middle_x + reach]
    likeness = cv2.matchTemplate(detail, sample, cv2.TM_CCOEFF_NORMED)
    places, _ = cv2.connectedComponents((likeness >= _ALIKE).astype(np.uint8))
    return places - 1 > _COPIES
