"""CHECKERBOARD: a faint pattern of a whole period, as transposed convolutions and VAEs leave it."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import areas
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.checkerboard"
MIN_SIDE = 128
METHOD = Method(
    "phase-locked spectral lines of whole periods",
    "3",
    "Odena et al., Deconvolution and checkerboard artifacts, Distill 2016; Frank et al., ICML 2020",
)
NOTICE = 4.0
"""Robust z from which a place stands out; fixed on training photos."""

PERIODS = (2, 3, 4, 6, 8, 12, 16)
"""Pixels: what up-sampling by 2, 3 and their powers leaves. Each is a whole bin of a tile."""

_TILE = 96
_NYQUIST = _TILE // 2
_SPECTRUM = (_TILE, _NYQUIST + 1)
_WINDOW = np.outer(*[np.hanning(_TILE + 1)[:-1]] * 2).astype(np.float32)
_SMOOTH = 17  # pixels: what is coarser than the longest period is taken off
_STRONG = 24  # luma levels: more than that is content, not a faint pattern over it
_CROWDED = 0.5  # share of such pixels from which a tile says nothing
_BUSY = 0.35  # share of them from which nothing is said of a tile alone
_PRINT = 0.7  # share of them in a whole picture that is dots or lines itself, such as a halftone
_DOTS = 25.0  # luma levels of a line in crowded tiles, from which it is what crowds them …
_FEW_DOTS = 0.1  # … and share of the tiles that are crowded then
_LEAST = 0.35  # luma levels: a weaker line is not seen
_FAR = 5  # bins around a line that it is compared with
_LOWEST = 4  # bin: below it the content's own spectrum is too steep
_MIN_SHARE = 0.05  # of the tiles: a pattern on less is not told from texture
_RIVAL = 0.8  # of the line's z: a line off the lattice that rises so far is content

_Spectra = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class _Line:
    """A bin of the spectrum and the bins around it: ``y``, ``x`` and index arrays."""

    y: int
    x: int
    around: tuple[NDArray[np.intp], NDArray[np.intp]] = field(repr=False)

    @property
    def gain(self) -> float:
        """From a coefficient's magnitude to luma levels: a 2-D Hann window passes a quarter."""
        alone = self.y % _NYQUIST == 0 and self.x % _NYQUIST == 0  # its own mirror image
        return (1.0 if alone else 2.0) / (_TILE * _TILE * 0.25)


