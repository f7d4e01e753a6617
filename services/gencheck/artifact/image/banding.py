"""BANDING: staircases of flat plateaus where a gradient should be smooth."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import CACHED, Picture, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.banding"
MIN_SIDE = 64
METHOD = Method(
    "contrast-aware multiscale banding index of staircases",
    "3",
    "Tandon et al., CAMBI: Contrast-aware multiscale banding index, PCS 2021; contrasts of 8-bit "
    "pictures, with a step up and a step down",
)
NOTICE = 1.5
"""Banding index from which a place stands out; fixed on training photos."""

_SIDE = 2048  # longest side looked at; larger pictures are decimated, which keeps plateaus flat
# Levels between neighbouring bands, from .. to; 8 bits alone make 1. Coarse steps are rounded, and
# differ by one: every two that do lie in one of these.
_CONTRASTS = (
    *((k, k) for k in range(3, 9)),
    *((k, k + 2) for k in range(9, 35, 2)),
)
# Up to here three levels make a staircase. Panels of a design are further apart, and three of them
# are as far apart by chance; four rarely are.
_SUBTLE = 8
_ROOM = 2 * _CONTRASTS[-1][1] + 1  # levels: how far the widest contrast looks, twice
_SCALES = 4  # each half of the one before
_CELL = 16
_CELLS = 5  # cells a side of the window: 80 pixels, CAMBI has 63
_FLAT = 24  # of the 49 pixels around that must equal their right and lower neighbours
_LEAST = 0.002  # of the pixels that must be flat for any to be looked at
_TOP = 24.0
_PLATEAU = 0.02  # of the flat pixels of a window: a level of fewer is no band
_GRID = 0.6  # of the level changes on one grid of 8 pixels: those are the flat blocks of a codec …
_FILLED = (
    0.15  # … where they stand along so much of that grid; one straight edge of a band does not
)


def measure_banding(picture: Picture) -> Reading:
    """The banding index (0 none .. 24) of each place, and the regions where it stands out.

    The index of a pixel says how much of the flat pixels around it share its level, and how much
    lie one contrast above *and* below it: the staircase of a gradient that was cut into too few
    levels. CAMBI asks for one of both; a flat drawing has that as well. Green, since levels are cut
    in each channel, and luma mixes the steps of three.
    """
    factor = max(1, math.ceil(max(picture.grey.shape) / _SIDE))
    held = picture.grey.shape[0]
    view = picture.grey if picture.transparent else picture.image.pixels[:held, :, 1]
    index = banding_index(np.ascontiguousarray(view[::factor, ::factor]), factor)
    height = math.ceil(picture.size[0] / factor / _CELL)
    width = math.ceil(picture.size[1] / factor / _CELL)
    level = np.zeros((height, width), np.float32)
    level[: index.shape[0], : index.shape[1]] = index / NOTICE
    found = areas(level, picture.size, min_share=0.01)
    if found:
        return Reading(tuple(_found(level, area) for area in found), level)
    value = finite(float(np.percentile(level, 95)) * NOTICE, high=_TOP)
    return Reading((Measurement("BANDING", value, CHECK, METHOD),), level)


def _found(level: FloatMap, area: Area) -> Measurement:
    value = finite(float(level[area.cells].mean()) * NOTICE, high=_TOP)
    detail = f"over {area.share:.0%} of the picture"
    return Measurement("BANDING", value, CHECK, METHOD, area.box, detail)


def banding_index(values: Grey, factor: int = 1) -> FloatMap:
    """The worst index of all scales: ``float32 [ceil(h / 16), ceil(w / 16)]``, 0..24.

    Args:
        values: ``uint8 [h, w]``, decimated by ``factor``.
        factor: native pixels a pixel, to know what 8 native pixels are.
    """
    shape = _cells(values.shape)
    worst = np.zeros(shape, np.float32)
    blocks = np.zeros(shape, np.bool_)
    for scale in range(_SCALES):
        if min(values.shape) < 2 * _CELL:
            break
        flat = flat_pixels(values)
        if cv2.countNonZero(flat) > _LEAST * flat.size:
            if scale == 0:
                blocks = codec_blocks(values, flat, factor)
            index = scale_index(values, flat)
            size = (shape[1], shape[0])
            larger = cv2.resize(index, size, interpolation=cv2.INTER_LINEAR)
            np.maximum(worst, larger, out=worst)
        values = np.ascontiguousarray(values[::2, ::2])  # as CAMBI: a mean would invent levels
    worst[blocks] = 0
    return worst


def _cells(shape: tuple[int, ...]) -> tuple[int, int]:
    return -(-shape[0] // _CELL), -(-shape[1] // _CELL)


def flat_pixels(values: Grey) -> Grey:
    """CAMBI's mask: where at least half of 7×7 pixels equal their right and lower neighbours."""
    out = np.empty(values.shape, np.uint8)
    height = values.shape[0]
    for strip in strips(values.shape, pixels=CACHED):
        top, end = max(strip.start - 3, 0), min(strip.stop + 3, height)
        calm = np.zeros((end - top, values.shape[1]), np.uint8)
        below = min(end + 1, height)
        inner = values[top : below - 1, :-1]
        calm[: len(inner), :-1] = inner == values[top : below - 1, 1:]
        calm[: len(inner), :-1] &= inner == values[top + 1 : below, :-1]
        count = cv2.boxFilter(calm, -1, (7, 7), normalize=False, borderType=cv2.BORDER_CONSTANT)
        out[strip] = np.asarray(count > _FLAT)[strip.start - top : strip.stop - top]
    return out


