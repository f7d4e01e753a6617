"""Whether a mesh has a size that a thing may have, where its unit is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.findings import SkipReason, skipped
from gencheck.media.types import Mesh
from gencheck.mesh.places import Checked, Gauge
from gencheck.mesh.scale import Scaled

CHECK = "mesh.scale"
_SMALL, _LARGE = 0.001, 100.0
_METHODS = {
    "SCALE_SUSPECT": (
        f"the longest side of the bounding box over {_LARGE:g} m, or {_SMALL:g} m over it; skinned "
        "parts where their joints put them, before any animation",
        "glTF 2.0, 3.4; OpenUSD, metersPerUnit; COLLADA 1.5, unit; 3MF Core 1.3, unit",
    )
}
_UNKNOWN = "where the joints put a skinned part is not known; give all joints a node of the scene"
_UNPOSED = "joints give it its size, which are read of glTF only; check it as GLB"


def check_scale(mesh: Mesh, fixed: Scaled) -> Checked:
    """SCALE_SUSPECT. ``fixed`` has the bounds of all vertices as read."""
    gauge = Gauge(CHECK, mesh, _METHODS)
    if mesh.metres is None:
        return gauge.absent(f"this {mesh.format} does not say in which unit its lengths are")
    if mesh.motion is None and mesh.notes.get("skins_not_applied"):
        return gauge.absent(_UNPOSED)
    bounds = _bounds(mesh, fixed)
    if bounds is None:
        return skipped(CHECK, SkipReason.UNCERTAIN, _UNKNOWN), []
    low, high = bounds.tolist()
    units = max(upper - lower for lower, upper in zip(low, high, strict=True))
    side = units * mesh.metres
    if not 0 < side < np.inf:
        return gauge.absent("its vertices have no extent, or one that no number holds")
    times = max(side / _LARGE, _SMALL / side)
    detail = f"its longest side is {side:.4g} m"
    if mesh.metres != 1:
        detail += f": {units:.4g} units of {mesh.metres:.4g} m"
    return gauge.judged(gauge.value("SCALE_SUSPECT", min(times, 1e300), (), detail))


def _bounds(mesh: Mesh, fixed: Scaled) -> NDArray[np.float64] | None:
    """The smallest and the largest x, y, z; ``None`` where a skinned part is not known to be."""
    motion = mesh.motion
    if motion is None or mesh.appearance is None or not len(motion.part):
        return np.array([fixed.lower, fixed.upper]) if fixed.lower else np.zeros((2, 3))
    if np.isnan(motion.posed).any():
        return None
    first = mesh.appearance.parts[:, 3]
    skinned = np.zeros(len(first), np.bool_)
    skinned[motion.part] = True
    rows = np.repeat(~skinned, np.diff(np.append(first, len(mesh.vertices)))) & fixed.finite
    bounds = np.array([[np.inf] * 3, [-np.inf] * 3])
    for axis in range(3):
        column = mesh.vertices[rows, axis]
        bounds[0, axis] = min(column.min(initial=np.inf), motion.posed[:, axis].min())
        bounds[1, axis] = max(column.max(initial=-np.inf), motion.posed[:, 3 + axis].max())
    return bounds
