"""From where a mesh is looked at, and where its vertices lie in the picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.lanes import in_halves

VIEWS = ("three-quarter", "front", "side", "top")
"""The views that can be drawn, by name."""

ONE = 256
"""Screen coordinates a sample: what is drawn is drawn in whole numbers, so that no seam gapes."""

DEEP = float(1 << 28)
"""Units of depth for half the longest side of the mesh."""

_ANGLES = {
    "three-quarter": (-35.0, 22.0),
    "front": (0.0, 0.0),
    "side": (-90.0, 0.0),
    "top": (0.0, 90.0),
}
_FILL = 0.86
_Z_UP = frozenset({"STL", "3MF"})

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Screen:
    """A mesh as seen from one side.

    Attributes:
        points: ``int32 [V, 3]``: x to the right and y down in ``1 / ONE`` of a sample, z towards
            the eye in ``1 / DEEP`` of half the longest side of the mesh.
        scale: samples for half the longest side of the mesh.
        rotation: ``float64 [3, 3]`` into view space.
    """

    points: NDArray[np.int32] = field(repr=False)
    scale: float
    rotation: Floats = field(repr=False)


def view_rotation(view: str, mesh_format: str, *, z_up: bool = False) -> Floats:
    """The rotation into view space: x right, y up, z towards the eye, ``float64 [3, 3]``.

    glTF says that y is up, and OBJ and PLY files mostly agree; STL and 3MF come
    from CAD and printing, where z is.

    Raises:
        KeyError: for a view that is not in ``VIEWS``.
    """
    turn, tilt = np.deg2rad(_ANGLES[view])
    around = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    down = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    is_lying = z_up or mesh_format in _Z_UP
    upright = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) if is_lying else np.eye(3)
    rotation: Floats = down @ around @ upright
    return rotation


def to_unit(vertices: Floats, used: NDArray[np.bool_]) -> Singles:
    """Move and scale the vertices in use into ±1, whatever their size; the others become zero.

    Args:
        vertices: ``float64 [V, 3]``, in any unit, of any size.
        used: ``bool [V]``: those that count, all of them finite.

    Returns:
        ``float32 [V, 3]``.
    """
    boxes = np.array(in_halves(lambda a, b: _bounds(vertices, used, a, b), len(vertices)))
    lower, upper = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    unit = np.zeros(vertices.shape, np.float32)
    largest = float(np.maximum(-lower, upper).max())
    if not np.isfinite(largest):  # none is in use
        return unit
    # By powers of two, in two steps: nothing overflows, and one step may be out of range.
    exponent = int(np.frexp(largest)[1])
    first, second = np.ldexp(1.0, -(exponent // 2)), np.ldexp(1.0, exponent // 2 - exponent)
    lower, upper = lower * first * second, upper * first * second
    centre = (lower + upper) / 2.0
    grow = 2.0 / (float((upper - lower).max()) or 2.0)
    steps = np.array([first, second, grow])
    in_halves(lambda a, b: _place(vertices, used, steps, centre, unit, a, b), len(unit))
    return unit


def look_at(unit: Singles, used: NDArray[np.bool_], rotation: Floats, size: int) -> Screen:
    """Turn a mesh and fit it into a square picture, orthographically.

    Args:
        unit: ``float32 [V, 3]`` from ``to_unit``.
        used: ``bool [V]``: vertices that must fit.
        size: samples a side.
    """
    boxes = np.array(in_halves(lambda a, b: _turned(unit, used, rotation, a, b), len(unit)))
    lower, upper = boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
    points = np.zeros(unit.shape, np.int32)
    if not np.isfinite(lower).all():
        return Screen(points, 1.0, rotation)
    extent = float((upper - lower)[:2].max())
    scale = _FILL * size / extent if extent > 0.0 else 1.0
    steps = np.array([scale * ONE, -scale * ONE, DEEP])
    matrix = rotation * steps[:, None]
    offset = np.array([size / 2 * ONE, size / 2 * ONE, 0.0]) - (lower + upper) / 2 * steps
    in_halves(lambda a, b: _project(unit, used, matrix, offset, points, a, b), len(unit))
    return Screen(points, scale, rotation)


@kernel
def _bounds(vertices: Floats, used: NDArray[np.bool_], begin: int, end: int) -> Floats:
    box = np.empty((2, 3))
    box[0], box[1] = np.inf, -np.inf
    for v in range(begin, end):
        if used[v]:
            for k in range(3):
                box[0, k] = min(box[0, k], vertices[v, k])
                box[1, k] = max(box[1, k], vertices[v, k])
    return box


@kernel
def _place(  # noqa: PLR0917 - kernels are called by position
    vertices: Floats,
    used: NDArray[np.bool_],
    steps: Floats,
    centre: Floats,
    unit: Singles,
    begin: int,
    end: int,
) -> None:
    for v in range(begin, end):
        if used[v]:
            for k in range(3):
                unit[v, k] = (vertices[v, k] * steps[0] * steps[1] - centre[k]) * steps[2]


@kernel
def _turned(
    unit: Singles, used: NDArray[np.bool_], rotation: Floats, begin: int, end: int
) -> Floats:
    """Bounds in view space."""
    box = np.empty((2, 3))
    box[0], box[1] = np.inf, -np.inf
    for v in range(begin, end):
        if used[v]:
            x, y, z = unit[v, 0], unit[v, 1], unit[v, 2]
            for k in range(3):
                seen = rotation[k, 0] * x + rotation[k, 1] * y + rotation[k, 2] * z
                box[0, k] = min(box[0, k], seen)
                box[1, k] = max(box[1, k], seen)
    return box


@kernel
def _project(  # noqa: PLR0917 - kernels are called by position
    unit: Singles,
    used: NDArray[np.bool_],
    matrix: Floats,
    offset: Floats,
    points: NDArray[np.int32],
    begin: int,
    end: int,
) -> None:
    for v in range(begin, end):
        if used[v]:
            x, y, z = unit[v, 0], unit[v, 1], unit[v, 2]
            for k in range(3):
                at = matrix[k, 0] * x + matrix[k, 1] * y + matrix[k, 2] * z + offset[k]
                points[v, k] = np.int32(np.floor(at + 0.5))
