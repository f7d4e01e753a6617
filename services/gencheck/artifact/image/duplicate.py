"""DUPLICATED_REGION: a textured part of the picture that stands in it twice."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.image.repeats import Repeats, Shift, repeats
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.duplicated_region"
MIN_SIDE = 64
METHOD = Method(
    "shifts by autocorrelation and keypoints matched within the picture, verified by correlation",
    "2",
    "Amerini et al., A SIFT-based forensic method for copy-move attack detection, IEEE TIFS 2011; "
    "here with ORB, and each match proved pixel by pixel",
)

_LIKELY = 3.5  # z of a shift from which it is looked at
_SHIFTS = 5
_COPY = 0.8  # likeness of fine detail that a copy has at its best place, and chance does not
_PLACE = 25  # pixels over which likeness is averaged to find the copy
_PROBE = 48  # pixels a side of what finds the shift to the pixel
_FEATURES = 1200
_PARTS = 3  # a side: keypoints are taken from each part of the picture
_BORDER = 31  # pixels at the edge in which ORB finds nothing
_FAST = 8  # luma levels: low, for a copy of soft texture counts as well
_CLOSE = 26  # bits of 256 in which the descriptors of a copy may differ
_ROWS = 256  # of descriptors that are compared at once
_PAIRS = 8000  # of keypoints at most: a picture full of one motif has far more
_APART = 0.05  # of the diagonal: nearer than that is one and the same thing
_INLIERS = 10
_WINDOW = 15  # pixels of the correlation
_SAME = 0.93  # correlation from which a place is a copy
_TEXTURE = 6.0  # luma levels of local standard deviation: flat areas correlate with anything
_MIN_SHARE = 0.003
_MAX_COPIES = 4
_LINES = 0.8  # coherence of gradients from which a part is but an edge
_SAMPLE = 96  # pixels a side of what is looked for elsewhere
_ALIKE = 0.85  # correlation at which a further place repeats it
_COPIES = 3  # places of one thing from which on it is a pattern

_Matrix = NDArray[np.float64]


def measure_duplicate(picture: Picture) -> Reading:
    """The share of the picture that is a copy of another part of it.

    Peaks of the autocorrelation propose shifts, and keypoints that resemble each other propose
    similarity transforms (RANSAC), for a copy may be turned or scaled; the picture is then laid
    over itself by each, and only where both agree pixel by pixel is a copy. Windows, fences and
    tiles repeat as well: what stands in the picture more than three times is a pattern, and is
    left out.
    """
    grey = picture.work
    copies = np.zeros(grey.shape, np.bool_)
    for shift in _shifts(grey):
        copies |= _proved(grey, shift)
    pairs = _matches(grey) if not copies.any() else [np.zeros((0, 2), np.float32)] * 2
    for _ in range(_MAX_COPIES):
        transform, inliers = _transform(pairs)
        if transform is None:
            break
        pairs = [both[~inliers] for both in pairs]
        copies |= _proved(grey, transform)
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


def _shifts(grey: Grey) -> list[_Matrix]:
    """Shifts, to the pixel, that probably lay a copy over its source."""
    found = repeats(grey)
    peaks = np.where(found.z >= _LIKELY, found.z, 0).astype(np.float32)
    shifts = []
    for peak in found.best(peaks, _SHIFTS):
        place = _copy_at(found, peak)
        if place is not None:
            y, x = _to_the_pixel(grey, place, found.scale)
            if np.hypot(y, x) >= _APART * np.hypot(*grey.shape):
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


def _keypoints(grey: Grey) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Places ``float32 [n, 2]`` (x, y) and descriptors ``uint8 [n, 32]``, from all of the picture.

    A part at a time: asked at once, ORB would take them all from the one busiest place.
    """
    orb = cv2.ORB.create(nfeatures=_FEATURES // _PARTS**2, nlevels=1, fastThreshold=_FAST)
    points, descriptors = [np.zeros((0, 2), np.float32)], [np.zeros((0, 32), np.uint8)]
    rows = np.linspace(0, grey.shape[0], _PARTS + 1).astype(int)
    columns = np.linspace(0, grey.shape[1], _PARTS + 1).astype(int)
    for top, bottom in itertools.pairwise(rows):
        for left, right in itertools.pairwise(columns):
            y, x = max(0, top - _BORDER), max(0, left - _BORDER)
            part = np.ascontiguousarray(grey[y : bottom + _BORDER, x : right + _BORDER])
            found, described = orb.detectAndCompute(part, None)
            if found:
                points.append(np.asarray(cv2.KeyPoint.convert(found)) + np.array([x, y]))
                descriptors.append(np.asarray(described, np.uint8))
    return np.concatenate(points).astype(np.float32), np.concatenate(descriptors)


def _matches(grey: Grey) -> list[NDArray[np.float32]]:
    """Pairs of places that look alike and are apart: two ``float32 [n, 2]`` (x, y)."""
    points, descriptors = _keypoints(grey)
    if len(points) < _INLIERS:
        return [points[:0], points[:0]]
    one, other = _alike(descriptors)
    first, second = points[one], points[other]
    apart = np.hypot(*(first - second).T) >= _APART * np.hypot(*grey.shape)
    first, second = first[apart], second[apart]
    # Always from the upper one to the lower: both directions are the same transform.
    low = (second[:, 1] < first[:, 1]) | (
        (second[:, 1] == first[:, 1]) & (second[:, 0] < first[:, 0])
    )
    first[low], second[low] = second[low], first[low].copy()
    return [first, second]


def _alike(descriptors: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of pairs of descriptors that differ in few bits, the closest of them if too many.

    As a product of matrices of -1 and 1: the differing bits are half of 256 less that product.
    """
    signs = np.unpackbits(descriptors, axis=1).astype(np.float32) * 2 - 1
    pairs, likeness = [np.zeros((0, 2), np.intp)], [np.zeros(0, np.float32)]
    for top in range(0, len(signs), _ROWS):
        product = signs[top : top + _ROWS] @ signs[top:].T
        first, second = np.nonzero(product >= 256 - 2 * _CLOSE)
        once = first < second
        first, second = first[once], second[once]
        pairs.append(np.stack([first, second], axis=1) + top)
        likeness.append(product[first, second])
    found = np.concatenate(pairs)
    if len(found) > _PAIRS:
        found = found[np.argsort(-np.concatenate(likeness), kind="stable")[:_PAIRS]]
    return found[:, 0], found[:, 1]


def _transform(pairs: list[NDArray[np.float32]]) -> tuple[_Matrix | None, NDArray[np.bool_]]:
    """The similarity transform that most pairs agree on, and which those are."""
    none = np.zeros(len(pairs[0]), np.bool_)
    if len(pairs[0]) < _INLIERS:
        return None, none
    cv2.setRNGSeed(1)  # RANSAC draws: the same picture must always measure the same
    matrix, mask = cv2.estimateAffinePartial2D(
        pairs[0], pairs[1], method=cv2.RANSAC, ransacReprojThreshold=2.0, maxIters=2000
    )
    if matrix is None or not np.isfinite(matrix).all():
        return None, none
    inliers = np.asarray(mask, np.bool_).ravel()
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if inliers.sum() < _INLIERS or not 0.5 <= scale <= 2.0:
        return None, none
    return np.asarray(matrix, np.float64), inliers


def _proved(grey: Grey, matrix: _Matrix) -> NDArray[np.bool_]:
    """Pixels that equal those they come from by the transform, or go to, patterns left out."""
    square = np.vstack([matrix, [0, 0, 1]])
    same = _same(grey, square) | _same(grey, np.linalg.inv(square))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(same.astype(np.uint8))
    for part in range(1, count):
        x, y, width, height, size = (int(v) for v in stats[part])
        part_of = np.s_[y : y + height, x : x + width]
        small = size < _MIN_SHARE * grey.size
        if (
            small
            or _one_way(grey[part_of], labels[part_of] == part) > _LINES
            or _is_pattern(grey, y, x, height, width)
        ):
            same[labels == part] = False
    return same


def _one_way(grey: Grey, inside: NDArray[np.bool_]) -> float:
    """How far all gradients of a part point one way, 0..1: the coherence of its structure tensor.

    A straight edge is like any other piece of itself, and no copy. Neither are letters and frames
    on a flat ground (1 for them): they are meant to be alike.
    """
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0)[inside]
    down = cv2.Sobel(grey, cv2.CV_32F, 0, 1)[inside]
    if not np.median(np.abs(across) + np.abs(down)):
        return 1.0
    xx, yy, xy = (float(product.sum()) for product in (across**2, down**2, across * down))
    return float(np.hypot(xx - yy, 2 * xy)) / max(xx + yy, 1e-6)


def _is_pattern(grey: Grey, y: int, x: int, height: int, width: int) -> bool:
    """Whether the middle of a part stands in the picture more often than copies would."""
    tall, wide = min(height, _SAMPLE), min(width, _SAMPLE)
    top, left = y + (height - tall) // 2, x + (width - wide) // 2
    sample = grey[top : top + tall, left : left + wide]
    likeness = cv2.matchTemplate(grey, sample, cv2.TM_CCOEFF_NORMED)
    places, _ = cv2.connectedComponents((likeness >= _ALIKE).astype(np.uint8))
    return places - 1 > _COPIES


def _same(grey: Grey, matrix: _Matrix) -> NDArray[np.bool_]:
    """Where the picture correlates with itself laid over by the transform."""
    size = (grey.shape[1], grey.shape[0])
    other = cv2.warpAffine(grey, matrix[:2], size, borderMode=cv2.BORDER_CONSTANT)
    inside = cv2.warpAffine(np.full_like(grey, 255), matrix[:2], size)
    correlation, texture = local_correlation(grey.astype(np.float32), other.astype(np.float32))
    good = (correlation >= _SAME) & (texture >= _TEXTURE) & (inside == 255)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    good = cv2.morphologyEx(good.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    opened = cv2.morphologyEx(good, cv2.MORPH_OPEN, kernel)
    return np.asarray(opened, np.bool_)


def local_correlation(a: FloatMap, b: FloatMap) -> tuple[FloatMap, FloatMap]:
    """Normalised correlation in a window around each pixel, and the lesser deviation."""
    window = (_WINDOW, _WINDOW)
    mean_a, mean_b = cv2.blur(a, window), cv2.blur(b, window)
    var_a = np.maximum(cv2.blur(a * a, window) - mean_a**2, 0)
    var_b = np.maximum(cv2.blur(b * b, window) - mean_b**2, 0)
    both = cv2.blur(a * b, window) - mean_a * mean_b
    correlation = both / np.sqrt(np.maximum(var_a * var_b, 1e-3))
    return correlation.astype(np.float32), np.sqrt(np.minimum(var_a, var_b)).astype(np.float32)
