"""Whether glyphs repeat: print uses one shape for a letter wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 24  # pixels a side at which shapes are compared
_SAME = 0.82  # intersection over union; fixed on rendered text of eight scripts
_FEWEST = 5  # glyphs: fewer repeat or do not by chance
_TALL = 0.3  # of the line's height: lower parts are dots and accents
_ASPECTS = (0.35, 1.8)  # width over height: a bar resembles every other bar
_MOST = 96


def repeat_share(lines: Sequence[NDArray[np.uint8]]) -> float:
    """The share of glyphs that stand in the lines twice; 0 where there are too few to tell.

    Glyphs are connected parts of the ink, compared by their overlap at one size.

    Args:
        lines: ``uint8 [h, w]``, level lines of writing.
    """
    shapes, aspects = [], []
    for line in lines:
        for glyph in _glyphs(line):
            height, width = glyph.shape
            aspects.append(width / height)
            fitted = cv2.resize(glyph, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
            shapes.append((fitted > 127).ravel())
    if len(shapes) < _FEWEST:
        return 0.0
    ink = np.asarray(shapes[:_MOST], np.float32)
    log_aspect = np.log(aspects[:_MOST])
    both = ink @ ink.T
    area = ink.sum(axis=1)
    overlap = both / np.maximum(area[:, None] + area[None, :] - both, 1)
    overlap[np.abs(log_aspect[:, None] - log_aspect[None, :]) > 0.15] = 0
    np.fill_diagonal(overlap, 0)
    return float((overlap.max(axis=1) >= _SAME).mean())


def _glyphs(line: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Masks of the connected parts that are as large as letters."""
    _, ink = cv2.threshold(line, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if (ink > 0).mean() > 0.5:
        ink = cv2.bitwise_not(ink)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for index in range(1, count):
        x, y, width, height = (int(v) for v in stats[index, :4])
        if height >= max(8, _TALL * line.shape[0]) and _ASPECTS[0] <= width / height <= _ASPECTS[1]:
            part = labels[y : y + height, x : x + width] == index
            yield np.asarray(part, np.uint8) * np.uint8(255)
