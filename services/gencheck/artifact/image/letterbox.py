"""LETTERBOX: bars of one colour between the picture and the border of the file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import Grey, Reading, finite
from gencheck.findings import Box, Measurement, Method

CHECK = "artifact.letterbox"
MIN_SIDE = 32
METHOD = Method(
    "uniform rows behind one straight edge",
    "1",
    "border rows and columns of one level, ended by a step along most of their length",
)

_UNIFORM = 5  # luma levels between the 2nd and 98th percentile of a row: coding noise
_DRIFT = 4  # luma levels between the rows of one bar
_STEP = 8  # luma levels at the edge …
_ALONG = 0.6  # … along this share of it
_LEAST = 2  # rows
_MOST = 0.45  # of a side: more is not a bar but the picture
_NOTICE = 0.02


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


def find_bars(grey: Grey) -> dict[str, int]:
    """Rows (columns) of the bar on each side that has one: ``top bottom left right``.

    Args:
        grey: ``uint8 [H, W]``.
    """
    bars: dict[str, int] = {}
    rows = {"top": _bar(grey), "bottom": _bar(grey[::-1])}
    bars |= {side: count for side, count in rows.items() if count}
    # Bars above and below would break the columns: look only at what is between them.
    middle = grey[rows["top"] : grey.shape[0] - rows["bottom"]].T
    columns = {"left": _bar(middle), "right": _bar(middle[::-1])}
    return bars | {side: count for side, count in columns.items() if count}


def _bar(grey: Grey) -> int:
    """Rows of the bar at the top, 0 for none."""
    most = int(grey.shape[0] * _MOST)
    if most < _LEAST or grey.shape[1] < 8:
        return 0
    levels: list[float] = []
    end = 0
    while end <= most:
        low, middle, high = np.percentile(grey[end], [2, 50, 98])
        if high - low > _UNIFORM or (levels and abs(middle - levels[0]) > _DRIFT):
            break
        levels.append(float(middle))
        end += 1
    if not _LEAST <= end <= most:
        return 0
    # The step may be spread over two rows by resizing: compare across them.
    beyond = grey[min(end + 1, grey.shape[0] - 1)].astype(np.int16)
    stepped: NDArray[np.bool_] = np.abs(beyond - levels[0]) >= _STEP
    return end if stepped.mean() >= _ALONG else 0


def _place(side: str, rows: int, height: int, width: int) -> tuple[slice, slice]:
    return {
        "top": (slice(0, rows), slice(0, width)),
        "bottom": (slice(height - rows, height), slice(0, width)),
        "left": (slice(0, height), slice(0, rows)),
        "right": (slice(0, height), slice(width - rows, width)),
    }[side]
