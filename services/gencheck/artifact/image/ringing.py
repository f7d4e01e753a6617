"""RINGING: halos along edges, from sharpening or cut spectra, and ripples, from compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.edges import CELL, Edges, pooled
from gencheck.artifact.image.grid import best_phase
from gencheck.artifact.image.halos import overshoot
from gencheck.artifact.image.picture import CACHED, Picture, native_blocks, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.ringing"
MIN_SIDE = 96
METHOD = Method(
    "overshoot of the mean edge profile; ripple bounded by the block of its edge",
    "2",
    "after Marziliano et al., Perceptual blur and ringing metrics, Signal Processing: Image "
    "Communication 19, 2004; with controls on the same edges instead of a reference",
)
OVERSHOOT = 0.155
"""Overshoot, as a share of the step, from which halos stand out; fixed on training photos, of which
every hundredth was sharpened further in the camera."""
RIPPLE = 1.5
"""Ripple of a whole picture in 8-bit levels from which it stands out; fixed on training photos."""
RIPPLE_OF_PLACE = 2.6
"""The same of a place: there are fewer edges to judge by."""

_STRONG = 300  # Sobel magnitude (|dx| + |dy|) of an edge beside which compression rings
_LINE = 0.1  # share of a side that has an edge in a column (row) of edges
_LINES = 24  # of so many of them …
_IN_STEP = 0.22  # … the chance that two are at one phase of eight; 1/8 where they stand anywhere
_LOUD = 12  # luma levels of ripple that count at most: above is structure
_PIXELS = 800  # pixels of each kind that make a mean


def measure_ringing(picture: Picture) -> Reading:
    """How strong halos and ripples are, where 1 is what stands out from photos.

    *Halos*: the mean profile across the most isolated edges of the picture. Texture beside edges
    differs from edge to edge and averages out; what a filter left is the same at each, falls off
    beyond the edge on both sides, and is measured as a share of the step. A filter works on all of
    a picture: halos are judged as a whole, and located where there are any.
    *Ripples*: the fine activity 3 to 7 pixels from a strong edge, within the 8×8 blocks that hold
    the edge, less that at the same distance in blocks that do not; the same difference for a grid
    half a block away, which no codec used, is taken off. Walls whose joints lie in steps of eight
    pixels are not judged by it. Native scale; a large picture is sampled.
    """
    level = np.zeros([-(-side // CELL) for side in picture.size], np.float32)
    halo, rippled = 0.0, 0.0
    for block in native_blocks(picture.grey.shape, most=3):
        grey = np.ascontiguousarray(picture.grey[block])
        if min(grey.shape) < MIN_SIDE:
            continue
        edges = Edges.of(grey)
        (halos, halo_here), (ripples, ripple_here) = overshoot(edges), ripple(edges)
        halo, rippled = max(halo, halo_here), max(rippled, ripple_here)
        local = np.maximum(ripples / RIPPLE_OF_PLACE, halos / OVERSHOOT * (halo_here >= OVERSHOOT))
        top, left = block[0].start // CELL, block[1].start // CELL
        level[top : top + local.shape[0], left : left + local.shape[1]] = local
    detail = f"edges swing beyond by {halo:.0%} of their step, ripples of {rippled:.1f} levels"
    value = finite(max(halo / OVERSHOOT, rippled / RIPPLE))
    measurements = [_found(level, area) for area in areas(level, picture.size, min_share=0.02)]
    if value >= 1 or not measurements:
        whole = Measurement("RINGING", value, CHECK, METHOD, detail=detail)
        measurements.insert(0, whole)
    return Reading(tuple(measurements), level)


def _found(level: FloatMap, area: Area) -> Measurement:
    value = finite(float(level[area.cells].mean()))
    detail = f"over {area.share:.0%} of the picture"
    return Measurement("RINGING", value, CHECK, METHOD, area.box, detail)


def ripple(edges: Edges) -> tuple[FloatMap, float]:
    """Fine activity beside strong edges that ends where their 8×8 blocks end, in luma levels.

    Returns:
        ``float32 [ceil(H / 64), ceil(W / 64)]``, and that of the whole; 0 where there is nothing
        to compare.
    """
    if _is_in_steps(edges):
        return np.zeros(edges.cells, np.float32), 0.0
    steep = np.abs(edges.dx) + np.abs(edges.dy) >= _STRONG
    y, x = edges.y[steep], edges.x[steep]
    strong = np.zeros(edges.grey.shape, np.uint8)
    strong[y, x] = 1
    near = cv2.dilate(strong, np.ones((15, 15), np.uint8))
    ring = np.asarray(near - cv2.dilate(strong, np.ones((5, 5), np.uint8)), np.uint8)
    row, column = best_phase(edges.grey)
    fine = np.multiply(_fine(edges.grey), ring)
    parts = _quarters(fine, np.multiply(ring, np.uint8(240), out=ring), row % 4, column % 4)
    down, right = (y - row % 4) // 4, (x - column % 4) // 4
    inside = (down >= 0) & (right >= 0) & (down < parts.shape[1]) & (right < parts.shape[2])
    parts[2, down[inside], right[inside]] = 1
    first = (row // 4, column // 4)
    on = _beside(parts, first, edges.cells)
    off = _beside(parts, ((first[0] + 1) % 2, (first[1] + 1) % 2), edges.cells)
    whole = _excess(on.sum(axis=(0, 1))) - np.maximum(_excess(off.sum(axis=(0, 1))), 0)
    local = _excess(pooled(on)) - np.maximum(_excess(pooled(off)), 0)
    return np.asarray(np.maximum(local, 0), np.float32), max(float(whole), 0.0)


def _is_in_steps(edges: Edges) -> bool:
    """Whether the edges stand where blocks end: what ends there ends with them."""
    height, width = edges.grey.shape
    right, down = np.abs(edges.dx), np.abs(edges.dy)
    for along, places, side in ((right > down, edges.x, height), (down > right, edges.y, width)):
        counts = np.bincount(places[along])
        lines = np.flatnonzero(counts >= _LINE * side)
        phases = np.bincount(lines % 8, counts[lines], minlength=8)
        if len(lines) >= _LINES and (phases**2).sum() >= _IN_STEP * phases.sum() ** 2:
            return True
    return False


def _fine(grey: Grey) -> Grey:
    """What stands out of the mean of 3×3 pixels: ``uint8 [H, W]`` in 1/18 luma levels."""
    out = np.empty(grey.shape, np.uint8)
    for strip in strips(grey.shape, pixels=CACHED):
        above = min(strip.start, 1)
        view = grey[strip.start - above : strip.stop + 1]
        nine = np.multiply(view, np.int16(9), dtype=np.int16)
        sums = cv2.boxFilter(view, cv2.CV_16S, (3, 3), normalize=False)
        fine = cv2.convertScaleAbs(cv2.subtract(nine, sums), alpha=2)
        out[strip] = np.minimum(fine, 18 * _LOUD)[above : above + strip.stop - strip.start]
    return out


def _quarters(fine: Grey, ring: Grey, top: int, left: int) -> FloatMap:
    """Sums over 4×4 pixels, a quarter of a block: activity, pixels, and room for a third.

    Args:
        fine: in 1/18 luma levels, 0 outside the ring.
        ring: 240 inside the ring, which 16 divides.

    Returns:
        ``float32 [3, (H - top) // 4, (W - left) // 4]``.
    """
    rows, columns = (ring.shape[0] - top) // 4, (ring.shape[1] - left) // 4
    out = np.zeros((3, rows, columns), np.float32)
    for index, (values, one) in enumerate(((fine, 18), (ring, 240))):
        part = values[top : top + rows * 4, left : left + columns * 4]
        out[index] = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
        out[index] *= 16 / one
    return out


def _beside(
    quarters: FloatMap, first: tuple[int, int], cells: tuple[int, int]
) -> NDArray[np.float32]:
    """Sums a cell, for blocks with an edge and without: ``[r, c, 4]`` (activity, pixels, twice).

    Args:
        quarters: activity, pixels and edge pixels of each quarter of a block.
        first: the quarter that begins a block, 0 or 1, down and across.
    """
    part = quarters[:, first[0] :, first[1] :]
    rows, columns = part.shape[1] // 2, part.shape[2] // 2
    whole = part[:, : rows * 2, : columns * 2]
    halves = whole[:, ::2] + whole[:, 1::2]
    activity, pixels, strong = halves[:, :, ::2] + halves[:, :, 1::2]
    holds = strong > 0
    kinds = [activity * holds, pixels * holds, activity * ~holds, pixels * ~holds]
    tall, wide = cells
    padded = np.zeros((tall * 8, wide * 8, 4), np.float32)
    padded[:rows, :columns] = np.stack(kinds, axis=2)
    down = padded.reshape(tall, 8, wide * 32).sum(axis=1)
    return np.asarray(down.reshape(tall, wide, 8, 4).sum(axis=2), np.float32)


def _excess(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more active a pixel is in the blocks with an edge; 0 where either kind is rare."""
    enough = np.minimum(sums[..., 1], sums[..., 3]) >= _PIXELS
    within = sums[..., 0] / np.maximum(sums[..., 1], 1)
    beyond = sums[..., 2] / np.maximum(sums[..., 3], 1)
    return np.asarray(np.where(enough, within - beyond, 0), np.float32)
