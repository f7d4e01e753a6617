"""Whether a mesh has a size that a thing may have, where its unit is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.findings import SkipReason, skipped
from gencheck.media.types import Mesh
from gencheck.mesh.places import Checked, Gauge

CHECK = "mesh.scale"
_SMALL, _LARGE = 0.001, 100.0
_METHODS = {
    "SCALE_SUSPECT": (
        f"the longest side of the bounding box over {_LARGE:g} m, or {_SMALL:g} m over it; skinned "
        "parts where their joints put them, before any animation",
        "glTF 2.0, 3.4: all lengths are metres",
    )
}
_UNKNOWN = "where the joints put a skinned part is not known; give all joints a node of the scene"


def check_scale(mesh: Mesh) -> Checked:
    """SCALE_SUSPECT."""
    gauge = Gauge(CHECK, mesh, _METHODS)
    if mesh.format not in ("GLB", "GLTF"):
        return gauge.absent(f"{mesh.format} does not say in which unit its lengths are")
    bounds = _bounds(mesh)
    if bounds is None:
        return skipped(CHECK, SkipReason.UNCERTAIN, _UNKNOWN), []
    side = float((bounds[1] - bounds[0]).max())
    if not 0 < side < np.inf:
        return gauge.absent("its vertices have no extent")
    times = max(side / _LARGE, _SMALL / side)
    return gauge.judged(
        gauge.value("SCALE_SUSPECT", min(times, 1e300), (), f"its longest side is {side:.4g} m")
    )


def _bounds(mesh: Mesh) -> NDArray[np.float64] | None:
    """The smallest and the largest x, y, z; ``None`` where a skinned part is not known to be."""
    motion = mesh.motion
    fixed = mesh.vertices
    posed = np.zeros((0, 6))
    if motion is not None and mesh.appearance is not None and len(motion.part):
        posed = motion.posed
        first = mesh.appearance.parts[:, 3]
        sizes = np.diff(np.append(first, len(mesh.vertices)))
        skinned = np.zeros(len(first), np.bool_)
        skinned[motion.part] = True
        fixed = mesh.vertices[np.repeat(~skinned, sizes)]
    if np.isnan(posed).any():
        return None
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for axis in range(3):
        column = fixed[:, axis]
        whole = column[np.isfinite(column)]
        low[axis] = min(whole.min(initial=np.inf), posed[:, axis].min(initial=np.inf))
        high[axis] = max(whole.max(initial=-np.inf), posed[:, 3 + axis].max(initial=-np.inf))
    return np.stack([low, high])
