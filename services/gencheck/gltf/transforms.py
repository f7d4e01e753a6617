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
    a, b, c, _, d, e, f, _, g, h, i = matrix[:11]
    x, y, z = math.hypot(a, b, c), math.hypot(d, e, f), math.hypot(g, h, i)
    if not (0 < x < math.inf and 0 < y < math.inf and 0 < z < math.inf):
        return False
    a, b, c, d, e, f, g, h, i = a / x, b / x, c / x, d / y, e / y, f / y, g / z, h / z, i / z
    return (
        abs(a * d + b * e + c * f) <= _SHEAR_TOLERANCE
        and abs(d * g + e * h + f * i) <= _SHEAR_TOLERANCE
        and abs(g * a + h * b + i * c) <= _SHEAR_TOLERANCE
    )


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
