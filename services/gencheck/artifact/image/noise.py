"""NOISE: the standard deviation of fine noise in the quiet parts of the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.findings import Measurement, Method

CHECK = "artifact.noise"
MIN_SIDE = 48
METHOD = Method(
    "wavelet median absolute deviation, quiet tiles",
    "1",
    "Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, 1994; db2 diagonal "
    "details, a tile at a time",
)
NOTICE = 3.5
"""Sigma in 8-bit levels from which a picture is noisy; fixed on training photos."""

_TILE = 32
_QUIET = 5  # percentile of the tiles: noise is everywhere, texture is not
_HIGH = np.array([-0.48296291, 0.8365163, -0.22414387, -0.12940952], np.float32)  # db2
_LOW = np.array([-0.12940952, 0.22414387, 0.8365163, 0.48296291], np.float32)
_TEXTURE = 0.1
_MAD = 0.67448975  # median of |x| for a standard normal


def measure_noise(picture: Picture) -> Reading:
    """Sigma of the noise in 8-bit luma levels, from the quiet tiles.

    Texture has diagonal details too, so a place alone is never called noisy: the value is that of
    the quietest 5 % of the tiles that are not clipped, and has no region. The map is given only
    where it stands out.
    """
    sigma = noise_sigma(picture.work)
    clipped = _clipped_tiles(picture, sigma.shape)
    judged = ~clipped
    if judged.mean() < 0.05:
        detail = "nearly all of it is pure black or white"
        return Reading((Measurement("NOISE", 0.0, CHECK, METHOD, detail=detail),))
    value = finite(float(np.percentile(sigma[judged], _QUIET)), high=255.0)
    detail = f"{int(judged.sum())} of {judged.size} tiles"
    level = np.where(judged, sigma / NOTICE, 0).astype(np.float32) if value >= NOTICE else None
    return Reading((Measurement("NOISE", value, CHECK, METHOD, detail=detail),), level)


def noise_sigma(grey: Grey) -> FloatMap:
    """Sigma of each tile of 32×32 from its diagonal details: ``float32 [H // 32, W // 32]``.

    White noise has the same sigma at the next coarser level, natural texture a larger one: a tenth
    of what the coarser level has in excess is taken off (variances), so that grass is not noise.
    """
    fine = _spread(cv2.sepFilter2D(grey, cv2.CV_32F, _HIGH, _HIGH), _TILE)
    smooth = np.ascontiguousarray(cv2.sepFilter2D(grey, cv2.CV_32F, _LOW, _LOW)[::2, ::2])
    coarse = _spread(cv2.sepFilter2D(smooth, cv2.CV_32F, _HIGH, _HIGH), _TILE // 2)
    coarse = coarse[: fine.shape[0], : fine.shape[1]]
    excess = np.maximum(coarse**2 - fine**2, 0)
    return np.asarray(np.sqrt(np.maximum(fine**2 - _TEXTURE * excess, 0)), np.float32)


def _spread(details: NDArray[Any], tile: int) -> FloatMap:
    """Robust sigma of each tile's coefficients, every second a side: those are independent."""
    rows, columns = details.shape[0] // tile, details.shape[1] // tile
    tiles = np.abs(details[: rows * tile, : columns * tile]).reshape(rows, tile, columns, tile)
    flat = tiles[:, ::2, :, ::2].transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    return np.asarray(np.median(flat, axis=2) / _MAD, np.float32)


def _clipped_tiles(picture: Picture, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    pure = (picture.white | picture.black)[: shape[0] * _TILE, : shape[1] * _TILE]
    share = pure.reshape(shape[0], _TILE, shape[1], _TILE).mean(axis=(1, 3))
    return np.asarray(share > 0.3)
