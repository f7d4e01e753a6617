"""Halos: what a filter left on both sides of every edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.edges import CELL, Edges, pooled
from gencheck.artifact.reading import FloatMap

_REACH = 14  # pixels to either side of an edge
_FLAT_FROM = 5  # pixels from the edge at which its sides should have settled
_NEAR = 7  # pixels within which a halo falls off; what goes on beyond are the dots of a print
_MOST = 9_000  # profiles of one block of the picture
_STEP = 30  # luma levels between both sides of an edge that counts
_SETTLED = 0.25  # share of an edge that is left of it where its sides have settled
_GRAIN = 16  # luma levels of unrest that every edge is granted: high steps are judged first
_CALMEST = 0.12  # share of the edges that is judged: the most isolated ones
_STEPS = 0.05  # least share of the edges that are steps: what is drawn in strokes has no sides
_FEWEST = 60  # edges that make a mean
_ROOM = 0.15  # of a step: nearer to black or white a halo would be cut off …
_ROOMY = 0.3  # … and such edges do not count if there is this share of others
_STEEP = 0.2  # of the step between two pixels: one profile must not decide a mean
_GOES_ON = 0.2  # of the step: more change beyond a halo's reach is a pattern
_SIDES = 1.4  # times the lesser of both sides that count: an outline has one side


def overshoot(edges: Edges) -> tuple[FloatMap, float]:
    """How far the mean profile of isolated edges swings beyond its sides, 0..1 of the step.

    Returns:
        ``float32 [ceil(H / 64), ceil(W / 64)]``, and the value of all edges together; 0 where
        there are too few edges.
    """
    y, x, profiles = _profiles(edges)
    bright, dark = profiles[_REACH:], profiles[_REACH::-1]
    settled = bright[_FLAT_FROM:].mean(axis=0) - dark[_FLAT_FROM:].mean(axis=0)
    kept = _isolated(bright, dark, settled)
    share = np.maximum(settled[kept], 1)
    fall_high = np.clip(np.diff(bright[:, kept], axis=0) / share, -_STEEP, _STEEP)
    fall_low = np.clip(-np.diff(dark[:, kept], axis=0) / share, -_STEEP, _STEEP)
    falls = np.concatenate([np.ones((1, len(share))), fall_high, fall_low])
    sums = np.zeros((*edges.cells, len(falls)))
    np.add.at(sums, (y[kept] // CELL, x[kept] // CELL), falls.T)
    return _swing(pooled(sums)), float(_swing(sums.sum(axis=(0, 1))))


def _isolated(bright: FloatMap, dark: FloatMap, settled: FloatMap) -> NDArray[np.bool_]:
    """The edges with the calmest sides, ``bool [n]``; none where most are strokes.

    Args:
        bright, dark: ``float32 [15, n]`` luma on either side, from the edge on.
        settled: ``float32 [n]``: how far both sides are apart in the end.
    """
    high, low = bright[_FLAT_FROM:], dark[_FLAT_FROM:]
    step = bright[1:4].max(axis=0) - dark[1:4].min(axis=0)
    out = np.zeros(step.shape, np.bool_)
    # Of a stroke both sides settle at one level; of a soft edge the step is not yet all of it.
    tall = step >= _STEP
    is_step = tall & (settled >= _SETTLED * step) & (step >= 0.7 * settled)
    if is_step.sum() < max(_FEWEST, _STEPS * tall.sum()):
        return out
    room = _ROOM * settled
    roomy = is_step & (high.mean(axis=0) + room <= 255) & (low.mean(axis=0) >= room)
    places = np.flatnonzero(roomy if roomy.sum() >= _ROOMY * is_step.sum() else is_step)
    spread = high[:, places].std(axis=0) + low[:, places].std(axis=0)
    unrest = (spread + _GRAIN) / step[places]
    count = min(len(places), max(_FEWEST, round(_CALMEST * len(places))))
    out[places[np.argsort(unrest, kind="stable")[:count]]] = True
    return out


def _swing(sums: NDArray[np.float64]) -> FloatMap:
    """The overshoot of mean profiles: ``[..., 1 + 2 * 14]`` counts and falls → ``[...]``."""
    count = sums[..., :1]
    mean = (sums[..., 1:] / np.maximum(count, 1)).reshape(*sums.shape[:-1], 2, _REACH)
    # From the second pixel on: the first still belongs to the edge.
    sides = -np.minimum(mean[..., 1:_NEAR], 0).sum(axis=-1)
    both = np.minimum(sides.mean(axis=-1), _SIDES * sides.min(axis=-1))
    goes_on = np.abs(mean[..., _NEAR + 1 :]).sum(axis=-1).mean(axis=-1) > _GOES_ON
    return np.where((count[..., 0] >= _FEWEST) & ~goes_on, both, 0).astype(np.float32)


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
