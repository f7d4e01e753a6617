"""Skins whose weights do not hold their vertices, and animations that move nothing."""

from __future__ import annotations

import numpy as np

from gencheck.codes import quantity
from gencheck.media.types import Mesh
from gencheck.mesh.places import Checked, Gauge, Place

SKIN, ANIMATION = "mesh.skin", "mesh.animation"
_METHODS = {
    "SKIN_WEIGHTS": (
        "vertices of skinned parts whose weights do not sum to 1 within 0.01",
        "glTF 2.0, 3.7.3.3",
    ),
    "ANIMATION_STILL": (
        "animations longer than 0 s whose keyframes are equal in every channel, within 1e-6",
        "glTF 2.0, 3.11",
    ),
}


def check_skins(mesh: Mesh) -> Checked:
    """SKIN_WEIGHTS."""
    gauge = Gauge(SKIN, mesh, _METHODS)
    motion, appearance = mesh.motion, mesh.appearance
    if motion is None or appearance is None or not len(motion.part):
        return gauge.absent("it has no skin")
    rows = np.flatnonzero(motion.astray)
    meshes = appearance.parts[motion.part[rows], 0].tolist()
    places = [
        Place("meshes", number, f"{quantity(astray, 'vertices')}, the first is {first}")
        for number, astray, first in zip(
            meshes, motion.astray[rows].tolist(), motion.first_astray[rows].tolist(), strict=True
        )
    ]
    counted = gauge.count(
        "SKIN_WEIGHTS", places, f"in {len(rows)} of {quantity(len(motion.part), 'parts')}"
    )
    total = float(motion.astray.sum(dtype=np.int64))
    return gauge.judged(gauge.value("SKIN_WEIGHTS", total, places, counted.detail))


def check_animations(mesh: Mesh) -> Checked:
    """ANIMATION_STILL."""
    gauge = Gauge(ANIMATION, mesh, _METHODS)
    motion = mesh.motion
    if motion is None or not len(motion.seconds):
        return gauge.absent("it has no animation")
    still = (motion.channels > 0) & (motion.still == motion.channels) & (motion.seconds > 0)
    places = [
        Place("animations", row, f"{motion.seconds[row]:.3g} s")
        for row in np.flatnonzero(still).tolist()
    ]
    of = f"of {quantity(len(motion.seconds), 'animations')}"
    return gauge.judged(gauge.count("ANIMATION_STILL", places, of))
