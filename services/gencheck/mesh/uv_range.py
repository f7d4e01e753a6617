"""Texture coordinates outside of the texture, and faces that have none though a texture needs them.

Outside of 0..1 a texture repeats, which is often meant, or its last texels are drawn out.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.media.appearance import CLAMP, Appearance
from gencheck.media.types import Mesh
from gencheck.mesh.uv_layout import (
    FIRST_SET,
    FLAT,
    MAPPED,
    MISSING,
    Layout,
    part_of_faces,
    slots_of,
)

TOLERANCE = 2.0**-16
"""How far outside does not count, in UV units: a quarter of a texel of 16,384."""

_REPEATED, _UNKNOWN, _CLAMPED = 1, 2, 3  # 0 is inside

_Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Range:
    """What was found.

    Attributes:
        outside: ``intp [n]`` faces that reach outside where the texture is not known to repeat,
            ascending.
        clamped: those of them whose texture is known to be clamped.
        repeated: faces outside whose texture repeats, or that have none.
        lower: smallest u and v of all faces.
        upper: largest u and v.
        bare: ``intp [m]`` faces that a texture is laid on and that have no texture coordinates.
        missing: faces without texture coordinates in all.
    """

    outside: NDArray[np.intp] = field(repr=False)
    clamped: int
    repeated: int
    lower: tuple[float, float]
    upper: tuple[float, float]
    bare: NDArray[np.intp] = field(repr=False)
    missing: int


def find_range(layout: Layout, looks: Appearance) -> Range:
    """Look at the corners of all faces that are seen, each part once."""
    wraps = _wraps(looks)
    bounds = np.array([[np.inf, np.inf], [-np.inf, -np.inf]])
    seen = (layout.kinds == MAPPED) | (layout.kinds == FLAT)
    unit = 2.0**layout.exponent
    found = _outside(
        layout.uv, layout.corners, seen, layout.part, wraps, -TOLERANCE / unit,
        (1.0 + TOLERANCE) / unit, bounds,
    )  # fmt: skip
    missing = layout.kinds == MISSING
    (lower_u, lower_v), (upper_u, upper_v) = (bounds * unit).tolist()
    return Range(
        outside=np.flatnonzero(found >= _UNKNOWN),
        clamped=int((found == _CLAMPED).sum()),
        repeated=int((found == _REPEATED).sum()),
        lower=(lower_u, lower_v),
        upper=(upper_u, upper_v),
        bare=np.flatnonzero(missing & _textured(looks)[layout.part]),
        missing=int(missing.sum()),
    )


def bare_faces(mesh: Mesh) -> NDArray[np.intp]:
    """The faces with a texture of a mesh that has no texture coordinates at all, ascending."""
    if mesh.appearance is None:
        return np.empty(0, np.intp)
    part = part_of_faces(mesh.appearance, len(mesh.faces))
    return np.flatnonzero(_textured(mesh.appearance)[part])


def _slots(looks: Appearance) -> NDArray[np.intp]:
    """The slot of each part whose texture asks for the first set; -1 for none, -2 if unknown."""
    material = looks.parts[:, 2] if len(looks.parts) else np.full(1, -1)
    if looks.materials is None:
        return np.full(len(material), -2)
    slot = np.append(slots_of(looks.materials, FIRST_SET), -1)  # the last is of no material
    return slot[np.where(material < len(slot), material, -1)]


def _textured(looks: Appearance) -> NDArray[np.bool_]:
    return _slots(looks) >= 0


def _wraps(looks: Appearance) -> _Bytes:
    """What each part's texture does outside of 0..1, ``uint8 [P, 2]`` along u and v."""
    found = wraps_of(looks)
    wraps = np.where(found == CLAMP, _CLAMPED, _REPEATED).astype(np.uint8)
    wraps[(found == 0).all(axis=1) & (_slots(looks) != -1)] = _UNKNOWN
    return wraps


def wraps_of(looks: Appearance) -> NDArray[np.int32]:
    """``Textures.wrap`` of each part's texture, ``int32 [P, 2]``; 0 where there is none known."""
    slot = _slots(looks)
    wraps = np.zeros((len(slot), 2), np.int32)
    textured = np.flatnonzero(slot >= 0)
    if looks.materials is None or looks.textures is None or not len(textured):
        return wraps
    texture = looks.materials.texture[looks.parts[textured, 2], slot[textured]]
    known = texture < len(looks.textures.wrap)
    wraps[textured[known]] = looks.textures.wrap[texture[known]]
    return wraps


@kernel
def _outside(
    uv: NDArray[np.float64],
    corners: NDArray[np.int32],
    seen: NDArray[np.bool_],
    part: NDArray[np.int32],
    wraps: _Bytes,
    lower: float,
    upper: float,
    bounds: NDArray[np.float64],
) -> _Bytes:
    """The worst wrap along the axes on which each face reaches outside, 0 inside; and bounds."""
    found = np.zeros(len(corners), np.uint8)
    for f in range(len(corners)):
        if not seen[f]:
            continue
        for k in range(3):
            for axis in range(2):
                at = uv[corners[f, k], axis]
                bounds[0, axis] = min(bounds[0, axis], at)
                bounds[1, axis] = max(bounds[1, axis], at)
                if at < lower or at > upper:
                    found[f] = max(found[f], wraps[part[f], axis])
    return found
