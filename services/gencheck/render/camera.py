"""From where a mesh is looked at: rotation into view space and the fit into the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

VIEWS = ("three-quarter", "front", "side", "top")
"""The views that can be drawn, by name."""

_ANGLES = {
    "three-quarter": (-35.0, 22.0),
    "front": (0.0, 0.0),
    "side": (-90.0, 0.0),
    "top": (0.0, 90.0),
}
_FILL = 0.86
_Z_UP = frozenset({"STL", "3MF"})

Floats = NDArray[np.float64]


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


def fit_to_picture(
    vertices: Floats, used: NDArray[np.bool_], rotation: Floats, size: int
) -> Floats:
    """Rotate the vertices and fit those in use into a square picture, orthographically.

    Args:
        vertices: ``float64 [V, 3]``, in any unit, of any size.
        used: ``bool [V]``: vertices that must fit, all of them finite; the others become zero.
        size: pixels a side.

    Returns:
        ``float64 [V, 3]``: x to the right and y down in pixels, z towards the eye in pixels.
    """
    usable = np.where(used[:, None], vertices, 0.0)
    largest = float(np.abs(usable).max(initial=0.0))
    if largest > 0.0:  # before anything is added, so that nothing overflows
        usable /= largest
    seen: Floats = usable @ rotation.T
    if not used.any():
        return seen
    lower, upper = seen[used].min(axis=0), seen[used].max(axis=0)
    extent = float((upper - lower)[:2].max())
    scale = _FILL * size / extent if extent > 0.0 else 1.0
    seen = (seen - (lower + upper) / 2) * scale
    seen[:, 1] *= -1.0
    seen[:, :2] += size / 2
    return seen
