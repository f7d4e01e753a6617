"""CHECKERBOARD: a regular pattern of period 2 or 4, as transposed convolutions leave it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.checkerboard"
MIN_SIDE = 128
METHOD = Method(
    "phase-locked spectral lines of period 2 and 4",
    "1",
    "Odena et al., Deconvolution and checkerboard artifacts, Distill 2016; Frank et al., ICML 2020",
)
NOTICE = 3.0
"""Robust z from which a place stands out; fixed on training photos."""

_TILE = 64  # a multiple of the periods, so that neighbouring tiles see the same phase
_TOGETHER = 3  # tiles a side whose spectra are added with their phase
_LEAST = 0.35  # luma levels: a weaker line is not seen
_LINES = {  # bins of a spectrum of 64: period 2, then period 4
    2: ((0, 32), (32, 0), (32, 32)),
    4: ((0, 16), (16, 0), (16, 16)),
}
_JPEG_LINES = ((0, 8), (8, 0), (0, 24), (24, 0))  # period 8 alone: a compression grid


def measure_checkerboard(picture: Picture) -> Reading:
    """How far the lines of period 2 and 4 rise over their neighbours in the local spectrum.

    The log magnitude at a line is compared with the ring of bins around it (median and MAD), so
    that the content's own spectrum, whatever its scale, drops out. The spectra of 3×3 tiles are
    added with their phase first: a grid adds up, edges and texture do not. A grid of 8 pixels has
    lines there as well; it is known by those at 1/8 and 3/8, which are taken off. So a pattern of
    period 8 is *not* told from JPEG and is not looked for. Native scale: a resized grid is gone.
    """
    rows = max(1, -(-picture.size[0] // _TILE))
    columns = max(1, -(-picture.size[1] // _TILE))
    level = np.zeros((rows, columns), np.float32)
    for block in native_blocks(picture.grey.shape, most=4):
        z = line_z(picture.grey[block])
        top, left = block[0].start // _TILE, block[1].start // _TILE
        level[top : top + z.shape[0], left : left + z.shape[1]] = z / NOTICE
    found = areas(level, picture.size, min_share=0.01)
    if not found:
        value = finite(float(np.percentile(level, 95)) * NOTICE)
        return Reading((Measurement("CHECKERBOARD", value, CHECK, METHOD),), level)
    return Reading(
        tuple(
            Measurement(
                "CHECKERBOARD",
                finite(float(np.median(level[area.cells])) * NOTICE),
                CHECK,
                METHOD,
                area.box,
                f"over {area.share:.0%} of the picture",
            )
            for area in found
        ),
        level,
    )


def line_z(grey: Grey) -> FloatMap:
    """The robust z of the strongest line of each tile of 64×64 pixels.

    Args:
        grey: ``uint8 [H, W]``, at least 64 a side.

    Returns:
        ``float32 [H // 64, W // 64]``, at least 0.
    """
    spectra = _local_spectra(grey)
    magnitude = np.log(np.abs(spectra) + 1e-3)
    grid = np.max([_rise(magnitude, *line) for line in _JPEG_LINES], axis=0)
    best = np.zeros(spectra.shape[:2], np.float32)
    for lines in _LINES.values():
        for y, x in lines:
            z = _rise(magnitude, y, x) - np.maximum(grid, 0)
            z[_amplitude(spectra, y, x) < _LEAST] = 0
            np.maximum(best, z, out=best)
    return best


def _local_spectra(grey: Grey) -> NDArray[np.complex64]:
    """Spectra of windowed tiles, each averaged with its neighbours: ``[rows, columns, 64, 64]``.

    Only the half plane that a real signal needs in x: 33 bins.
    """
    values = grey.astype(np.float32)
    values -= cv2.blur(values, (9, 9))
    window = np.hanning(_TILE + 1)[:-1].astype(np.float32)
    rows, columns = grey.shape[0] // _TILE, grey.shape[1] // _TILE
    tiles = values[: rows * _TILE, : columns * _TILE].reshape(rows, _TILE, columns, _TILE)
    shape = (rows, columns)
    spectra = np.empty((*shape, _TILE, _TILE // 2 + 1), np.complex64)
    for row in range(shape[0]):  # a row at a time: the windowed tiles of all would be large
        spectra[row] = np.fft.rfft2(
            tiles[row].transpose(1, 0, 2) * (window[:, None] * window[None, :])
        )
    return _added_up(spectra)


def _added_up(spectra: NDArray[np.complex64]) -> NDArray[np.complex64]:
    reach = _TOGETHER // 2
    for axis in (0, 1):
        padded = np.pad(
            spectra,
            [(reach, reach) if a == axis else (0, 0) for a in range(spectra.ndim)],
            mode="edge",
        )
        count = spectra.shape[axis]
        parts = [padded.take(range(k, k + count), axis=axis) for k in range(_TOGETHER)]
        spectra = np.mean(parts, axis=0, dtype=np.complex64)
    return spectra


def _rise(magnitude: NDArray[np.float32], y: int, x: int) -> FloatMap:
    """Robust z of a bin's log magnitude against the ring of bins 3 to 6 away."""
    near = np.arange(-6, 7)
    ys, xs = np.meshgrid(near, near, indexing="ij")
    ring = np.maximum(np.abs(ys), np.abs(xs)) >= 3
    # The spectrum of a real signal: bins beyond x = 32 are those at -x, -y.
    bin_y, bin_x = y + ys[ring], x + xs[ring]
    flip = (bin_x < 0) | (bin_x > _TILE // 2)
    bin_y = np.where(flip, -bin_y, bin_y) % _TILE
    bin_x = np.where(bin_x < 0, -bin_x, np.where(bin_x > _TILE // 2, _TILE - bin_x, bin_x))
    around = magnitude[:, :, bin_y, bin_x]
    middle = np.median(around, axis=2)
    spread = 1.4826 * np.median(np.abs(around - middle[:, :, None]), axis=2)
    return np.asarray((magnitude[:, :, y, x] - middle) / np.maximum(spread, 0.2), np.float32)


def _amplitude(spectra: NDArray[np.complex64], y: int, x: int) -> FloatMap:
    """The line's amplitude in luma levels (a Hann window passes a quarter in two dimensions)."""
    both_sides = 1.0 if y % 32 == 0 and x % 32 == 0 else 2.0
    power = np.abs(spectra[:, :, y, x]) / (_TILE * _TILE * 0.25)
    return (both_sides * power).astype(np.float32)
