"""A point, as kernels hand it on: three numbers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel

Point: TypeAlias = tuple[float, float, float]


@kernel
def point(vertices: NDArray[np.float64], i: int) -> Point:
    """Row ``i`` of ``float64 [V, 3]``: unlike a view of the row, that costs nothing in a kernel."""
    return vertices[i, 0], vertices[i, 1], vertices[i, 2]
