"""Matrices and rotations of nodes (glTF 2.0, 3.5.3)."""

from __future__ import annotations

import math

import numpy as np

from gencheck.gltf.log import Log

_IDENTITY = [1.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
UNIT_TOLERANCE = 5e-4
"""How far a length may be from 1: the rounding of 8-bit and half-precision exporters passes."""


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
    with np.errstate(all="ignore"):
        axes = np.array(matrix, np.float64).reshape(4, 4)[:3, :3]
        lengths = np.sqrt((axes * axes).sum(1))
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            return False
        unit = axes / lengths[:, None]
        cosines = unit @ unit.T - np.eye(3)
    return bool(np.abs(cosines).max() <= UNIT_TOLERANCE)


def check_rotation(rotation: list[float], at: str, log: Log) -> None:
    """Whether a quaternion has unit length."""
    length = math.sqrt(sum(x * x for x in rotation))
    if abs(length - 1) > UNIT_TOLERANCE:
        log.add("ROTATION_NON_UNIT", at, f"length {length:.6g}")