def measure_checkerboard(picture: Picture) -> Reading:
    """How far lines of whole periods rise over their neighbours in the spectrum.

    Tiles are transformed apart and their spectra added with their phase: a lattice that is exact
    to the pixel adds up, edges, texture, bricks and cloth do not, and neither do the blocks of
    JPEG, whose steps have no common sign. Added up over the whole picture, and over 3×3 tiles for
    a pattern that lies on a part of it. The log magnitude at a line is compared with the bins
    around it (median and MAD; on an axis with those of the axis), so that the content's own
    spectrum drops out. Native scale: a resized lattice has no whole period any more.

    A print's halftone is left out: its dots are stronger than any artifact. So is a picture with
    lines as strong beside the lattice, for they are a pattern of its own.
    """
    rows = max(1, -(-picture.size[0] // _TILE))
    columns = max(1, -(-picture.size[1] // _TILE))
    level = np.zeros((rows, columns), np.float32)
    overall, period = 0.0, 0
    for block in native_blocks(picture.grey.shape, most=4):
        found = look(picture.grey[block])
        top, left = block[0].start // _TILE, block[1].start // _TILE
        part = level[top : top + found.local.shape[0], left : left + found.local.shape[1]]
        part[:] = found.local[: part.shape[0], : part.shape[1]] / NOTICE
        if found.overall > overall:
            overall, period = found.overall, found.period
    if overall >= NOTICE:
        detail = f"period {period} pixels, over the whole picture"
        whole = Box(0, 0, picture.size[1], picture.size[0])
        finding = Measurement("CHECKERBOARD", finite(overall), CHECK, METHOD, whole, detail)
        return Reading((finding,), np.maximum(level, overall / NOTICE).astype(np.float32))
    regions = areas(level, picture.size, min_share=_MIN_SHARE)
    if not regions:
        value = finite(min(max(overall, 0.0), NOTICE))
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
            for area in regions
        ),
        level,
    )


@dataclass(frozen=True, slots=True)
class Lattice:
    """What one block of pixels holds.

    Attributes:
        overall: robust z of the strongest period over all of it, at least 0.
        period: which that is, pixels; 0 for none.
        local: ``float32 [H // 96, W // 96]``: the same of each tile with its neighbours.
    """

    overall: float
    period: int
    local: FloatMap = field(repr=False)


def look(grey: Grey) -> Lattice:
    """The lattices of a block: ``uint8 [H, W]``."""
    rows, columns = grey.shape[0] // _TILE, grey.shape[1] // _TILE
    nothing = Lattice(0.0, 0, np.zeros((rows, columns), np.float32))
    if rows * columns == 0:
        return nothing
    spectra, weights, crowd = _weighted_spectra(grey, rows, columns)
    if crowd.mean() > _PRINT or not weights.any():
        return nothing
    together = spectra.sum(axis=(0, 1)) / weights.sum()
    by_period = _period_z(together[None])[:, 0]
    best = int(np.argmax(by_period))
    told = float(by_period[best])
    if _has_rival(together, PERIODS[best], told) or (told >= NOTICE and _is_dots(grey, crowd)):
        return nothing
    spectra[crowd > _BUSY], weights[crowd > _BUSY] = 0, 0
    near = _near_means(spectra, weights).reshape(-1, *_SPECTRUM)
    local = _period_z(near).max(axis=0).reshape(rows, columns)
    return Lattice(told, PERIODS[best], local)


def _is_dots(grey: Grey, crowd: NDArray[np.float64]) -> bool:
    """Whether a lattice makes the strong contrasts: a faint one is as faint where they are.

    Args:
        grey: ``uint8 [H, W]``.
        crowd: share of strong pixels of each tile.
    """
    places = np.argwhere(crowd > _CROWDED) * _TILE
    if len(places) < _FEW_DOTS * crowd.size:
        return False
    lines = [line for groups in _LINES for group in groups for line in group]
    strength = []
    for y, x in places[:: max(1, len(places) // 16)]:
        tile = grey[y : y + _TILE, x : x + _TILE].astype(np.float32)
        spectrum = np.abs(scipy.fft.rfft2((tile - tile.mean()) * _WINDOW))
        strength.append(max(float(spectrum[line.y, line.x]) * line.gain for line in lines))
    return float(np.median(strength)) >= _DOTS


def _weighted_spectra(
    grey: Grey, rows: int, columns: int
) -> tuple[_Spectra, NDArray[np.float32], NDArray[np.float64]]:
    """Spectra of windowed tiles, ``complex64 [rows, columns, 96, 49]``, each times its weight.

    The quiet tiles tell most: a tile weighs as much as its variance is small, and nothing where
    strong contrasts crowd it.

    Returns:
        the spectra, the weights and the shares of strong pixels, ``[rows, columns]`` each.
    """
    pixels = grey[: rows * _TILE, : columns * _TILE]
    values = pixels.astype(np.float32)
    values -= cv2.boxFilter(pixels, cv2.CV_32F, (_SMOOTH, _SMOOTH))
    np.clip(values, -_STRONG, _STRONG, out=values)
    spectra = np.empty((rows, columns, *_SPECTRUM), np.complex64)
    weights, crowd = np.empty((rows, columns), np.float32), np.empty((rows, columns))
    for row in range(rows):  # a row of tiles at a time stays in the cache
        band = values[row * _TILE : (row + 1) * _TILE].reshape(_TILE, columns, _TILE)
        tiles = np.ascontiguousarray(band.transpose(1, 0, 2))
        crowd[row] = (np.abs(tiles) >= _STRONG).mean(axis=(1, 2))
        weights[row] = 1 / (tiles.var(axis=(1, 2)) + 2)
        weights[row, crowd[row] > _CROWDED] = 0
        tiles *= _WINDOW
        tiles *= weights[row, :, None, None]
        spectra[row] = scipy.fft.rfft2(tiles, overwrite_x=True)
    return spectra, weights, crowd


def _near_means(spectra: _Spectra, weights: NDArray[np.float32]) -> _Spectra:
    """Means over 3×3 neighbours, a row of tiles at a time; nothing beyond the edge."""
    real = spectra.view(np.float32)  # to divide complex numbers by real ones is slow
    means = np.empty_like(real)
    for row in range(len(real)):
        around = slice(max(0, row - 1), row + 2)
        weight = _with_neighbours(weights[around].sum(axis=0))
        total = _with_neighbours(real[around].sum(axis=0))
        np.multiply(total, 1 / np.maximum(weight, 1e-9)[:, None, None], out=means[row])
    return means.view(np.complex64)


def _with_neighbours(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each value with the one before it and the one after it."""
    total = values.copy()
    total[1:] += values[:-1]
    total[:-1] += values[1:]
    return total


def _line(y: int, x: int) -> _Line:
    """A line with its neighbours 2 to 5 bins away; those of the axis where it lies on one.

    Bins beyond the half plane of a real signal's spectrum are those at ``-x, -y``.
    """
    steps = np.arange(-_FAR, _FAR + 1)
    ys, xs = np.meshgrid(steps, steps, indexing="ij")
    near = np.maximum(np.abs(ys), np.abs(xs)) >= 2
    near &= (np.abs(ys) <= 1) | (y != 0)
    near &= (np.abs(xs) <= 1) | (x != 0)
    near &= (y + ys != 0) | (x + xs != 0)  # the mean is no line
    at_y, at_x = y + ys[near], x + xs[near]
    beyond = (at_x < 0) | (at_x > _NYQUIST)
    at_y = np.where(beyond, -at_y, at_y) % _TILE
    at_x = np.where(at_x < 0, -at_x, np.where(at_x > _NYQUIST, _TILE - at_x, at_x))
    return _Line(y, x, (at_y, at_x))


def _lattice_lines(period: int) -> tuple[tuple[_Line, ...], ...]:
    """The lines of a period: those on the axes, and those of a true checkerboard beside them."""
    bin_ = _TILE // period
    diagonal = [_line(bin_, bin_)] + ([_line(_TILE - bin_, bin_)] if period > 2 else [])
    return (_line(0, bin_), _line(bin_, 0)), tuple(diagonal)


_LINES = tuple(_lattice_lines(period) for period in PERIODS)
_RIVALS = tuple(
    (bin_, line)
    for bin_ in range(_LOWEST, _NYQUIST)
    for line in (_line(0, bin_), _line(bin_, 0), _line(bin_, bin_), _line(_TILE - bin_, bin_))
)


def _period_z(spectra: _Spectra) -> FloatMap:
    """The z of each period in each spectrum: ``[n, 96, 49]`` to ``float32 [periods, n]``, >= 0.

    Two lines that belong together count together: the sum of two z over the root of two is a z.
    """
    found = np.zeros((len(PERIODS), len(spectra)), np.float32)
    for period, groups in zip(found, _LINES, strict=True):
        for lines in groups:
            z = np.stack([_rise(spectra, line) for line in lines])
            both = z.sum(axis=0) / np.sqrt(len(lines))
            np.maximum(period, np.maximum(z.max(axis=0), both), out=period)
    return found


def _rise(spectra: _Spectra, line: _Line) -> FloatMap:
    """Robust z of a line's log magnitude among its neighbours; 0 where it is too faint to see."""
    z = np.zeros(len(spectra), np.float32)
    size = np.abs(spectra[:, line.y, line.x])
    seen = np.flatnonzero(size * line.gain >= _LEAST)
    if not len(seen):
        return z
    around = np.log(np.abs(spectra[seen[:, None], *line.around]) + 1e-3)
    middle = np.median(around, axis=1)
    spread = 1.4826 * np.median(np.abs(around - middle[:, None]), axis=1)
    z[seen] = (np.log(size[seen] + 1e-3) - middle) / np.maximum(spread, 0.5)
    return z


def _has_rival(spectrum: _Spectra, period: int, z: float) -> bool:
    """Whether a line off the lattice rises nearly as far: a pattern with a period of its own."""
    if z < NOTICE:
        return False
    base = _TILE // period
    return any(
        _rise(spectrum[None], line)[0] >= _RIVAL * z
        for bin_, line in _RIVALS
        if min(bin_ % base, base - bin_ % base) > 1
    )
