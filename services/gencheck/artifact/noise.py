"""NOISE: the standard deviation of fine noise in the quiet parts of the picture."""

from __future__ import annotations

import cv2
import numpy as np

from gencheck.artifact.picture import Picture
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
NOTICE = 6.0
"""Sigma in 8-bit levels from which a picture is noisy; fixed on training photos."""

_TILE = 32
_QUIET = 15  # percentile of the tiles: noise is everywhere, texture is not
_DB2 = np.array([-0.48296291, 0.8365163, -0.22414387, -0.12940952], np.float32)  # high pass
_MAD = 0.67448975  # median of |x| for a standard normal


def measure_noise(picture: Picture) -> Reading:
    """Sigma of the noise in 8-bit luma levels, from the quiet tiles.

    Texture has diagonal details too, so a place alone is never called noisy: the value is that of
    the quietest 15 %, of tiles that are not clipped, and has no region. The map is given only
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
    """Sigma of each tile of 32×32 from its diagonal details: ``float32 [H // 32, W // 32]``."""
    details = cv2.sepFilter2D(grey, cv2.CV_32F, _DB2, _DB2)
    np.abs(details, out=details)
    rows, columns = grey.shape[0] // _TILE, grey.shape[1] // _TILE
    tiles = details[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE)
    # Every second coefficient a side, as the decimated transform has them: independent samples.
    flat = tiles[:, ::2, :, ::2].transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    return (np.median(flat, axis=2) / _MAD).astype(np.float32)


def _clipped_tiles(
    picture: Picture, shape: tuple[int, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    pure = (picture.white | picture.black)[: shape[0] * _TILE, : shape[1] * _TILE]
    share = pure.reshape(shape[0], _TILE, shape[1], _TILE).mean(axis=(1, 3))
    return np.asarray(share > 0.3)