def scale_index(values: Grey, flat: Grey) -> FloatMap:
    """The index of each cell of 16×16 pixels of one scale: the mean over its pixels.

    With ``p(v)`` the share of the flat pixels in the window of 5×5 cells that have level ``v``, a
    flat pixel of level ``v`` counts with the largest ``log2(1 + k) · p(v) q / (p(v) + q)`` of all
    contrasts ``k``, where ``q`` is the lesser of ``p(v - k)`` and ``p(v + k)``, less the same of
    contrast 1 or 2: a gradient that has the levels in between is no staircase. Of coarse steps a
    fourth level in the row is asked for, two contrasts away.
    """
    rows, columns = _cells(values.shape)
    counts = _histograms(values, flat, rows, columns)
    window = _windows(counts).reshape(rows * columns, 256)
    counts = counts.reshape(window.shape)
    busy = np.flatnonzero(counts.any(axis=1))  # of a photo less than half of the cells
    window, counts = window[busy].astype(np.float32), counts[busy]
    flats = window.sum(axis=1)
    here = (counts > 0) & (window >= _PLATEAU * flats[:, None])
    cell, level = np.divmod(np.flatnonzero(here), 256)
    every = flats[cell]
    own, best = window[cell, level] / every, np.zeros(len(cell), np.float32)
    # Of each level how many are less, with room on both sides for what is beyond 0 and 255.
    below = np.zeros((len(window), 257 + 2 * _ROOM), np.float32)
    np.cumsum(window, axis=1, out=below[:, _ROOM + 1 : _ROOM + 257])
    below[:, _ROOM + 257 :] = below[:, _ROOM + 256, None]
    place = cell * below.shape[1] + level + _ROOM
    smooth = np.maximum(*(_both_beside(below, place, (k, k)) for k in (1, 2))) / every
    for contrast in _CONTRASTS:
        beside = _both_beside(below, place, contrast)
        if contrast[0] > _SUBTLE:
            beside = np.minimum(beside, _second(below, place, contrast))
        beside = np.maximum(beside / every - smooth, 0)
        weight = math.log2(1 + contrast[0])
        np.maximum(best, weight * own * beside / (own + beside), out=best)
    total = np.zeros(rows * columns)
    total[busy] = np.bincount(cell, best * counts[cell, level], len(busy))
    mean = total.reshape(rows, columns) / _CELL**2
    return np.minimum(mean * _TOP, _TOP).astype(np.float32)


def _both_beside(below: FloatMap, place: NDArray[np.intp], contrast: tuple[int, int]) -> FloatMap:
    """The lesser of what lies one contrast below and above; beyond 0 and 255 is nothing."""
    down, up = _sides(below, place, *contrast)
    return np.minimum(down, up)


def _second(below: FloatMap, place: NDArray[np.intp], contrast: tuple[int, int]) -> FloatMap:
    """The greater of what lies two contrasts below and above."""
    down, up = _sides(below, place, 2 * contrast[0], 2 * contrast[1])
    return np.maximum(down, up)


