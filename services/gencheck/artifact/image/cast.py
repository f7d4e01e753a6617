"""COLOUR_CAST: the light of the whole picture is coloured, as several estimates of it agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import Grey, Reading, finite
from gencheck.findings import Measurement, Method

CHECK = "artifact.colour_cast"
MIN_SIDE = 32
METHOD = Method(
    "agreeing estimates of the light",
    "3",
    "white patch (Land 1977) and grey edge of first and second order (van de Weijer 2007), CIELAB",
)

Planes: TypeAlias = NDArray[np.float32]

_SIDE = 256  # pixels of the longer side: what is finer than that is noise
_BRIGHTEST = 0.999  # quantile that stands for white
_BRIGHT = 0.9  # quantile of luminance in a place …
_SHINES = 4.0  # … that a lamp exceeds so many times
_ROWS = 4  # places a side in which the light is estimated as well
_SEEN = 3.0  # chroma below which no place is asked: nobody sees it
_GREY = 0.28  # luminance at which a cast is told in CIELAB: grey of lightness 60
# Pictures of one hue: the spread of the colours across it against all of their chroma; fixed on
# sepia and duotones of the training photos.
_ONE_HUE = 0.2
# Linear sRGB to XYZ over the white of D65 (IEC 61966-2-1).
_TO_XYZ = np.array(
    [
        [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
        [0.2126, 0.7152, 0.0722],
        [0.0193 / 1.0890, 0.1192 / 1.0890, 0.9505 / 1.0890],
    ]
)
_LINEAR = np.where(
    (_V := np.arange(256) / 255) <= 0.04045, _V / 12.92, ((_V + 0.055) / 1.055) ** 2.4
).astype(np.float32)


def measure_cast(picture: Picture) -> Reading:
    """How far from neutral grey things would look, as far as all estimates agree.

    A sunset or a meadow fools one estimate: its brightest spots, its edges and the edges of its
    edges seldom agree unless the light itself is coloured. Lamps, signs and lit windows fool all of
    them, but not everywhere. The value is the chroma, along the mean, of the estimate that says
    least, or what half of the places in it say at most, where lamps do not count. Whether a picture
    of one hue throughout (sepia, a duotone) is meant so cannot be told: the detail says that it may
    be.
    """
    small = _small(picture.colour)
    linear = np.asarray(_LINEAR[small])
    said = _said(linear, None)
    mean = said.mean(axis=0)
    length = float(np.hypot(*mean))
    value = float((said @ mean).min()) / length if length > 0 else 0.0
    if value >= _SEEN:
        places = [
            float((_said(part, _lit(part)) @ mean).mean()) / length for part in _parts(linear)
        ]
        value = min(value, float(np.median(places)))
    value = finite(value, high=200.0)
    detail = f"a* {mean[0]:+.0f}, b* {mean[1]:+.0f}: {_words(mean)}" if value >= 1 else ""
    if detail and _is_toned(small):
        detail += "; of one hue throughout, which may be meant"
    return Reading((Measurement("COLOUR_CAST", value, CHECK, METHOD, None, detail),))


def _said(linear: Planes, lit: Grey | None) -> NDArray[np.float64]:
    """``a*`` and ``b*`` of a grey thing by each estimate of the light: ``[3, 2]``."""
    return np.array([_chroma(light) for light in lights(linear, lit)])


def _parts(linear: Planes) -> Iterator[Planes]:
    """The picture in four rows of four."""
    for rows in np.array_split(linear, _ROWS):
        for part in np.array_split(rows, _ROWS, axis=1):
            yield np.ascontiguousarray(part)


def lights(linear: Planes, lit: Grey | None = None) -> list[NDArray[np.float64]]:
    """Three estimates of the colour of the light, linear RGB of any scale.

    Args:
        linear: ``float32 [h, w, 3]``, linear light.
        lit: ``uint8 [h, w]``, 0 where pixels do not count; ``None``: all count.
    """
    flat = linear.reshape(-1, 3) if lit is None else linear[lit > 0]
    place = min(len(flat) - 1, int(_BRIGHTEST * len(flat)))
    white = np.array([np.partition(channel, place)[place] for channel in flat.T], np.float64)
    smooth = np.asarray(cv2.GaussianBlur(linear, (0, 0), 1.0), np.float32)
    corner = smooth[:-1, :-1]
    across = cv2.subtract(smooth[:-1, 1:], corner)
    down = cv2.subtract(smooth[1:, :-1], corner)
    second = np.asarray(cv2.Laplacian(smooth, cv2.CV_32F), np.float32)
    inner = None if lit is None else lit[:-1, :-1]
    first = _norm(across * across + down * down, inner)
    return [white, first, _norm(second * second, lit)]


def _lit(linear: Planes) -> Grey:
    """Where things do not shine themselves, much brighter than the rest: ``uint8 [h, w]``, 255."""
    luminance = cv2.transform(linear, _TO_XYZ[1:2])
    shines = luminance > _SHINES * np.quantile(luminance, _BRIGHT)
    grown = cv2.dilate(shines.astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.where(grown.astype(np.bool_) & (grown.min() == 0), 0, 255).astype(np.uint8)


def _norm(squares: Planes, where: Grey | None) -> NDArray[np.float64]:
    """The Minkowski norm of order 6 of each channel's values, from their squares."""
    raised = cv2.mean(cv2.multiply(cv2.multiply(squares, squares), squares), where)[:3]
    return np.array(raised, np.float64) ** (1 / 6)


def _chroma(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """``a*`` and ``b*`` of a grey thing in that light (CIE 15, D65)."""
    luminance = float(light @ _TO_XYZ[1])
    if luminance <= 1e-9:
        return np.zeros(2)
    xyz = _TO_XYZ @ (light * (_GREY / luminance))
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _small(colour: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = colour.shape[:2]
    scale = max(height, width) / _SIDE
    if scale <= 1:
        return colour
    if scale >= 2 and min(height, width) > 1:  # whole halves first: those are quick
        half = colour[: height // 2 * 2, : width // 2 * 2]
        size = width // 2, height // 2
        colour = np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_AREA), np.uint8)
    size = max(1, round(width / scale)), max(1, round(height / scale))
    return np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), np.uint8)


def _is_toned(small: NDArray[np.uint8]) -> bool:
    """Whether all colours lie on one line through grey."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)[::2, ::2, 1:].reshape(-1, 2).astype(np.float32)
    lab -= 128
    mean = lab.mean(axis=0)
    length = float(np.hypot(*mean))
    across = lab @ (np.array([-mean[1], mean[0]], np.float32) / max(length, 1e-6))
    return float(across.std()) < _ONE_HUE * float(np.sqrt((lab**2).sum(axis=1).mean()))


def _words(mean: NDArray[np.float64]) -> str:
    """The hue of a cast, in a word."""
    names = ("magenta", "orange", "yellow", "green", "cyan", "blue", "violet")
    hues = np.radians([345.0, 50.0, 90.0, 145.0, 205.0, 270.0, 310.0])
    angle = float(np.arctan2(mean[1], mean[0]))
    return names[int(np.argmax(np.cos(hues - angle)))]
