"""RINGING: halos along edges, from sharpening or cut spectra, and ripples, from compression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.grid import best_phase
from gencheck.artifact.image.picture import CACHED, Picture, native_blocks, strips
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.ringing"
MIN_SIDE = 96
METHOD = Method(
    "overshoot of the mean edge profile; ripple bounded by the block of its edge",
    "1",
    "after Marziliano et al., Perceptual blur and ringing metrics, Signal Processing: Image "
    "Communication 19, 2004; with controls on the same edges instead of a reference",
)
OVERSHOOT = 0.12
"""Overshoot, as a share of the step, from which halos stand out; fixed on training photos, of which
every hundredth was sharpened further in the camera."""
RIPPLE = 1.5
"""Ripple of a whole picture in 8-bit levels from which it stands out; fixed on training photos."""
RIPPLE_OF_PLACE = 2.6
"""The same of a place: there are fewer edges to judge by."""

_CELL = 64  # pixels; three cells a side are judged together
_REACH = 14  # pixels to either side of an edge
_FLAT_FROM = 5  # pixels from the edge at which its sides should have settled
_EDGE = (60, 160)  # Sobel magnitudes (|dx| + |dy|) of Canny's two thresholds
_STRONG = 300  # the same of an edge beside which compression rings
_MOST = 9_000  # profiles of one block of the picture
_STEP = 30  # luma levels between both sides of an edge that counts
_GRAIN = 16  # luma levels of unrest that every edge is granted: high steps are judged first
_CALMEST = 0.2  # share of the edges that is judged: the most isolated ones
_STEPS = 0.08  # least share of the edges that are steps: what is drawn in strokes has no sides
_FEWEST = 60  # edges that make a mean
_STEEP = 0.3  # of the step between two pixels: one profile must not decide a mean
_LOUD = 12  # luma levels of ripple that count at most: above is structure
_PIXELS = 800  # pixels of each kind that make a mean

T = TypeVar("T", np.float32, np.float64)


def measure_ringing(picture: Picture) -> Reading:
    """How strong halos and ripples are, where 1 is what stands out from photos.

    *Halos*: the mean profile across the most isolated edges of the picture. Texture beside edges
    differs from edge to edge and averages out; what a filter left is the same at each, falls off
    beyond the edge on both sides, and is measured as a share of the step. A filter works on all of
    a picture: halos are judged as a whole, and located where there are any.
    *Ripples*: the fine activity 3 to 7 pixels from a strong edge, within the 8×8 blocks that hold
    the edge, less that at the same distance in blocks that do not; the same difference for a grid
    half a block away, which no codec used, is taken off. Native scale; a large picture is sampled.
    """
    level = np.zeros([-(-side // _CELL) for side in picture.size], np.float32)
    halo, rippled = 0.0, 0.0
    for block in native_blocks(picture.grey.shape, most=3):
        grey = np.ascontiguousarray(picture.grey[block])
        if min(grey.shape) < MIN_SIDE:
            continue
        edges = Edges.of(grey)
        (halos, halo_here), (ripples, ripple_here) = overshoot(edges), ripple(edges)
        halo, rippled = max(halo, halo_here), max(rippled, ripple_here)
        local = np.maximum(ripples / RIPPLE_OF_PLACE, halos / OVERSHOOT * (halo_here >= OVERSHOOT))
        top, left = block[0].start // _CELL, block[1].start // _CELL
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


@dataclass(frozen=True, slots=True)
class Edges:
    """A picture and its edges.

    Attributes:
        grey: ``uint8 [H, W]``.
        y, x: ``int [n]``, the pixels of edges, which are one pixel thin.
        dx, dy: ``float32 [n]``, Sobel derivatives there.
    """

    grey: Grey
    y: NDArray[np.intp]
    x: NDArray[np.intp]
    dx: FloatMap
    dy: FloatMap

    @classmethod
    def of(cls, grey: Grey) -> Edges:
        """Those that Canny finds."""
        dx, dy = cv2.Sobel(grey, cv2.CV_16S, 1, 0), cv2.Sobel(grey, cv2.CV_16S, 0, 1)
        flat = np.flatnonzero(cv2.Canny(dx, dy, *_EDGE).view(np.bool_))
        y, x = np.divmod(flat, grey.shape[1])
        right, down = (steps.ravel()[flat].astype(np.float32) for steps in (dx, dy))
        return cls(grey, y, x, right, down)

    @property
    def cells(self) -> tuple[int, int]:
        """Rows and columns of cells of 64×64 pixels."""
        return -(-self.grey.shape[0] // _CELL), -(-self.grey.shape[1] // _CELL)


def overshoot(edges: Edges) -> tuple[FloatMap, float]:
    """How far the mean profile of isolated edges swings beyond its sides, 0..1 of the step.

    Returns:
        ``float32 [ceil(H / 64), ceil(W / 64)]``, and the value of all edges together; 0 where
        there are too few edges.
    """
    y, x, profiles = _profiles(edges)
    bright, dark = profiles[_REACH:], profiles[_REACH::-1]
    step = bright[1:4].max(axis=0) - dark[1:4].min(axis=0)
    kept = _isolated(bright[_FLAT_FROM:], dark[_FLAT_FROM:], step)
    share = step[kept]
    fall_high = np.clip(np.diff(bright[:8, kept], axis=0) / share, -_STEEP, _STEEP)
    fall_low = np.clip(-np.diff(dark[:8, kept], axis=0) / share, -_STEEP, _STEEP)
    falls = np.concatenate([np.ones((1, len(share))), fall_high, fall_low])
    sums = np.zeros((*edges.cells, len(falls)))
    np.add.at(sums, (y[kept] // _CELL, x[kept] // _CELL), falls.T)
    return _swing(_pooled(sums)), float(_swing(sums.sum(axis=(0, 1))))


def _isolated(high: FloatMap, low: FloatMap, step: FloatMap) -> NDArray[np.bool_]:
    """The edges with the calmest sides, ``bool [n]``; none where most are strokes.

    Args:
        high, low: ``float32 [10, n]`` luma on either side.
        step: ``float32 [n]``.
    """
    settled = high.mean(axis=0) - low.mean(axis=0)
    # Of a stroke both sides settle at one level; of a soft edge the step is not yet all of it.
    tall = step >= _STEP
    is_step = tall & (settled >= 0.5 * step) & (step >= 0.7 * settled)
    if is_step.sum() < max(_FEWEST, _STEPS * tall.sum()):
        return np.zeros(step.shape, np.bool_)
    places = np.flatnonzero(is_step)
    spread = high[:, places].std(axis=0) + low[:, places].std(axis=0)
    unrest = (spread + _GRAIN) / step[places]
    out = np.zeros(step.shape, np.bool_)
    out[places[unrest <= np.quantile(unrest, _CALMEST)]] = True
    return out


def _swing(sums: NDArray[np.float64]) -> FloatMap:
    """The overshoot of mean profiles: ``[..., 1 + 2 * 7]`` counts and falls → ``[...]``."""
    count = sums[..., :1]
    mean = sums[..., 1:] / np.maximum(count, 1)
    half = mean.shape[-1] // 2
    # From the second pixel on: the first still belongs to the edge.
    high = -np.minimum(mean[..., 1:half], 0).sum(axis=-1)
    low = -np.minimum(mean[..., half + 1 :], 0).sum(axis=-1)
    both = np.minimum((high + low) / 2, 2 * np.minimum(high, low))  # an outline has one side
    return np.where(count[..., 0] >= _FEWEST, both, 0).astype(np.float32)


def _profiles(edges: Edges) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatMap]:
    """Luma along the gradient through edges, dark to bright: ``y``, ``x``, ``[29, n]``."""
    rim = _REACH + 1
    height, width = edges.grey.shape
    inner = (edges.y >= rim) & (edges.y < height - rim)
    inner &= (edges.x >= rim) & (edges.x < width - rim)
    places = np.flatnonzero(inner)
    places = places[:: max(1, -(-len(places) // _MOST))]
    y, x = edges.y[places], edges.x[places]
    right, down = edges.dx[places], edges.dy[places]
    length = np.maximum(np.hypot(right, down), 1)
    away = np.arange(-_REACH, _REACH + 1, dtype=np.float32)[:, None]
    at_x = x.astype(np.float32) + right / length * away
    at_y = y.astype(np.float32) + down / length * away
    values = cv2.remap(edges.grey, at_x, at_y, cv2.INTER_LINEAR) if len(places) else at_x
    return y, x, np.asarray(values, np.float32)


def ripple(edges: Edges) -> tuple[FloatMap, float]:
    """Fine activity beside strong edges that ends where their 8×8 blocks end, in luma levels.

    Returns:
        ``float32 [ceil(H / 64), ceil(W / 64)]``, and that of the whole; 0 where there is nothing
        to compare.
    """
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
    local = _excess(_pooled(on)) - np.maximum(_excess(_pooled(off)), 0)
    return np.asarray(np.maximum(local, 0), np.float32), max(float(whole), 0.0)


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


def _pooled(sums: NDArray[T]) -> NDArray[T]:
    """Sums over 3×3 cells, a channel at a time (OpenCV filters at most four at once)."""
    box = np.empty_like(sums)
    for channel in range(sums.shape[2]):
        one = np.ascontiguousarray(sums[:, :, channel])
        box[:, :, channel] = cv2.boxFilter(
            one, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT
        )
    return box


def _excess(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more active a pixel is in the blocks with an edge; 0 where either kind is rare."""
    enough = np.minimum(sums[..., 1], sums[..., 3]) >= _PIXELS
    within = sums[..., 0] / np.maximum(sums[..., 1], 1)
    beyond = sums[..., 2] / np.maximum(sums[..., 3], 1)
    return np.asarray(np.where(enough, within - beyond, 0), np.float32)
