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
    clipped in part. One measurement, over the parts together.
    """
    red, green, blue = cv2.split(picture.colour)
    some_white = np.maximum(np.maximum(red, green), blue) >= 254
    some_black = np.minimum(np.minimum(red, green), blue) <= 1
    white = _cut_off(picture.white, some_white, 255 - picture.work)
    black = _cut_off(picture.black, some_black, picture.work)
    parts = white | black
    value = finite(float(parts.mean()) if parts.size else 0.0, high=1.0)
    detail = f"white {white.mean():.1%}, black {black.mean():.1%}" if parts.size else ""
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
    out = np.zeros(pure.shape, np.bool_)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pure.astype(np.uint8))
    least = max(16, _MIN_PART * pure.size)
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]
    large.sort(key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    kernel = np.ones((3, 3), np.uint8)
    for index in large[:64]:
        x, y, w, h = (int(v) for v in stats[index, :4])
        pad = _REACH + 1
        window = (
            slice(max(0, y - pad), y + h + pad),
            slice(max(0, x - pad), x + w + pad),
        )
        part = (labels[window] == index).astype(np.uint8)
        outer = cv2.dilate(part, kernel, iterations=_REACH)
        inner = cv2.dilate(part, kernel, iterations=_REACH - 1)
        ring = (outer > 0) & (inner == 0) & ~pure[window]
        beside = distance[window][ring]
        if not beside.size:
            continue
        ramp = float(np.mean((beside >= _GENTLE[0]) & (beside <= _GENTLE[1])))
        if ramp >= _RAMP or float(np.mean(partly[window][ring])) >= _PARTLY:
            out[window] |= part > 0
    return out


def _density(parts: NDArray[np.bool_], value: float, picture: Picture) -> FloatMap:
    """Where the clipped pixels are, as strong as the picture as a whole is clipped."""
    height = max(1, round(picture.size[0] / picture.scale))
    level = np.zeros((height, parts.shape[1]), np.float32)
    level[: parts.shape[0]] = parts[:height] * np.float32(value / NOTICE)
    return level
