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
    "3",
    "connected pixels at the end of the range whose border is a ramp, or clipped in some channels",
)
NOTICE = 0.05
"""Share of the pixels from which a picture is clipped; fixed on training photos."""

_BLACK = 0.5  # what a black pixel counts; fixed on the photos of night in the training set
_WORTH_A_MASK = 0.01
_FINE_SIDE = 640  # pixels of the longer side above which every second pixel speaks for four
_MIN_PART = 2e-4  # share of the picture: smaller ones are highlights and glints
_RAMP = 0.2  # share of a part's border where tones run gently into it
_REACH = 2  # pixels beside a part where the ramp is looked for
_FIELD = 8  # pixels to either side over which a drawn field has one level
_GENTLE = (5, 64)  # luma levels below white (above black) at that distance
_PARTLY = 0.3  # … or share of it that is clipped in one or two channels, as no backdrop is


def measure_clipping(picture: Picture) -> Reading:
    """The share of pixels in pure areas that tones run into.

    A white backdrop or a black frame is pure as well, but the picture steps into it at a hard
    edge. Where exposure cut the tones off, they rise towards the area, and one channel reaches the
    end before the others: a part of pure pixels counts when enough of its border is such a ramp, or
    clipped in part. A drawn field beside it is flat, however near white, and no ramp. One
    measurement, over the parts together; black counts by half, for night and silhouettes are
    photographed so on purpose.
    """
    if not picture.work.size:
        return Reading((Measurement("CLIPPING", 0.0, CHECK, METHOD),))
    step = 2 if max(picture.work.shape) > _FINE_SIDE else 1
    white = _cut_off(picture.white, picture, 255, step)
    black = _cut_off(picture.black, picture, 0, step)
    parts = white | black
    bright, dark = (np.count_nonzero(part) / part.size for part in (white, black))
    value = finite(bright + _BLACK * dark, high=1.0)
    detail = f"white {bright:.1%}, black {dark:.1%}"
    if value == 0.0:
        return Reading((Measurement("CLIPPING", value, CHECK, METHOD, None, detail),))
    level = _density(parts, value, picture, step)
    region = mask_of(level > 0, picture.size) if value >= _WORTH_A_MASK else None
    return Reading((Measurement("CLIPPING", value, CHECK, METHOD, region, detail),), level)


def _cut_off(whole: NDArray[np.bool_], picture: Picture, end: int, step: int) -> NDArray[np.bool_]:
    """The connected parts of pure pixels that tones run into.

    Args:
        whole: ``bool [h, w]`` pixels at that end of the range.
        end: its level, 0 or 255.
        step: parts are made of every so many pixels; their borders are looked at in full.

    Returns:
        ``bool [ceil(h / step), ceil(w / step)]``.
    """
    pure = whole[::step, ::step]
    least = max(16 / step**2, _MIN_PART * pure.size)
    if np.count_nonzero(whole) < least:
        return np.zeros(pure.shape, np.bool_)
    count, labels = cv2.connectedComponents(pure.astype(np.uint8))
    is_large = np.bincount(labels.ravel(), minlength=count) >= least
    is_large[0] = False  # what is not pure
    if not is_large.any():
        return np.zeros(pure.shape, np.bool_)
    # The ring at a distance of _REACH around each part, and whose it is.
    own = np.where(is_large, np.arange(count), 0).astype(np.float32)[labels]
    owners = cv2.dilate(own, _square(-(-_REACH // step)))
    wide, narrow = (cv2.dilate(whole.view(np.uint8), _square(r)) for r in (_REACH, _REACH - 1))
    y, x = np.divmod(np.flatnonzero(wide > narrow), whole.shape[1])
    owner = owners[y // step, x // step].astype(np.intp)
    x, y, owner = (values[owner > 0] for values in (x, y, owner))
    rising, flat = _slopes(whole, picture.work if end == 0 else ~picture.work, y, x)
    partly = (np.abs(picture.colour[y, x].astype(np.int16) - end).min(axis=1) <= 1) & ~flat
    around, ramp, some = (
        np.bincount(owner[kind], minlength=count) for kind in (slice(None), rising, partly)
    )
    counts = (around > 0) & ((ramp >= _RAMP * around) | (some >= _PARTLY * around))
    return np.asarray(counts[labels])


def _slopes(
    pure: NDArray[np.bool_], distance: Grey, y: NDArray[np.intp], x: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pixels lie on a ramp towards the end of the range, and which in a flat field.

    Args:
        distance: ``uint8 [h, w]`` luma levels from that end.
        y, x: ``int [n]`` the pixels in question.
    """
    beside = distance[y, x]
    not_pure = np.maximum(distance, np.uint8(255) * pure.view(np.uint8))
    field = _square(_FIELD)
    nearest, furthest = cv2.erode(not_pure, field)[y, x], cv2.dilate(distance, field)[y, x]
    gentle = (beside >= _GENTLE[0]) & (beside <= _GENTLE[1])
    return gentle & (nearest < beside), nearest == furthest


def _square(reach: int) -> Grey:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _density(parts: NDArray[np.bool_], value: float, picture: Picture, step: int) -> FloatMap:
    """Where the clipped pixels are, as strong as the picture as a whole is clipped."""
    height = max(1, -(-round(picture.size[0] / picture.scale) // step))
    level = np.zeros((height, parts.shape[1]), np.float32)
    level[: parts.shape[0]] = parts[:height] * np.float32(value / NOTICE)
    return level
