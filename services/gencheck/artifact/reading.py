"""What one detector hands back, and small helpers that all of them share."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Measurement

FloatMap: TypeAlias = NDArray[np.float32]
Grey: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one detector measured.

    Attributes:
        measurements: at least one; several where several regions stand out.
        level: ``float32 [h, w]`` over the whole picture at any scale: the detector's own local
            measurement divided by the value from which it stands out, so 1 is where a region
            begins. ``None`` where the detector has nothing local to say.
    """

    measurements: tuple[Measurement, ...]
    level: FloatMap | None = field(default=None, repr=False)


def finite(value: float, *, low: float = 0.0, high: float = 1e6) -> float:
    """The value as a Python float within bounds; NaN becomes the lower bound."""
    number = float(value)
    return low if math.isnan(number) else min(max(number, low), high)


def tile_sums(values: NDArray[np.float32], tile: int) -> FloatMap:
    """Sums over whole tiles: ``float32 [H // tile, W // tile]``; the rest at the edges is left."""
    rows, columns = values.shape[0] // tile, values.shape[1] // tile
    whole = values[: rows * tile, : columns * tile]
    sums = whole.reshape(rows, tile, columns, tile).sum(axis=(1, 3), dtype=np.float32)
    return np.asarray(sums, np.float32)
