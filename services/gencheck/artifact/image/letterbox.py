"""LETTERBOX: bars of one colour between the picture and the border of the file."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import Grey, Reading, finite
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.letterbox"
MIN_SIDE = 32
METHOD = Method(
    "uniform rows behind one straight edge",
    "4",
    "border rows and columns of one level, ended by a step along most of their length",
)

_UNIFORM = 5  # luma levels between the 2nd and 98th percentile of a row: coding noise …
_STILL = 1  # … and of the rows that no edge rings into: a wall or the sky has a sensor's noise
_DRIFT = 4  # luma levels between the rows of one bar
_STEP = 8  # luma levels at the edge …
_ALONG = 0.6  # … along this share of it
_ALONG_PAIR = 0.3  # … or of both edges, where bars of one level and size lie opposite
_NEAR = 9  # rows from the last even one to the edge: a block of JPEG rings that far into the bar
_UNEVEN = 0.1  # by which bars of a pair may differ in size
_FEW = 4  # levels of a row that is drawn …
_RARE = 0.005  # … each of at least this share of it
_LEAST = 2  # rows
_MOST = 0.45  # of a side: more is not a bar but the picture
_NOTICE = 0.02


def why_not(picture: Picture) -> str:
    """Why a picture has no bars, whatever it shows; empty where it may have some."""
    return "a picture with a transparent background has no bars" if picture.transparent else ""


def measure_letterbox(picture: Picture) -> Reading:
    """The bars' share of the height (above, below) or of the width (left, right).

    A studio backdrop is uniform too, but its end is the outline of a thing. A bar ends in one
    straight step along most of the side. One measurement for each bar, or one of 0.
    """
    bars = find_bars(picture.work)
    height, width = picture.work.shape
    level = np.zeros((max(height, round(picture.size[0] / picture.scale)), width), np.float32)
    found = []
    for side, rows in bars.items():
        length = height if side in {"top", "bottom"} else width
        place = _place(side, rows, height, width)
        level[place] = rows / length / _NOTICE
        box = Box(
            place[1].start * picture.scale,
            place[0].start * picture.scale,
            (place[1].stop - place[1].start) * picture.scale,
            (place[0].stop - place[0].start) * picture.scale,
        )
        share = sum(bars.get(s, 0) for s in _PAIR[side]) / length
        tone = int(np.median(picture.work[place]))
        detail = f"{side}, {rows * picture.scale:.0f} pixels of level {tone}"
        found.append(Measurement("LETTERBOX", finite(share, high=1.0), CHECK, METHOD, box, detail))
    if not found:
        found.append(Measurement("LETTERBOX", 0.0, CHECK, METHOD))
    return Reading(tuple(found), level if bars else None)


_PAIR = {
    "top": ("top", "bottom"),
    "bottom": ("top", "bottom"),
    "left": ("left", "right"),
    "right": ("left", "right"),
}


@dataclass(frozen=True, slots=True)
class _Bar:
    """Even rows at a border, the share of the edge behind them that is a step, what is beyond."""

    rows: int
    level: float
    along: float
    drawn: bool


def find_bars(grey: Grey) -> dict[str, int]:
    """Rows (columns) of the bar on each side that has one: ``top bottom left right``.

    Args:
        grey: ``uint8 [H, W]``.
    """
    turned = np.asarray(cv2.transpose(grey), np.uint8)
    backdrop = _is_backdrop(grey, turned)
    top, bottom = _pair(_bar(grey), _bar(grey[::-1]), backdrop)
    # Bars above and below would break the columns: look only at what is between them.
    middle = np.ascontiguousarray(turned[:, top : grey.shape[0] - bottom])
    left, right = _pair(_bar(middle), _bar(middle[::-1]), backdrop)
    found = {"top": top, "bottom": bottom, "left": left, "right": right}
    return {side: rows for side, rows in found.items() if rows}


def _is_backdrop(grey: Grey, turned: Grey) -> bool:
    """Whether all four borders are of one level, as around a thing or within a frame."""
    borders = [_even_rows(side, _LEAST) for side in (grey, grey[::-1], turned, turned[::-1])]
    levels = [level for rows, level in borders if rows]
    return len(levels) == len(borders) and max(levels) - min(levels) <= _DRIFT


def _pair(first: _Bar | None, second: _Bar | None, backdrop: bool) -> tuple[int, int]:
    """The rows of both bars. Two that match need less of an edge each than one alone.

    One that matches no other is no bar beside flat fields, but a part of the drawing, as a title.
    """
    match = not backdrop and _match(first, second)
    least = _ALONG_PAIR if match else _ALONG
    one, other = (
        bar.rows if bar and bar.along >= least and (match or not bar.drawn) else 0
        for bar in (first, second)
    )
    return one, other


def _match(first: _Bar | None, second: _Bar | None) -> bool:
    """Whether two bars are of one level and size."""
    if first is None or second is None or abs(first.level - second.level) > _DRIFT:
        return False
    apart = abs(first.rows - second.rows)
    return apart <= max(2.0, _UNEVEN * max(first.rows, second.rows))


def _bar(grey: Grey) -> _Bar | None:
    """The even rows at the top, with the edge behind them."""
    most = int(grey.shape[0] * _MOST)
    if most < _LEAST or grey.shape[1] < 8:
        return None
    end, level = _even_rows(grey, most)
    if end in (0, most) or not _is_still(grey[: max(0, end - _NEAR)]):
        return None
    # The step may be spread over two rows by resizing, and lie behind rows that ring.
    edges = []
    for row in range(max(_LEAST, end), min(end + _NEAR, most) + 1):
        inside = grey[row - 1].astype(np.int16)
        beyond = grey[min(row + 1, grey.shape[0] - 1)].astype(np.int16)
        steps = (np.abs(beyond - level) >= _STEP) & (np.abs(beyond - inside) >= _STEP)
        edges.append((float(steps.mean()), row))
    if not edges:
        return None
    best = max(along for along, _ in edges)
    row = next(row for along, row in edges if along >= 0.9 * best)
    beyond = grey[min(row + 1, grey.shape[0] - 1)]
    return _Bar(row, level, best, _is_drawn(beyond))


def _is_still(rows: Grey) -> bool:
    """Whether rows far from the edge are as even as no photo is."""
    spreads = [high - low for low, _, high in map(_spread, rows[:: max(1, len(rows) // 16)])]
    return not spreads or float(np.median(spreads)) <= _STILL


def _is_drawn(row: Grey) -> bool:
    """Whether a row is of few levels."""
    counts = np.bincount(row, minlength=256)
    return int((counts > _RARE * len(row)).sum()) <= _FEW


def _even_rows(grey: Grey, most: int) -> tuple[int, float]:
    """How many rows from the top are of one level, and that level."""
    level = 0.0
    for end in range(min(most + 1, len(grey))):
        low, middle, high = _spread(grey[end])
        if high - low > _UNIFORM or (end and abs(middle - level) > _DRIFT):
            return end, level
        level = level if end else float(middle)
    return most, level


def _spread(row: Grey) -> tuple[float, float, float]:
    """The 2nd, 50th and 98th percentile of a row, each a level that it holds."""
    last = len(row) - 1
    places = [round(0.02 * last), last // 2, round(0.98 * last)]
    low, middle, high = np.partition(row, places)[places].tolist()
    return low, middle, high


def _place(side: str, rows: int, height: int, width: int) -> tuple[slice, slice]:
    return {
        "top": (slice(0, rows), slice(0, width)),
        "bottom": (slice(height - rows, height), slice(0, width)),
        "left": (slice(0, height), slice(0, rows)),
        "right": (slice(0, height), slice(width - rows, width)),
    }[side]
