"""Places of a picture that resemble each other, and the turn and shift that explains them."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.overlay import Matrix
from gencheck.artifact.reading import Grey

APART = 0.05
"""Of the diagonal: what is nearer to itself than that is one and the same thing."""

_FEATURES = 1200
_PARTS = 3  # a side: keypoints are taken from each part of the picture
_BORDER = 31  # pixels at the edge in which ORB finds nothing
_FAST = (8, 40)  # luma levels of a corner: low where texture is soft, for a copy of it counts too
_FINE = 15  # pixels: what is smaller is detail
_SHARP = 1.5  # of the mean size of detail: where all is rough, only the sharpest corners are asked
_CLOSE = 26  # bits of 256 in which the descriptors of a copy may differ
_LIKELY = 14  # of a quarter of the bits: one descriptor in 1000 of those that are close has more
_ROWS = 256  # of descriptors that are compared at once
_PAIRS = 8000  # of keypoints at most: a picture full of one motif has far more
_INLIERS = 10


def _keypoints(grey: Grey) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Places ``float32 [n, 2]`` (x, y) and descriptors ``uint8 [n, 32]``, from all of the picture.

    A part at a time: asked at once, ORB would take them all from the one busiest place.
    """
    orb = cv2.ORB.create(nfeatures=_FEATURES // _PARTS**2, nlevels=1)
    points, descriptors = [np.zeros((0, 2), np.float32)], [np.zeros((0, 32), np.uint8)]
    rows = np.linspace(0, grey.shape[0], _PARTS + 1).astype(int)
    columns = np.linspace(0, grey.shape[1], _PARTS + 1).astype(int)
    for top, bottom in itertools.pairwise(rows):
        for left, right in itertools.pairwise(columns):
            y, x = max(0, top - _BORDER), max(0, left - _BORDER)
            part = np.ascontiguousarray(grey[y : bottom + _BORDER, x : right + _BORDER])
            rough = cv2.mean(cv2.absdiff(part, cv2.blur(part, (_FINE, _FINE))))[0]
            orb.setFastThreshold(int(np.clip(_SHARP * rough, *_FAST)))
            found, described = orb.detectAndCompute(part, None)
            if found:
                points.append(np.asarray(cv2.KeyPoint.convert(found)) + np.array([x, y]))
                descriptors.append(np.asarray(described, np.uint8))
    return np.concatenate(points).astype(np.float32), np.concatenate(descriptors)


def matches(grey: Grey) -> list[NDArray[np.float32]]:
    """Pairs of places that look alike and are apart: two ``float32 [n, 2]`` (x, y)."""
    points, descriptors = _keypoints(grey)
    if len(points) < _INLIERS:
        return [points[:0], points[:0]]
    one, other = _alike(descriptors)
    first, second = points[one], points[other]
    apart = np.hypot(*(first - second).T) >= APART * np.hypot(*grey.shape)
    first, second = first[apart], second[apart]
    # Always from the upper one to the lower: both directions are the same transform.
    low = (second[:, 1] < first[:, 1]) | (
        (second[:, 1] == first[:, 1]) & (second[:, 0] < first[:, 0])
    )
    first[low], second[low] = second[low], first[low].copy()
    return [first, second]


def _alike(descriptors: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of pairs of descriptors that differ in few bits, the closest of them if too many.

    A quarter of the bits is compared first. What those leave is counted bit by bit.
    """
    words = np.ascontiguousarray(descriptors).view(np.uint64)
    quarters = np.ascontiguousarray(descriptors[:, ::4]).view(np.uint64)[:, 0]
    pairs, bits = [np.zeros((0, 2), np.intp)], [np.zeros(0, np.intp)]
    for top in range(0, len(words), _ROWS):
        likely = np.bitwise_count(quarters[top : top + _ROWS, None] ^ quarters[top:]) <= _LIKELY
        first, second = np.divmod(np.flatnonzero(likely), likely.shape[1])
        once = first < second
        first, second = first[once] + top, second[once] + top
        differ = np.bitwise_count(words[first] ^ words[second]).sum(axis=1, dtype=np.intp)
        close = differ <= _CLOSE
        pairs.append(np.stack([first[close], second[close]], axis=1))
        bits.append(differ[close])
    found = np.concatenate(pairs)
    if len(found) > _PAIRS:
        found = found[np.argsort(np.concatenate(bits), kind="stable")[:_PAIRS]]
    return found[:, 0], found[:, 1]


def transform(pairs: list[NDArray[np.float32]]) -> tuple[Matrix | None, NDArray[np.bool_]]:
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
