"""CLIPPING: tones cut off at pure black or white."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.masks import mask_of
from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.findings import Measurement, Method

CHECK = "artifact.clipping"
MIN_SIDE = 32
METHOD = Method(
    "pure areas that a gradient runs into",
    "2",
    "connected pixels at the end of the range whose border is a ramp, or clipped in some channels",
)
NOTICE = 0.05
"""Share of the pixels from which a picture is clipped; fixed on training photos."""

_BLACK = 0.5  # what a black pixel counts; fixed on the photos of night in the training set
_WORTH_A_MASK = 0.01
_MIN_PART = 2e-4  # share of the picture: smaller ones are highlights and glints
_RAMP = 0.2  # share of a part's border where tones run gently into it
_REACH = 2  # pixels beside a part where the ramp is looked for
_GENTLE = (5, 64)  # luma levels below white (above black) at that distance
_PARTLY = 0.3  # … or share of it that is clipped in one or two channels, as no backdrop is


def measure_clipping(picture: Picture) -> Reading:
    """The share of pixels in pure areas that tones run into.

    A white backdrop or a black frame is pure as well, but the picture steps into it at a hard
    edge. Where exposure cut the tones off, they rise towards the area, and one channel reaches the
    end before the others: a part of pure pixels counts when enough of its border is such a ramp, or
    clipped in part. One measurement, over the parts together; black counts by half, for night and
    silhouettes are photographed so on purpose.
    """
    red, green, blue = cv2.split(picture.colour)
    some_white = np.maximum(np.maximum(red, green), blue) >= 254
    some_black = np.minimum(np.minimum(red, green), blue) <= 1
    white = _cut_off(picture.white, some_white, 255 - picture.work)
    black = _cut_off(picture.black, some_black, picture.work)
    parts = white | black
    if not parts.size:
        return Reading((Measurement("CLIPPING", 0.0, CHECK, METHOD),))
    value = finite(float(white.mean() + _BLACK * black.mean()), high=1.0)
    detail = f"white {white.mean():.1%}, black {black.mean():.1%}"
    level = _density(parts, value, picture)
    region = mask_of(level > 0, picture.size) if value >= _WORTH_A_MASK else None
    return Reading((Measurement("CLIPPING", value, CHECK, METHOD, region, detail),), level)


def _cut_off(
    pure: NDArray[np.bool_], partly: NDArray[np.bool_], distance: Grey
) -> NDArray[np.bool_]:
    """The connected parts of pure pixels that tones run into.

    Args:
        partly: ``bool [h, w]`` pixels with any channel at that end of the range.
        distance: ``uint8 [h, w]`` luma levels from that end of the range.
    """
    least = max(16, _MIN_PART * pure.size)
    if np.count_nonzero(pure) < least:
        return np.zeros(pure.shape, np.bool_)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pure.astype(np.uint8))
    is_large = stats[:, cv2.CC_STAT_AREA] >= least
    is_large[0] = False  # what is not pure
    # The ring at a distance of _REACH around each part, and whose it is.
    large = is_large[labels]
    owners = cv2.dilate((labels * large).astype(np.float32), _square(_REACH))
    closer = cv2.dilate(large.astype(np.uint8), _square(_REACH - 1))
    ring = (owners > 0) & (closer == 0) & ~pure
    owner, beside = owners[ring].astype(np.intp), distance[ring]
    around = np.bincount(owner, minlength=count)
    is_ramp = (beside >= _GENTLE[0]) & (beside <= _GENTLE[1])
    ramp = np.bincount(owner[is_ramp], minlength=count)
    some = np.bincount(owner[partly[ring]], minlength=count)
    counts = (around > 0) & ((ramp >= _RAMP * around) | (some >= _PARTLY * around))
    return np.asarray(counts[labels])


def _square(reach: int) -> Grey:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _density(parts: NDArray[np.bool_], value: float, picture: Picture) -> FloatMap:
    """Where the clipped pixels are, as strong as the picture as a whole is clipped."""
    height = max(1, round(picture.size[0] / picture.scale))
    level = np.zeros((height, parts.shape[1]), np.float32)
    level[: parts.shape[0]] = parts[:height] * np.float32(value / NOTICE)
    return level
