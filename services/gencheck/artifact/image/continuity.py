"""Whether a picture goes on across a line: by a step that its texture crosses, or displaced."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap, Grey

_MOST = 20.0  # luma levels: a higher step is an edge, whatever lies beside it
_CONTINUES = 0.7  # of the usual likeness of neighbouring columns, across the line
_GAPS = 0.06  # share of a line at which its step may be missing without a reason
_BLACK, _WHITE = 8, 247  # luma levels beyond which a step may be cut off
_LAGS = 10  # pixels along the line by which the other side may be displaced
_ONCE = 0.8  # of its likeness: what is as alike at another displacement is a pattern
_TREND = 17  # pixels along the line: coarser differences do not count as texture


@dataclass(frozen=True, slots=True)
class Demands:
    """What is asked of a line before it is a seam; fixed on training photos.

    Attributes:
        sure: its step, in standard deviations of the lines beside it.
        steady: its step, over how much it varies along the line: an edge of a thing comes and goes.
        proof: likeness a level: the higher a step, the better the texture must cross it.
        likeness: of neighbouring columns, for a displacement to be told.
        match: of that, for both sides of a displacement.
        alone: how far steps beside it may be as large as its own.
        off_grid: how much it exceeds the lines a block away.
        displaced: how many lines are looked at for a displacement.
    """

    sure: float
    steady: float
    proof: float
    likeness: float
    match: float
    alone: float
    off_grid: float
    displaced: int


WHOLE = Demands(3.5, 0.9, 0.02, 0.25, 0.7, 0.95, 1.0, 12)
"""Of a line from border to border: hardly a thing has such an edge."""
PART = Demands(5.5, 1.6, 0.05, 0.4, 0.85, 0.8, 1.15, 6)
"""Of a line that ends within the picture."""


def step(band: Grey, demands: Demands) -> float:
    """The height of a step that the texture crosses, 8-bit levels; 0 where it is none.

    Args:
        band: ``uint8 [n, 20]``: ten columns on either side of the line.
    """
    near = band.astype(np.float32)
    steps = np.diff(near, axis=1)
    kinks = steps[:, 1:-1] - 0.5 * (steps[:, :-2] + steps[:, 2:])
    middle = np.median(kinks, axis=0)
    here = 8  # of the kinks, whose first lies at the second step
    height = float(middle[here])
    others = np.delete(np.arange(len(middle)), [here - 1, here, here + 1])
    if abs(height) >= _MOST or np.abs(middle[others]).max() >= 0.5 * abs(height):
        return 0.0
    spread = 1.4826 * np.median(np.abs(kinks - middle), axis=0)
    soft = np.abs(np.median(steps[:, [here, here + 2]], axis=0)).max()
    slope = np.median((near[:, 15] - near[:, 12]) + (near[:, 7] - near[:, 4])) / 6
    stays = float(np.median(near[:, 12] - near[:, 7])) - 2.5 * 2 * float(slope)
    usual = float(np.median(spread[others]))
    is_step = (
        usual >= 0.5  # drawn, not taken: flat fields may meet at any step
        and 0.5 < stays * np.sign(height) / max(abs(height), 1e-3) < 1.8  # and no thin line
        and soft < 0.6 * abs(height)
        and spread[here] < 2 * usual + 0.5
        and _all_along(kinks - middle, height, near)
        and _is_crossed(near, demands.proof * abs(height))
    )
    return abs(height) if is_step else 0.0


def _is_crossed(near: FloatMap, proof: float) -> bool:
    """Whether the texture on both sides of the line is as alike as beside it."""
    flat = _texture(near)
    alike = _likeness(flat, 0)[0]
    return alike >= proof and bool(_by_lag(flat[:, 9:11])[_LAGS] > _CONTINUES * alike)


def _all_along(kinks: FloatMap, height: float, near: FloatMap) -> bool:
    """Whether the step is missing at no more places than texture hides it.

    The gaps between things in a row have none. Where black or white is reached, none can be seen.

    Args:
        kinks: ``float32 [n, 17]`` less the median of each column; the line's is the ninth.
        near: ``float32 [n, 20]``: the pixels.
    """
    seen = (near[:, 9:11].min(axis=1) > _BLACK) & (near[:, 9:11].max(axis=1) < _WHITE)
    if not seen.any():
        return False
    missing = np.mean(kinks[seen, 8] * np.sign(height) < -0.7 * abs(height))
    by_chance = np.mean(np.abs(kinks[seen][:, [*range(7), *range(10, 17)]]) > 0.7 * abs(height))
    return bool(missing <= by_chance + _GAPS)


def displacement(band: Grey, demands: Demands) -> int:
    """By how many pixels the far side is displaced along the line; 0 where that cannot be told.

    Args:
        band: ``uint8 [n, 20]``: ten columns on either side of the line.
    """
    near = band.astype(np.float32)
    if len(near) < 5 * _LAGS:
        return 0
    by_lag = _by_lag(_texture(near[:, 9:11]))
    shift = int(np.argmax(by_lag)) - _LAGS
    best, unmoved = float(by_lag.max()), float(by_lag[_LAGS])
    if abs(shift) < 2 or best - unmoved < 0.3:
        return 0
    flat = _texture(near)
    usual, lowest, usual_there = _likeness(flat, shift)
    elsewhere = by_lag[np.abs(np.arange(len(by_lag)) - _LAGS - shift) > 3]
    told = (
        usual >= demands.likeness
        and best >= demands.match * usual
        and best - usual_there >= 0.15
        and lowest >= 0.5 * usual  # in a print every few columns break like that …
        and np.abs(elsewhere).max() < _ONCE * best  # … and stripes resemble themselves moved
        and min(unmoved, usual_there) >= -0.45
    )
    return shift if told and _halves_agree(flat[:, 9:11], shift) else 0


def _texture(near: FloatMap) -> FloatMap:
    """Each column less its trend along the line."""
    return np.asarray(near - cv2.blur(near, (1, _TREND)), np.float32)


def _halves_agree(sides: FloatMap, shift: int) -> bool:
    """Whether both halves of a line are displaced so: chance does not find the same shift twice."""
    middle, index = len(sides) // 2, shift + _LAGS
    for half in (sides[:middle], sides[middle:]):
        by_lag = _by_lag(half)
        if by_lag[max(0, index - 1) : index + 2].max() < by_lag[_LAGS] + 0.15:
            return False
    return True


def _by_lag(sides: FloatMap) -> NDArray[np.float64]:
    """Correlation of both sides of the line, the far one moved along it by -10 .. 10 pixels.

    Args:
        sides: ``float32 [n, 2]``: the columns before and after the line.
    """
    near, far = sides.T.astype(np.float64)
    near = near[_LAGS:-_LAGS] - near[_LAGS:-_LAGS].mean()
    total, squares = (_windows(values, len(near)) for values in (far, far * far))
    norm = np.sqrt(np.maximum(squares - total**2 / len(near), 0) * (near @ near))
    return np.asarray(np.correlate(far, near, "valid") / (norm + 1e-3), np.float64)


def _windows(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Sums of so many neighbours, for each first one."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(total[length:] - total[:-length], np.float64)


def _likeness(flat: FloatMap, lag: int) -> tuple[float, float, float]:
    """Of neighbouring columns beside the line: usual and low correlation, and that when moved."""
    columns = [column for column in range(flat.shape[1] - 1) if abs(column - 9) >= 2]
    stop = len(flat) - _LAGS
    here = flat[_LAGS:stop, columns].T
    next_to = flat[:, [column + 1 for column in columns]].T
    unmoved = _correlations(here, next_to[:, _LAGS:stop])
    moved = _correlations(here, next_to[:, _LAGS + lag : stop + lag])
    return float(np.median(unmoved)), float(np.quantile(unmoved, 0.1)), float(np.median(moved))


def _correlations(first: FloatMap, second: FloatMap) -> NDArray[np.float64]:
    """Of each row of one array with that of the other: ``float64 [n]``."""
    first = first - first.mean(axis=1, keepdims=True)
    second = second - second.mean(axis=1, keepdims=True)
    norm = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    return np.asarray((first * second).sum(axis=1) / (norm + 1e-3), np.float64)
