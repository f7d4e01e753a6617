"""What a mesh costs whoever shows it; a policy knows what a target bears."""

from __future__ import annotations

import numpy as np

from gencheck.codes import quantity
from gencheck.findings import Measurement
from gencheck.media.types import Mesh
from gencheck.mesh.places import Gauge, Place

CHECK = "mesh.budget"
_METHODS = {
    "BUDGET_VERTICES": ("vertices as read, each time that they are placed", ""),
    "BUDGET_FILE_BYTES": ("the file as it was sent", ""),
    "BUDGET_MATERIALS": ("materials that a face has", ""),
    "BUDGET_TEXTURE_SIDE": ("the longer side of the largest image", ""),
    "BUDGET_TEXELS": ("width times height, summed over all images", ""),
    "BUDGET_UV_SETS": ("the most TEXCOORD_n of one primitive", "glTF 2.0, 3.7.2.1"),
    "BUDGET_JOINTS": ("the joints of the largest skin in use", "glTF 2.0, 3.7.3.2"),
    "BUDGET_JOINT_WEIGHTS": ("the most joints with a weight above 0 at one vertex", ""),
    "BUDGET_ANIMATION_SECONDS": ("the last keyframe of the longest animation", ""),
}


def of_budgets(mesh: Mesh) -> list[Measurement]:
    """One for each BUDGET_… that the format of the mesh knows of."""
    gauge = Gauge(CHECK, mesh, _METHODS)
    found = [gauge.value("BUDGET_VERTICES", len(mesh.vertices))]
    if mesh.size:
        found.append(gauge.value("BUDGET_FILE_BYTES", mesh.size))
    return [*found, *_of_appearance(gauge), *_of_motion(gauge)]


def _of_appearance(gauge: Gauge) -> list[Measurement]:
    appearance = gauge.mesh.appearance
    if appearance is None or appearance.materials is None:
        return []
    used = np.unique(appearance.parts[:, 2])
    found = [
        gauge.value("BUDGET_MATERIALS", int((used >= 0).sum())),
        gauge.value("BUDGET_UV_SETS", appearance.uv_sets),
    ]
    if appearance.images is None:
        return found
    shape = appearance.images.shape.astype(np.int64)
    sides = shape.max(axis=1, initial=0)
    largest = int(np.argmax(sides)) if len(sides) else 0
    places = [Place("images", largest, "")] if len(sides) else []
    detail = f"{shape[largest, 1]}x{shape[largest, 0]} at {places[0]}" if places else ""
    return [
        *found,
        gauge.value("BUDGET_TEXTURE_SIDE", int(sides.max(initial=0)), places, detail),
        gauge.value(
            "BUDGET_TEXELS",
            int(shape.prod(axis=1).sum()),
            (),
            f"in {quantity(len(shape), 'images')}",
        ),
    ]


def _of_motion(gauge: Gauge) -> list[Measurement]:
    motion = gauge.mesh.motion
    if motion is None:
        return []
    longest = int(np.argmax(motion.seconds)) if len(motion.seconds) else 0
    places = [Place("animations", longest, "")] if len(motion.seconds) else []
    return [
        gauge.value("BUDGET_JOINTS", int(motion.joints.max(initial=0))),
        gauge.value("BUDGET_JOINT_WEIGHTS", int(motion.influences.max(initial=0))),
        gauge.value("BUDGET_ANIMATION_SECONDS", float(motion.seconds.max(initial=0)), places),
    ]
