"""How a mesh lies in texture space: its texture coordinates, welded, by texture.

Rows of UV are equal where position, texture coordinates and texture are: normal seams split
vertices that are one in the texture. Texture coordinates are used as read, in double precision,
with ``KHR_texture_transform`` applied; v grows downwards.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.media.appearance import Appearance, Materials
from gencheck.media.types import Mesh
from gencheck.mesh.faces import SOUND
from gencheck.mesh.scale import in_use
from gencheck.mesh.survey import Survey
from gencheck.mesh.weld import first_of_equal

MAPPED, FLAT, MISSING, UNSEEN, AGAIN = 0, 1, 2, 3, 4

ROUNDING = 2.0**-22
"""A triangle whose height is at most this share of its largest coordinate has no area in UV: so
much may be left of one on a line when its corners are rounded to single precision."""

SMALLEST = 2.0**-300
FIRST_SET = 0

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Layout:
    """The faces in texture space.

    Attributes:
        uv: ``float64 [R, 3]`` u, v, times ``2**-exponent`` and so within ±0.5, and a number for
            the texture that sets the spaces of different textures apart.
        exponent: of two; areas go back by twice of it.
        corners: ``int32 [F, 3]`` rows of ``uv``.
        kinds: ``uint8 [F]``: ``MAPPED`` faces have area in space and in UV; ``FLAT`` ones none in
            UV; ``MISSING`` have no texture coordinates; ``UNSEEN`` no area in space; ``AGAIN``
            belong to a further placement of a part, whose UV is the same.
        turns: ``float64 [F]`` twice the signed area of each face in ``uv``; positive where u, v, in
            that order, turn as the face does: mirrored, as v grows downwards.
        part: ``int32 [F]`` row of ``Appearance.parts``; 0 where there are none.
        space: ``int32 [F]`` number of the texture.
    """

    uv: _Floats = field(repr=False)
    exponent: int
    corners: _Ints = field(repr=False)
    kinds: NDArray[np.uint8] = field(repr=False)
    turns: _Floats = field(repr=False)
    part: _Ints = field(repr=False)
    space: _Ints = field(repr=False)

    @property
    def mapped(self) -> _Ints:
        """``int32 [n]``: the faces with area in space and in UV, ascending."""
        return np.flatnonzero(self.kinds == MAPPED).astype(np.int32)

    @property
    def unit_area(self) -> float:
        """What the area of 1 of ``uv`` is in UV units; infinite where a double cannot hold it."""
        return math.ldexp(1.0, 2 * self.exponent) if self.exponent < 500 else math.inf


@kernel
def has_area(bu: float, bv: float, cu: float, cv: float, au: float, av: float) -> bool:
    """Whether a triangle has more area than rounding may have left (``ROUNDING``).

    Args:
        bu: the second corner less the first, along u, like ``bv`` along v, ``cu`` and ``cv``.
        au: the first corner, like ``av``.
    """
    du, dv = cu - bu, cv - bv
    longest = math.sqrt(max(bu * bu + bv * bv, cu * cu + cv * cv, du * du + dv * dv))
    largest = max(abs(au), abs(av), abs(au + bu), abs(av + bv), abs(au + cu), abs(av + cv))
    return abs(bu * cv - bv * cu) > ROUNDING * longest * largest


@kernel
def _largest(uv: _Floats, used: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float]:
    """Which rows are finite, and the largest magnitude of those in use."""
    finite = np.empty(len(uv), np.bool_)
    largest = 0.0
    for i in range(len(uv)):
        finite[i] = math.isfinite(uv[i, 0]) and math.isfinite(uv[i, 1])
        if finite[i] and used[i]:
            largest = max(largest, abs(uv[i, 0]), abs(uv[i, 1]))
    return finite, largest


@kernel
def _scale(uv: _Floats, used: NDArray[np.bool_], by: float, step: float) -> None:
    """Scale u and v by a power of two, and the number of the texture to steps apart.

    What is below 2**-300 then is as good as zero, as ``predicates.py`` asks for. Rows that no face
    uses, or that are not finite, become zero too.
    """
    for i in range(len(uv)):
        for k in range(2):
            scaled = uv[i, k] * by
            sound = used[i] and abs(scaled) >= SMALLEST and math.isfinite(scaled)
            uv[i, k] = scaled if sound else 0.0
        uv[i, 2] *= step


@kernel
def _classify(
    uv: _Floats,
    finite: NDArray[np.bool_],
    corners: _Ints,
    kinds: NDArray[np.uint8],
    turns: _Floats,
) -> None:
    """Find ``MISSING`` and ``FLAT`` faces among those that are ``MAPPED`` so far."""
    for f in range(len(corners)):
        a, b, c = corners[f, 0], corners[f, 1], corners[f, 2]
        if not (finite[a] and finite[b] and finite[c]):
            turns[f] = 0.0
            if kinds[f] == MAPPED:
                kinds[f] = MISSING
            continue
        au, av = uv[a, 0], uv[a, 1]
        bu, bv, cu, cv = uv[b, 0] - au, uv[b, 1] - av, uv[c, 0] - au, uv[c, 1] - av
        turns[f] = bu * cv - bv * cu
        if kinds[f] == MAPPED and not has_area(bu, bv, cu, cv, au, av):
            kinds[f] = FLAT


def lay_out(mesh: Mesh, state: Survey) -> Layout | None:
    """Where the faces lie in the first set of texture coordinates.

    Args:
        mesh: as read.
        state: of the same mesh, welded.

    Returns:
        ``None`` where the mesh has no texture coordinates.
    """
    looks = mesh.appearance
    if looks is None or looks.uv is None:
        return None
    part = part_of_faces(looks, len(mesh.faces))
    space_of_part = _spaces(looks)
    space = space_of_part[part]
    uv, corners = _weld(looks, mesh.faces, state.faces, space_of_part, part)
    used = in_use(corners, len(uv))
    finite, largest = _largest(uv, used)
    exponent = math.frexp(largest)[1] + 1 if largest > 0.0 else 0
    _scale(uv, used, math.ldexp(1.0, -exponent), 0.5 / (1 + space_of_part.max()))
    kinds = np.where(state.kinds == SOUND, MAPPED, UNSEEN).astype(np.uint8)
    if looks.uv_faces is None:
        kinds[_placed_again(looks, mesh.faces)[part]] = AGAIN
    turns = np.empty(len(corners))
    _classify(uv, finite, corners, kinds, turns)
    return Layout(uv, exponent, corners, kinds, turns, part, space)


def _weld(
    looks: Appearance, faces: _Ints, welded: _Ints, space_of_part: _Ints, part: _Ints
) -> tuple[_Floats, _Ints]:
    """UV with the number of its space, and the first of equal rows at each corner."""
    assert looks.uv is not None
    if looks.uv_faces is None:
        uv, rows = _transformed(looks), faces
        place = np.zeros(len(uv), np.int64)
        place[faces.ravel()] = welded.ravel()
        space = np.zeros(len(uv), np.int64)
        if len(looks.parts):
            space = np.repeat(space_of_part, lengths(looks.parts[:, 3], len(uv)))
    else:
        uv = looks.uv[looks.uv_faces.ravel()].astype(np.float64)
        rows = np.arange(faces.size, dtype=np.int32).reshape(-1, 3)
        place, space = welded.ravel().astype(np.int64), np.repeat(space_of_part[part], 3)
    keys = np.empty((len(uv), 3), np.int64)
    keys[:, 0] = place | space.astype(np.int64) << 32
    keys[:, 1:] = (uv + 0.0).view(np.int64)  # + 0.0 turns -0.0 into 0.0
    wide = np.empty((len(uv), 3))
    wide[:, :2], wide[:, 2] = uv, space
    return wide, first_of_equal(keys)[rows]


def lengths(starts: NDArray[np.integer], total: int) -> NDArray[np.intp]:
    """How many items each of some parts in a row has; what is before them is the first one's."""
    bounds = np.append(starts, total).astype(np.intp)
    bounds[0] = 0
    return np.diff(bounds)


