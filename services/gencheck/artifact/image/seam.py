"""SEAM: an exactly straight line at which two parts of a picture do not meet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gencheck.artifact.image.continuity import PART, WHOLE, Demands, displacement, step
from gencheck.artifact.image.picture import Picture, native_blocks
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.seam"
MIN_SIDE = 128
METHOD = Method(
    "steps along straight pixel lines that the texture crosses",
    "3",
    "after the discontinuity measures of deblocking (Wu and Yuen, A generalized block-edge "
    "impairment metric, IEEE SPL 1997), for one line; continuity by correlation of both sides",
)
NOTICE = 1.5
"""8-bit levels from which a seam is told; fixed on training photos."""

_WINDOW = 32  # pixels along the line that are averaged
_SHORTEST = 0.3  # of the side: a shorter line is an edge of a thing
_CLIP = 16  # luma levels: what steps farther is an edge
_KINK = np.array([[1, -3, 3, -1]], np.float32)  # twice a step less the mean of those beside it
_STEPS = 8  # lines of one length at which a step is looked for closely, per direction
_GRID = np.isin(np.arange(-16, 17), (-16, -8, 8, 16)).astype(np.uint8)[None]
"""Columns that make it a grid of blocks if a line is as strong there."""
_BESIDE = (np.abs(np.arange(-6, 7)) >= 2).astype(np.float32)[None]
_MARGIN = 12  # pixels at the border, where nothing is compared


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
    common. A line from border to border is taken for a seam on less proof than one that ends within
    the picture, as the edges of things do. A part moved *across* its edge is not told from such
    edges.

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
    seen: set[int] = set()
    for kind in (_stepped, _displaced):
        for length, demands in _lengths(len(kinks)):
            for line in kind(grey, kinks if kind is _stepped else jumps, length, demands):
                if seen.isdisjoint(range(line.place - 2, line.place + 3)):
                    seen.add(line.place)
                    yield replace(line, across=across)


def _lengths(count: int) -> list[tuple[int, Demands]]:
    """Windows that a line may span, and what is asked of it: all of them, or about a third."""
    shortest = max(3, int(np.ceil(count * _SHORTEST)))
    return [(count, WHOLE)] + ([(shortest, PART)] if shortest < count else [])


def _stepped(grey: Grey, kinks: FloatMap, length: int, demands: Demands) -> Iterator[Line]:
    """Lines of that many windows at which one side is brighter."""
    for first, place in _peaks(_step_score(kinks, length, demands), _STEPS):
        start, stop = first * _WINDOW, (first + length) * _WINDOW
        levels = step(grey[start:stop, place - 9 : place + 11], demands)
        if levels >= NOTICE:
            yield Line(False, place, start, stop, levels, 0)


def _displaced(grey: Grey, jumps: FloatMap, length: int, demands: Demands) -> Iterator[Line]:
    """Lines of that many windows along which one side is moved."""
    excess = _excess(jumps)
    for first, place in _peaks(_jump_score(jumps, length, demands), demands.displaced):
        start, stop = first * _WINDOW, (first + length) * _WINDOW
        levels = float(excess[first : first + length, place].mean())
        if levels < NOTICE:
            continue
        shift = displacement(grey[start:stop, place - 9 : place + 11], demands)
        if shift:
            yield Line(False, place, start, stop, levels, shift)


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
        size = cv2.absdiff(values[:, 1:], values[:, :-1])
        cv2.threshold(size, 3 * _CLIP, 0, cv2.THRESH_TRUNC, dst=size)
        jumps[row] = cv2.reduce(size, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
        twice = cv2.filter2D(values, cv2.CV_16S, _KINK, anchor=(1, 0))
        twice = np.clip(twice, -2 * _CLIP, 2 * _CLIP)
        kinks[row, 1:-1] = cv2.reduce(twice, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32F)[0, 1:-2]
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


def _step_score(kinks: FloatMap, length: int, demands: Demands) -> FloatMap:
    """How sure it is that a line steps the same way all along: ``[n - length + 1, W]``."""
    mean = np.abs(_along(kinks, length))
    square = _along(kinks * kinks, length)
    varies = np.sqrt(np.maximum(square - mean**2, 0))
    usual = np.sqrt(_along(_beside(kinks * kinks), length) / length)
    steady = (mean > demands.steady * (varies + 0.3)) & (mean > 1.3 * _grid(mean))
    sure = mean / (usual + 0.15)
    return np.where(steady & (sure >= demands.sure), sure, 0).astype(np.float32)


def _excess(jumps: FloatMap) -> FloatMap:
    return np.asarray(jumps - _beside(jumps), np.float32)


def _jump_score(jumps: FloatMap, length: int, demands: Demands) -> FloatMap:
    """How much larger the steps of a line are than those beside it, all along."""
    ratio = _along(np.minimum(jumps / (_beside(jumps) + 0.5), 4), length)
    size = _along(jumps, length)
    next_to = np.maximum(np.roll(size, 1, axis=1), np.roll(size, -1, axis=1))
    alone = (next_to < demands.alone * size) & (ratio > demands.off_grid * _grid(ratio))
    return np.where(alone, ratio, 0).astype(np.float32)


def _peaks(score: FloatMap, most: int) -> Iterator[tuple[int, int]]:
    """First window and column of the best lines, at most so many."""
    rest = score.copy()
    rest[:, :_MARGIN], rest[:, -_MARGIN:] = 0, 0
    for _ in range(most):
        first, place = divmod(int(np.argmax(rest)), rest.shape[1])
        if rest[first, place] <= 0:
            return
        yield first, place
        rest[:, place - 3 : place + 4] = 0
