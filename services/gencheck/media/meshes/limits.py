"""The caps that all mesh readers share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded
from gencheck.media.types import Limits


def check_counts(vertices: int, faces: int, name: str, limits: Limits) -> None:
    """Raise ``LimitExceeded`` for more than the caps; called before anything is allocated."""
    if vertices > limits.max_vertices or faces > limits.max_faces:
        raise LimitExceeded(
            f"{faces} faces and {vertices} vertices, at most {limits.max_faces} and "
            f"{limits.max_vertices} are read",
            where=name,
            fix="Decimate or split the mesh.",
            metadata={"faces": str(faces), "vertices": str(vertices)},
        )


def fans(corners: NDArray[np.integer], sizes: NDArray[np.integer]) -> NDArray[np.integer]:
    """Polygons as triangle fans around their first corner.

    Args:
        corners: ``int [sum of sizes]``, the corners of all polygons in a row.
        sizes: ``int [polygons]``; polygons of less than 3 corners give no triangle.

    Returns:
        ``int [triangles, 3]`` in the order of the polygons.
    """
    if not len(sizes):
        return np.zeros((0, 3), np.int64)
    if bool((sizes == 3).all()):
        return corners.reshape(-1, 3)
    triangles = np.maximum(sizes - 2, 0)
    starts = np.repeat(np.concatenate([[0], np.cumsum(sizes)[:-1]]), triangles)
    first = np.concatenate([[0], np.cumsum(triangles)[:-1]])
    step = np.arange(int(triangles.sum())) - np.repeat(first, triangles)
    return np.stack([corners[starts], corners[starts + step + 1], corners[starts + step + 2]], 1)


def real(text: bytes | str) -> float:
    """One number. Raises ``ValueError``, also for what only Python takes for one: ``1_5``."""
    return float(_plain(text))


def whole(text: bytes | str) -> int:
    """One integer. Raises ``ValueError``, also for what only Python takes for one."""
    return int(_plain(text))


def length_of(unit: str | float) -> float | None:
    """How many metres a unit is; ``None`` for what is no number above 0."""
    try:
        metres = real(unit.strip()) if isinstance(unit, str) else unit
    except ValueError:
        return None
    return metres if 0 < metres < math.inf else None


def _plain(text: bytes | str) -> bytes | str:
    if not text.isascii() or (b"_" in text if isinstance(text, bytes) else "_" in text):
        raise ValueError(f"{text[:40]!r} is no number")
    return text


def numbers(text: bytes, kind: type[np.generic] = np.float64) -> NDArray[Any]:
    """All numbers of a text, separated by white space. Raises ``ValueError`` at anything else."""
    if not text.strip():  # numpy reads [-1.] from blanks
        return np.zeros(0, kind)
    return np.fromstring(text, kind, sep=" ")
