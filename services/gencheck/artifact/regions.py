"""From level maps to boxes and to the heat map. Boxes are only ever derived from maps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import FloatMap
from gencheck.findings import Box

HEAT_SIDE = 1024
"""Longest side of a heat map, pixels."""

MAX_REGIONS = 8
"""Regions that one detector reports at most, the largest first."""


@dataclass(frozen=True, slots=True)
class Area:
    """One connected part of a level map that stands out.

    Attributes:
        box: in pixels of the whole picture.
        cells: ``bool [h, w]`` in the map: the part itself.
        share: of the map's cells, 0..1.
    """

    box: Box
    cells: NDArray[np.bool_] = field(repr=False)
    share: float


def areas(
    level: FloatMap, size: tuple[int, int], *, at_least: float = 1.0, min_share: float = 0.0
) -> list[Area]:
    """The connected parts (8 neighbours) of ``level >= at_least``, largest first.

    Args:
        level: ``float32 [h, w]`` over the whole picture.
        size: height and width of the picture, pixels.
        min_share: smallest share of the map's cells that counts.
    """
    if level.size == 0:
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (level >= at_least).astype(np.uint8), connectivity=8
    )
    tall, wide = size[0] / level.shape[0], size[1] / level.shape[1]
    order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    found = []
    for index in order[:MAX_REGIONS]:
        share = int(stats[index, cv2.CC_STAT_AREA]) / level.size
        if share < min_share:
            break
        x, y, width, height = (int(v) for v in stats[index, :4])
        box = Box(x * wide, y * tall, width * wide, height * tall)
        found.append(Area(box, labels == index, share))
    return found


def heat_map(levels: Iterable[FloatMap | None], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The worst level at each pixel: 0 is nothing, 128 where a region begins, 255 twice that.

    Args:
        levels: maps over the whole picture, of any scale.
        size: height and width of the picture, pixels.

    Returns:
        ``uint8 [ceil(H / k), ceil(W / k)]`` for the smallest whole ``k`` that keeps the longest
        side within ``HEAT_SIDE``.
    """
    factor = max(1, math.ceil(max(size) / HEAT_SIDE))
    height, width = math.ceil(size[0] / factor), math.ceil(size[1] / factor)
    worst = np.zeros((height, width), np.float32)
    for level in levels:
        if level is None or level.size == 0:
            continue
        smaller = level.shape[0] > height
        way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        np.maximum(worst, cv2.resize(level, (width, height), interpolation=way), out=worst)
    return np.asarray(np.rint(np.clip(worst, 0, 2) * 127.5), np.uint8)