def part_of_faces(looks: Appearance, n_faces: int) -> _Ints:
    """The row of ``parts`` of each face, ``int32 [F]``; 0 where there are none."""
    if not len(looks.parts):
        return np.zeros(n_faces, np.int32)
    numbers = np.arange(len(looks.parts), dtype=np.int32)
    return np.repeat(numbers, lengths(looks.parts[:, 4], n_faces))


def _spaces(looks: Appearance) -> _Ints:
    """A number for the texture of each part, ``int32 [P]``; of parts without, for the material."""
    if not len(looks.parts):
        return np.zeros(1, np.int32)
    material = looks.parts[:, 2].astype(np.int64)
    key = material + (1 << 32)
    if looks.materials is not None:
        slot = np.append(slots_of(looks.materials, FIRST_SET), -1)  # the last is of no material
        known = (material >= 0) & (material < len(slot))
        used = slot[np.where(known, material, -1)]
        textured = np.flatnonzero(used >= 0)
        key[textured] = looks.materials.texture[material[textured], used[textured]]
    return np.unique(key, return_inverse=True)[1].astype(np.int32)


def slots_of(materials: Materials, uv_set: int) -> NDArray[np.intp]:
    """The first slot of each material with a texture that asks for a set of UV; -1 for none."""
    wanted = (materials.texture >= 0) & (materials.uv_set == uv_set)
    return np.where(wanted.any(axis=1), wanted.argmax(axis=1), -1)


def _transformed(looks: Appearance) -> _Floats:
    """UV as the texture of each part sees them, ``float64 [V, 2]``."""
    assert looks.uv is not None
    uv = looks.uv.astype(np.float64)
    if looks.materials is None:
        return uv
    slot = slots_of(looks.materials, FIRST_SET)
    starts = np.append(looks.parts[:, 3], len(uv))
    for row, material in enumerate(looks.parts[:, 2].tolist()):
        if not 0 <= material < len(slot) or slot[material] < 0:
            continue
        matrix = looks.materials.uv_transform[material, slot[material]].astype(np.float64)
        if not np.array_equal(matrix, np.eye(2, 3)):
            part = slice(starts[row], starts[row + 1])
            uv[part] = uv[part] @ matrix[:, :2].T + matrix[:, 2]
    return uv


def _placed_again(looks: Appearance, faces: _Ints) -> NDArray[np.bool_]:
    """Which parts are a further placement of an earlier one, ``bool [P]``."""
    if not len(looks.parts):
        return np.zeros(1, np.bool_)
    size = lengths(looks.parts[:, 4], len(faces))
    first = np.unique(np.column_stack([looks.parts[:, :3], size]), axis=0, return_index=True)[1]
    again = np.ones(len(looks.parts), np.bool_)
    again[first] = False
    return again
