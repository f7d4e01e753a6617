"""Matrices and rotations of nodes (glTF 2.0, 3.5.3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.log import Log

_IDENTITY = [1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
# The specification names no tolerances; these are those of the Khronos validator, within which
# what was quantised to 8 bits passes.
UNIT_TOLERANCE = 0.00674
"""How far the length of a normal or a tangent may be from 1."""
QUATERNION_TOLERANCE = 0.00769
"""How far the length of a rotation may be from 1."""
_SHEAR_TOLERANCE = 5e-4
"""How far the cosine between two axes of a matrix may be from 0."""


def check_matrix(matrix: list[float], at: str, log: Log) -> None:
    """Whether 16 numbers, column by column, are a transform that is worth giving."""
    if matrix == _IDENTITY:
        log.add("NODE_MATRIX_DEFAULT", at)
    elif not is_decomposable(matrix):
        log.add("NODE_MATRIX_NON_TRS", at)


def is_decomposable(matrix: list[float]) -> bool:
    """Whether it is translation · rotation · scale: no shear, no projection, no scale of zero."""
    if matrix[3] != 0 or matrix[7] != 0 or matrix[11] != 0 or matrix[15] != 1:
        return False
    x, y, z = ([float(n) for n in matrix[i : i + 3]] for i in (0, 4, 8))
    lengths = [math.hypot(*axis) for axis in (x, y, z)]
    if not all(0 < length < math.inf for length in lengths):
        return False
    x, y, z = ([n / length for n in axis] for axis, length in zip((x, y, z), lengths, strict=True))
    cosines = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2] for a, b in ((x, y), (y, z), (z, x)))
    return max(map(abs, cosines)) <= _SHEAR_TOLERANCE


def check_rotation(rotation: list[float], at: str, log: Log) -> None:
    """Whether a quaternion has unit length."""
    length = math.sqrt(sum(x * x for x in rotation))
    if abs(length - 1) > QUATERNION_TOLERANCE:
        log.add("ROTATION_NON_UNIT", at, f"length {length:.6g}")


def as_shares(values: NDArray[Any], *, normalized: bool) -> NDArray[np.float64]:
    """Numbers as they are meant (3.6.2.3): normalized integers are shares of their largest."""
    exact = values.astype(np.float64)
    if values.dtype.kind == "f" or not normalized:
        return exact
    return np.maximum(exact / float(np.iinfo(values.dtype).max), -1.0)
