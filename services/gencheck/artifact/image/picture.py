"""The views of a picture that the detectors share: made once, bounded in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.once import Once
from gencheck.artifact.image.repeats import Repeats, repeats
from gencheck.artifact.reading import Grey
from gencheck.media.types import Image

WORK_SIDE = 1024
"""Longest side of the reduced view, pixels: about what a screen shows of a picture."""

CACHED = 1 << 17
"""Pixels of a strip whose temporary arrays stay in the cache."""

_STRIP_PIXELS = 4 << 20
_OPAQUE = 250


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in the scales and colours that detectors look at.

    Attributes:
        image: the picture as it was decoded: all of its rows and its alpha.
        grey: ``uint8 [H, W]`` luma (BT.601) at native scale; only rows that the file holds.
        work: ``uint8 [h, w]`` the same, area-averaged so that its longest side is at most
            ``WORK_SIDE``. Detectors of what a viewer sees work on it; those of a grid of pixels
            (blocks, checkerboards, bands) need native scale.
        colour: ``uint8 [h, w, 3]`` RGB of ``work``'s size; alpha is not applied.
        white, black: ``bool [h, w]`` of ``work``'s size: pixels with every channel at the top
            (the bottom) of the range.
        scale: pixels of ``grey`` a pixel of ``work``, at least 1.
        size: height and width of the whole picture, with the rows that are missing.
        transparent: whether any pixel lets the background through.
        repeats: the autocorrelation of ``work``, made when first asked for.
    """

    image: Image = field(repr=False)
    grey: Grey = field(repr=False)
    work: Grey = field(repr=False)
    colour: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]] = field(repr=False)
    white: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = field(repr=False)
    black: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = field(repr=False)
    scale: float
    size: tuple[int, int]
    transparent: bool
    repeats: Once[Repeats] = field(repr=False, compare=False)

    @property
    def shortest(self) -> int:
        """The shorter side of what the file holds, native pixels."""
        return int(min(self.grey.shape))


def prepare(image: Image) -> Picture:
    """The views of an image. What is transparent counts as mid-grey, for it shows nothing."""
    height, width = image.pixels.shape[:2]
    held = height - round(height * min(max(image.missing, 0.0), 1.0))
    pixels = np.ascontiguousarray(image.pixels[:held])
    alpha = None if image.alpha is None else image.alpha[:held]
    transparent = alpha is not None and bool((alpha < _OPAQUE).any())
    grey = np.empty(pixels.shape[:2], np.uint8)
    for rows in strips(pixels.shape[:2]):
        luma = cv2.cvtColor(pixels[rows], cv2.COLOR_RGB2GRAY)
        if transparent and alpha is not None:
            share = alpha[rows].astype(np.float32) / 255
            luma = np.rint(luma * share + 128 * (1 - share)).astype(np.uint8)
        grey[rows] = luma
    scale = max(1.0, max(grey.shape, default=1) / WORK_SIDE)
    small = _shrink(pixels, scale)
    white, black = _within(small, 254, 255), _within(small, 0, 1)
    if transparent and alpha is not None:
        solid = _shrink(alpha, scale) >= _OPAQUE
        white, black = white & solid, black & solid
    work = _shrink(grey, scale)
    size = (height, width)
    own = Once(lambda: repeats(work))
    return Picture(image, grey, work, small, white, black, scale, size, transparent, own)


def _within(pixels: Grey, low: int, high: int) -> NDArray[np.bool_]:
    """Where all channels are from ``low`` to ``high``."""
    if pixels.size == 0:  # OpenCV takes no empty picture
        return np.zeros(pixels.shape[:2], np.bool_)
    return np.asarray(cv2.inRange(pixels, (low,) * 3, (high,) * 3) > 0)


def _shrink(values: Grey, scale: float) -> Grey:
    if scale == 1.0 or values.size == 0:
        return values
    height, width = values.shape[:2]
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.uint8)


def strips(
    shape: tuple[int, ...], *, align: int = 64, pixels: int = _STRIP_PIXELS
) -> Iterator[slice]:
    """Slices of rows that cover a picture, each of a bounded number of pixels.

    Args:
        align: rows that must not be torn apart.
        pixels: of one strip, about. With ``CACHED`` of them the arrays made on the way stay in
            the cache and in memory that the process already has, which is twice as fast.
    """
    height, width = shape[:2]
    rows = max(align, pixels // max(width, 1) // align * align)
    for top in range(0, height, rows):
        yield slice(top, min(height, top + rows))


def native_blocks(
    shape: tuple[int, int], *, side: int = 1024, most: int = 6
) -> list[tuple[slice, slice]]:
    """Blocks of native pixels: all of a small picture, an even sample of a large one.

    Args:
        side: at most this many pixels a side; blocks begin at multiples of it, so that a grid of
            period 2, 4 or 8 keeps its phase.
        most: at most this many blocks.
    """
    height, width = shape
    if height * width <= most * side * side // 2:
        return [(slice(0, height), slice(0, width))]
    places = [
        (slice(y, min(y + side, height)), slice(x, min(x + side, width)))
        for y in range(0, max(1, height - side // 2), side)
        for x in range(0, max(1, width - side // 2), side)
    ]
    if len(places) <= most:
        return places
    step = len(places) / most
    return [places[math.floor((index + 0.5) * step)] for index in range(most)]
