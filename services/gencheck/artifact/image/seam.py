"""SEAM: an exactly straight line at which two parts of a picture do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.seam"
MIN_SIDE = 128
METHOD = Method(
    "steps along straight pixel lines that the texture crosses",
    "2",
    "after the discontinuity measures of deblocking (Wu and Yuen, A generalized block-edge "
    "impairment metric, IEEE SPL 1997), for one line; continuity by correlation of both sides",
)
NOTICE = 1.5
"""8-bit levels from which a seam is told; fixed on training photos."""

_WINDOW = 32  # pixels along the line that are averaged
_SHORTEST = 0.3  # of the side: a shorter line is an edge of a thing
_CLIP = 16  # luma levels: what steps farther is an edge
_KINK = np.array([[1, -3, 3, -1]], np.float32)  # twice a step less the mean of those beside it
_PROPOSALS = 6  # lines of each kind that are looked at closely, per direction
_GRID = np.isin(np.arange(-16, 17), (-16, -8, 8, 16)).astype(np.uint8)[None]
"""Columns that make it a grid of blocks if a line is as strong there."""
_BESIDE = (np.abs(np.arange(-6, 7)) >= 2).astype(np.float32)[None]
_MARGIN = 12  # pixels at the border, where nothing is compared
_SURE = 5.5  # standard deviations of the lines beside it
_STEADY = 1.6  # of how much it varies along the line: an edge of a thing comes and goes
_MOST = 20.0  # luma levels: a higher step is an edge, whatever lies beside it
_CONTINUES = 0.7  # of the usual likeness of neighbouring columns, across the line
_PROOF = 0.05  # likeness a level: the higher a step, the better the texture must cross it
_GAPS = 0.06  # share of a line at which its step may be missing without a reason
_BLACK, _WHITE = 8, 247  # luma levels beyond which a step may be cut off
_LAGS = 10  # pixels along the line by which the other side may be displaced
_LEAST_LIKENESS = 0.4  # of neighbouring columns, for a displacement to be told
_TREND = 17  # pixels along the line: coarser differences do not count as texture


@dataclass(frozen=True, slots=True)
class Line:
    """A seam between two columns (or rows) of a block.

    Attributes:
        across: whether it lies between rows.
        place: the last column (row) before it.
        start, stop: rows (columns) that it spans.
        levels: how far both sides are apart, 8-bit levels, at least 0.
        shift: pixels by which one side is displaced along the line, 0 for a step of brightness.
    """

    across: bool
    place: int
    start: int
    stop: int
    levels: float
    shift: int


def measure_seam(picture: Picture) -> Reading:
    """How far both sides of the worst seam are apart, in 8-bit levels.

    A seam is a line between two columns or rows, over at least 30 % of the side, of one of two
    kinds. *A step*: one side is brighter by the same few levels all along the line, between
    columns that are otherwise as alike as any: the texture crosses it. *A displacement*: both
    sides correlate as neighbours do, but only some pixels further along the line. Horizons, door
    frames and the panels of a collage do neither: what lies on their two sides has nothing in
    common. A part moved *across* its edge is not told from such edges.

    Whether the picture meets itself at its borders is not asked: only a tile needs to.
    """
    level = np.zeros((max(1, picture.size[0] // 16), max(1, picture.size[1] // 16)), np.float32)
    found = [
        (line.levels, _box(line, rows.start, columns.start), line)
        for rows, columns in native_blocks(picture.grey.shape, most=3)
        for line in seams(picture.grey[rows, columns])
    ]
    if not found:
        return Reading((Measurement("SEAM", 0.0, CHECK, METHOD),), level)
    found.sort(key=lambda entry: -entry[0])
    for levels, box, _ in found:
        _paint(level, box, levels, picture.size)
    return Reading(
        tuple(
            Measurement("SEAM", finite(levels, high=255.0), CHECK, METHOD, box, _words(line))
            for levels, box, line in found[:4]
        ),
        level,
    )


def _words(line: Line) -> str:
    way = "between rows" if line.across else "between columns"
    if line.shift:
        return f"{way}, displaced by {abs(line.shift)} pixels"
    return f"{way}, a step of brightness"


def _box(line: Line, top: int, left: int) -> Box:
    """Eight pixels to each side of the line, in pixels of the picture."""
    thick, long = 16, line.stop - line.start
    if line.across:
        return Box(left + line.start, top + line.place - 7, long, thick)
    return Box(left + line.place - 7, top + line.start, thick, long)


def _paint(level: FloatMap, box: Box, levels: float, size: tuple[int, int]) -> None:
    tall, wide = level.shape[0] / size[0], level.shape[1] / size[1]
    rows = slice(int(box.y * tall), int(np.ceil((box.y + box.height) * tall)))
    columns = slice(int(box.x * wide), int(np.ceil((box.x + box.width) * wide)))
    np.maximum(level[rows, columns], levels / NOTICE, out=level[rows, columns])


def seams(grey: Grey) -> list[Line]:
    """The seams of a block, between its columns and between its rows."""
    turned = np.asarray(cv2.transpose(grey), np.uint8)
    return [
        line
        for view, across in ((grey, False), (turned, True))
        if view.shape[0] >= 3 * _WINDOW and view.shape[1] > 2 * _MARGIN
        for line in _between_columns(view, across=across)
    ]


def _between_columns(grey: Grey, *, across: bool) -> Iterator[Line]:
    kinks, jumps = _profiles(grey)
    count = len(kinks)
    shortest = max(3, int(np.ceil(count * _SHORTEST)))
    seen: set[int] = set()
    for length in sorted({shortest, count}, reverse=True):
        for first, place in _peaks(_step_score(kinks, length)):
            start, stop = first * _WINDOW, (first + length) * _WINDOW
            levels = _step(grey, place, start, stop)
            if levels >= NOTICE and seen.isdisjoint(range(place - 2, place + 3)):
                seen.add(place)
                yield Line(across, place, start, stop, levels, 0)
    for first, place in _peaks(_jump_score(jumps, shortest)):
        start, stop = first * _WINDOW, (first + shortest) * _WINDOW
        shift = _displacement(grey, place, start, stop)
        levels = float(_excess(jumps)[first : first + shortest, place].mean())
        if shift and levels >= NOTICE and seen.isdisjoint(range(place - 2, place + 3)):
            seen.add(place)
            yield Line(across, place, start, stop, levels, shift)


def _profiles(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """Means over 32 rows, ``float32 [H // 32, W - 1]`` each.

    Returns:
        the step between two columns less what those beside it change, and the size of the step.
    """
    rows = grey.shape[0] // _WINDOW
    kinks = np.zeros((rows, grey.shape[1] - 1), np.float32)
    jumps = np.empty_like(kinks)
    for row in range(rows):  # 32 rows at a time stay in the cache
        values = grey[row * _WINDOW : (row + 1) * _WINDOW]
        size = np.minimum(cv2.absdiff(values[:, 1:], values[:, :-1]), 3 * _CLIP)
        jumps[row] = size.sum(axis=0, dtype=np.uint16)
        twice = cv2.filter2D(values, cv2.CV_16S, _KINK, anchor=(1, 0))
        twice = np.clip(twice, -2 * _CLIP, 2 * _CLIP)
        kinks[row, 1:-1] = twice.sum(axis=0, dtype=np.int16)[1:-2]
    kinks /= 2 * _WINDOW
    jumps /= _WINDOW
    return kinks, jumps


def _beside(values: FloatMap) -> FloatMap:
    """The mean of the columns 2 to 6 away."""
    return np.asarray(cv2.filter2D(values, -1, _BESIDE / _BESIDE.sum()), np.float32)


def _along(values: FloatMap, length: int) -> FloatMap:
    """Running means over so many windows: ``float32 [n - length + 1, W]``."""
    total = np.zeros((len(values) + 1, values.shape[1]), np.float32)
    for row, added in enumerate(values):  # ten times as fast as cumsum along the first axis
        np.add(total[row], added, out=total[row + 1])
    means: FloatMap = total[length:] - total[:-length]
    means /= length
    return means


def _grid(values: FloatMap) -> FloatMap:
    """The strongest of the columns a block or two away."""
    return np.asarray(cv2.dilate(values, _GRID), np.float32)


def _step_score(kinks: FloatMap, length: int) -> FloatMap:
    """How sure it is that a line steps the same way all along: ``[n - length + 1, W]``."""
    mean = np.abs(_along(kinks, length))
    square = _along(kinks * kinks, length)
    varies = np.sqrt(np.maximum(square - mean**2, 0))
    usual = np.sqrt(_along(_beside(kinks * kinks), length) / length)
    steady = (mean > _STEADY * (varies + 0.3)) & (mean > 1.3 * _grid(mean))
    sure = mean / (usual + 0.15)
    return np.where(steady & (sure >= _SURE), sure, 0).astype(np.float32)


def _excess(jumps: FloatMap) -> FloatMap:
    return np.asarray(jumps - _beside(jumps), np.float32)


def _jump_score(jumps: FloatMap, length: int) -> FloatMap:
    """How much larger the steps of a line are than those beside it, all along."""
    ratio = _along(np.minimum(jumps / (_beside(jumps) + 0.5), 4), length)
    size = _along(jumps, length)
    next_to = np.maximum(np.roll(size, 1, axis=1), np.roll(size, -1, axis=1))
    alone = (next_to < 0.8 * size) & (ratio > 1.15 * _grid(ratio))
    return np.where(alone, ratio, 0).astype(np.float32)


def _peaks(score: FloatMap) -> Iterator[tuple[int, int]]:
    """First window and column of the best lines."""
    rest = score.copy()
    rest[:, :_MARGIN], rest[:, -_MARGIN:] = 0, 0
    for _ in range(_PROPOSALS):
        first, place = divmod(int(np.argmax(rest)), rest.shape[1])
        if rest[first, place] <= 0:
            return
        yield first, place
        rest[:, place - 3 : place + 4] = 0


def _step(grey: Grey, place: int, start: int, stop: int) -> float:
    """The height of a step that the texture crosses, 8-bit levels; 0 where it is none."""
    near = grey[start:stop, place - 9 : place + 11].astype(np.float32)
    steps = np.diff(near, axis=1)
    kinks = steps[:, 1:-1] - 0.5 * (steps[:, :-2] + steps[:, 2:])
    middle = np.median(kinks, axis=0)
    spread = 1.4826 * np.median(np.abs(kinks - middle), axis=0)
    here = 8  # of the kinks, whose first lies at the second step
    height = float(middle[here])
    others = np.delete(np.arange(len(middle)), [here - 1, here, here + 1])
    soft = np.abs(np.median(steps[:, [here, here + 2]], axis=0)).max()
    slope = np.median((near[:, 15] - near[:, 12]) + (near[:, 7] - near[:, 4])) / 6
    stays = float(np.median(near[:, 12] - near[:, 7])) - 2.5 * 2 * float(slope)
    usual = float(np.median(spread[others]))
    flat = near - cv2.blur(near, (1, _TREND))
    alike = _likeness(flat, 0)[0]
    is_step = (
        abs(height) < _MOST
        and usual >= 0.5  # drawn, not taken: flat fields may meet at any step
        and 0.5 < stays * np.sign(height) / max(abs(height), 1e-3) < 1.8  # and no thin line
        and soft < 0.6 * abs(height)
        and np.abs(middle[others]).max() < 0.5 * abs(height)
        and spread[here] < 2 * usual + 0.5
        and _all_along(kinks - middle, height, near)
        and _by_lag(flat)[_LAGS] > _CONTINUES * alike
        and alike >= _PROOF * abs(height)
    )
    return abs(height) if is_step else 0.0


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


def _displacement(grey: Grey, place: int, start: int, stop: int) -> int:
    """By how many pixels the far side is displaced along the line; 0 where that cannot be told."""
    near = grey[start:stop, place - 9 : place + 11].astype(np.float32)
    if len(near) < 5 * _LAGS:
        return 0
    flat = near - cv2.blur(near, (1, _TREND))
    by_lag = _by_lag(flat)
    shift = int(np.argmax(by_lag)) - _LAGS
    best, unmoved = float(by_lag.max()), float(by_lag[_LAGS])
    if abs(shift) < 2 or best - unmoved < 0.3:
        return 0
    usual, lowest, usual_there = _likeness(flat, shift)
    told = (
        usual >= _LEAST_LIKENESS
        and best >= 0.85 * usual
        and best - usual_there >= 0.15
        and lowest >= 0.5 * usual  # in a print every few columns break like that
        and min(unmoved, usual_there) >= -0.45  # stripes resemble themselves moved
    )
    return shift if told and _halves_agree(flat, shift) else 0


def _halves_agree(flat: FloatMap, shift: int) -> bool:
    """Whether both halves of a line are displaced so: chance does not find the same shift twice."""
    middle, index = len(flat) // 2, shift + _LAGS
    for half in (flat[:middle], flat[middle:]):
        by_lag = _by_lag(half)
        if by_lag[max(0, index - 1) : index + 2].max() < by_lag[_LAGS] + 0.15:
            return False
    return True


def _by_lag(flat: FloatMap) -> NDArray[np.float64]:
    """Correlation of both sides of the line, the far one moved along it by -10 .. 10 pixels."""
    length = len(flat) - 2 * _LAGS
    moved = np.lib.stride_tricks.sliding_window_view(flat[:, 10], length)
    return _correlations(np.broadcast_to(flat[_LAGS : _LAGS + length, 9], moved.shape), moved)


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