def _sides(
    below: FloatMap, place: NDArray[np.intp], low: int, high: int
) -> tuple[FloatMap, FloatMap]:
    """How many lie ``low`` to ``high`` levels below, and above.

    Args:
        below: how many of a window are less than each level.
        place: where in it the levels are.
    """
    flat = below.ravel()
    start, end, begin, stop = (flat.take(place + k) for k in (-high, 1 - low, low, high + 1))
    return end - start, stop - begin


def _histograms(values: Grey, flat: Grey, rows: int, columns: int) -> NDArray[np.uint16]:
    """How many flat pixels of each level each cell holds: ``[rows, columns, 256]``."""
    counts = np.zeros((rows, columns * 256), np.uint16)
    place = np.tile(np.arange(values.shape[1]) // _CELL * 256, _CELL)
    for row in range(rows):
        part = slice(row * _CELL, (row + 1) * _CELL)
        at = np.flatnonzero(flat[part].view(np.bool_))  # few of a photo
        bins = values[part].ravel()[at] + place[at]
        counts[row] = np.bincount(bins, minlength=columns * 256)
    return counts.reshape(rows, columns, 256)


def _windows(counts: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Sums over 5×5 cells around each, beyond the border nothing."""
    rows, columns, levels = counts.shape
    reach = _CELLS // 2
    down = np.zeros((columns + 2 * reach, levels), np.uint16)
    out = np.zeros_like(counts)
    for row in range(rows):  # a row of cells at a time stays in the cache
        near = counts[max(0, row - reach) : row + reach + 1]
        np.sum(near, axis=0, dtype=np.uint16, out=down[reach : reach + columns])
        for step in range(_CELLS):
            out[row] += down[step : step + columns]
    return out


def codec_blocks(values: Grey, flat: Grey, factor: int = 1) -> NDArray[np.bool_]:
    """Cells around which flat pixels change their level mostly on one grid of 8 native pixels.

    Args:
        values: ``uint8 [h, w]``, decimated by ``factor``.
        flat: its flat pixels.
    """
    shape = _cells(values.shape)
    period = 8 // factor
    if period < 4:
        return np.zeros(shape, np.bool_)
    sums = np.zeros((*shape, 3), np.float32)  # of changes, of those on the grid, of its pixels
    for down in (False, True):
        seen, calm = (_turned(a) if down else a for a in (values, flat))
        changes, pixels = _by_phase(seen, calm, period)
        phase = int(changes.sum(axis=(0, 1)).argmax())
        parts = np.stack([changes.sum(axis=2), changes[:, :, phase], pixels[:, :, phase]], axis=2)
        sums += parts.transpose(1, 0, 2) if down else parts
    around = (_CELLS, _CELLS)
    near = cv2.boxFilter(sums, -1, around, normalize=False, borderType=cv2.BORDER_CONSTANT)
    every, on_grid, places = (near[:, :, k] for k in range(3))
    blocks: NDArray[np.bool_] = on_grid >= np.maximum(_GRID * every, _FILLED * places)
    return blocks & (on_grid > 0)


def _turned(values: Grey) -> Grey:
    return np.asarray(cv2.transpose(values), np.uint8)


def _by_phase(values: Grey, flat: Grey, period: int) -> tuple[FloatMap, FloatMap]:
    """Sums in each cell over columns of each phase, of changes and of flat pixels.

    A pixel that differs from its left neighbour is a change where one of both is flat.

    Returns:
        ``float32 [rows, columns, period]`` each.
    """
    (rows, columns), width = _cells(values.shape), values.shape[1]
    sums = np.zeros((2, rows, columns * _CELL), np.float32)
    for strip in strips(values.shape, align=_CELL, pixels=CACHED):
        here, calm = values[strip], flat[strip]
        changes = (here[:, 1:] != here[:, :-1]).view(np.uint8)
        changes &= calm[:, 1:] | calm[:, :-1]
        for top in range(0, len(here), _CELL):
            row, part = (strip.start + top) // _CELL, slice(top, top + _CELL)
            sums[0, row, 1:width] = changes[part].sum(axis=0, dtype=np.uint8)
            sums[1, row, :width] = calm[part].sum(axis=0, dtype=np.uint8)
    phases = sums.reshape(2, rows, columns, -1, period).sum(axis=3)
    return phases[0], phases[1]
