"""NOISE: the standard deviation of fine noise in the quiet parts of the picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import CACHED, Picture, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.noise"
MIN_SIDE = 48
METHOD = Method(
    "wavelet median absolute deviation, of luma in quiet tiles and of colour",
    "3",
    "Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, 1994; db2 diagonal "
    "details, a tile at a time",
)
NOTICE = 3.5
"""Sigma in 8-bit levels from which a picture is noisy; fixed on training photos."""
NOTICE_OF_PLACE = 8.0
"""Sigma of colour from which a place stands out of calm ones; fixed on training photos."""

_TILE = 32
_MARGIN = 8  # rows; even, so that halves stay aligned
_QUIET = 5  # percentile of the tiles: noise is everywhere, texture is not
_QUIET_COLOUR = 20  # the same of colour, which has hardly any texture
_LUMA = 1.6  # detail of luma over that of colour in a place, at most
_CALM = 0.4  # sigma of the surroundings, as a share of that of the place, at most
_HIGH = np.array([-0.48296291, 0.8365163, -0.22414387, -0.12940952], np.float32)  # db2
_TEXTURE = 0.1
_TEXTURE_OF_COLOUR = 0.7
_REPEATS = 0.5  # autocorrelation of fine detail away from its peak
_MAD = 0.67448975  # median of |x| for a standard normal


def measure_noise(picture: Picture) -> Reading:
    """Sigma of the noise in 8-bit levels of a channel: of all of the picture, then of places.

    Texture has diagonal details too: in luma a place alone is never called noisy, and the value is
    that of the quietest 5 % of the tiles that are not clipped. Red less blue, over √2, has the
    sigma of independent noise in the channels and next to no texture; there a place counts that is
    noisier than what is around it, unless its luma is far livelier: stripes of one pixel have
    false colours. The map holds the colour's sigma, and the luma's where all of it is noisy.
    """
    luma, colour = noise_sigma(picture.work), colour_sigma(picture.colour)
    judged = ~_clipped_tiles(picture, luma.shape)
    if judged.mean() < 0.05:
        detail = "nearly all of it is pure black or white"
        return Reading((Measurement("NOISE", 0.0, CHECK, METHOD, detail=detail),))
    fine = float(np.percentile(luma[judged], _QUIET))
    if fine >= NOTICE and repeats(picture.work):
        fine = 0.0
    coloured = float(np.percentile(colour[judged], _QUIET_COLOUR))
    value = finite(max(fine, coloured), high=255.0)
    detail = f"luma {fine:.1f}, colour {coloured:.1f}, {int(judged.sum())} of {judged.size} tiles"
    whole = Measurement("NOISE", value, CHECK, METHOD, detail=detail)
    if value >= NOTICE:
        level = np.where(judged, np.maximum(luma, colour) / NOTICE, 0).astype(np.float32)
        return Reading((whole,), level)
    level = np.where(judged, colour / NOTICE_OF_PLACE, 0).astype(np.float32)
    level = np.where(level >= 1, level, level / 2)  # below is nothing that one would see
    calm = float(np.median(colour[judged]))
    found = [
        _found(level, area)
        for area in areas(level, picture.size, min_share=0.03)
        if max(calm / _CALM, luma[area.cells].mean() / _LUMA) <= colour[area.cells].mean()
    ]
    return Reading((*found, whole), level) if found else Reading((whole,))


def _found(level: FloatMap, area: Area) -> Measurement:
    sigma = finite(float(level[area.cells].mean()) * NOTICE_OF_PLACE, high=255.0)
    detail = f"colour noise over {area.share:.0%} of the picture"
    return Measurement("NOISE", sigma, CHECK, METHOD, area.box, detail)


def colour_sigma(colour: NDArray[np.uint8]) -> FloatMap:
    """Sigma of each tile of 32×32 of red less blue, over √2: ``float32 [H // 32, W // 32]``.

    Args:
        colour: ``uint8 [H, W, 3]`` RGB.
    """

    def red_less_blue(rows: NDArray[np.uint8]) -> NDArray[np.int16]:
        red, blue = (cv2.extractChannel(rows, channel) for channel in (0, 2))
        return np.asarray(cv2.subtract(red, blue, dtype=cv2.CV_16S), np.int16)

    sigma = _white(colour, red_less_blue, _TEXTURE_OF_COLOUR)
    return np.asarray(sigma / np.float32(math.sqrt(2)), np.float32)


def repeats(grey: Grey) -> bool:
    """Whether the fine detail repeats itself, as of a halftone, a weave or a screen.

    The autocorrelation of white noise is nothing but its peak; asked of four places.
    """
    side = min(128, *grey.shape)
    peaks = []
    for part in (1, 2):
        for other in (1, 2):
            y, x = (grey.shape[0] - side) * part // 3, (grey.shape[1] - side) * other // 3
            place = grey[y : y + side, x : x + side].astype(np.float32)
            place -= cv2.GaussianBlur(place, (0, 0), 3)
            power = np.abs(np.fft.rfft2(place)) ** 2
            again = np.fft.irfft2(power)
            whole = float(again[0, 0])
            again[:4, :4] = again[-4:, :4] = again[:4, -4:] = again[-4:, -4:] = 0
            peaks.append(float(again.max()) / max(whole, 1e-6))
    return float(np.median(peaks)) >= _REPEATS


def noise_sigma(grey: Grey) -> FloatMap:
    """Sigma of each tile of 32×32 from its diagonal details: ``float32 [H // 32, W // 32]``.

    White noise has the same sigma at the next coarser level, natural texture a larger one: a tenth
    of what the coarser level has in excess is taken off (variances), so that grass is not noise.
    """
    return _white(grey, lambda rows: rows, _TEXTURE)


def _white(
    pixels: NDArray[np.uint8], plane: Callable[[NDArray[np.uint8]], NDArray[Any]], texture: float
) -> FloatMap:
    """Sigma of the white part of the noise of each tile, a strip of the picture at a time.

    Args:
        plane: from rows of pixels to the values to be judged.
    """
    shape = pixels.shape[0] // _TILE, pixels.shape[1] // _TILE
    out = np.zeros(shape, np.float32)
    whole = pixels[: shape[0] * _TILE + _MARGIN]
    for strip in strips((shape[0] * _TILE, whole.shape[1]), align=_TILE, pixels=CACHED):
        above = min(strip.start, _MARGIN)  # rows that the filters need beyond the strip
        values = plane(whole[strip.start - above : strip.stop + _MARGIN]).astype(np.float32)
        rows = strip.stop - strip.start
        fine = _spread(values, above, rows, _TILE)
        # The mean of 2×2 pixels, times 2, keeps the sigma of white noise.
        half = values.shape[1] // 2, values.shape[0] // 2
        even = values[: half[1] * 2, : half[0] * 2]
        smooth = 2 * np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA))
        coarse = _spread(smooth, above // 2, rows // 2, _TILE // 2)
        excess = np.maximum(coarse**2 - fine**2, 0)
        top = strip.start // _TILE
        out[top : top + len(fine)] = np.sqrt(np.maximum(fine**2 - texture * excess, 0))
    return out


def _spread(values: NDArray[Any], top: int, rows: int, tile: int) -> FloatMap:
    """Robust sigma of each tile's details, every second a side: those are independent.

    Args:
        top: row of the first tile.
        rows: of all tiles together.
    """
    columns = values.shape[1] // tile
    details = np.asarray(cv2.sepFilter2D(values, cv2.CV_32F, _HIGH, _HIGH))
    every = np.abs(details[top : top + rows : 2, : columns * tile : 2])
    half = tile // 2
    tiles = every.reshape(rows // tile, half, columns, half).transpose(0, 2, 1, 3)
    flat = tiles.reshape(rows // tile, columns, -1)
    middle = flat.shape[2] // 2
    return np.asarray(np.partition(flat, middle, axis=2)[:, :, middle] / _MAD, np.float32)


def _clipped_tiles(picture: Picture, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    pure = (picture.white | picture.black)[: shape[0] * _TILE, : shape[1] * _TILE]
    down = pure.view(np.uint8).reshape(shape[0], _TILE, -1).sum(axis=1, dtype=np.uint16)
    count = down.reshape(*shape, _TILE).sum(axis=2)
    return np.asarray(count > 0.3 * _TILE**2)
