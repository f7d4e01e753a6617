"""Normals and tangents of a file against the geometry: only what is grossly wrong.

A tangent points to where u grows. The bitangent, the cross product of normal and tangent times the
tangent's fourth number, points to where v falls, as v grows downwards (glTF 2.0, 3.7.2.1 and
3.9.3; MikkTSpace). Averaged over a vertex both are still within 90° of what each face asks for,
unless faces meet there that no common direction serves.
"""

# ruff: noqa: PLR0917 - kernels are called by position

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import kernel
from gencheck.lanes import in_halves
from gencheck.media.types import Mesh
from gencheck.mesh.faces import SOUND
from gencheck.mesh.points import Point, point
from gencheck.mesh.survey import Survey
from gencheck.mesh.uv_layout import has_area

SLACK = 0.01
"""Cosine: half a degree beyond 90° does not count, as much as quantised normals may be off."""

AGAINST, ASTRAY = 1, 2
_NORMALS, _AGAINST, _TANGENTS, _BACKWARDS, _WRONG_HANDED, _ASTRAY = range(6)

_Singles = NDArray[np.float32]
_Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Shading:
    """What was found at the corners of faces that have area in space.

    Attributes:
        against: ``intp [n]`` faces with a corner whose normal points behind them, ascending.
        normals: such corners, and those with a normal at all.
        astray: ``intp [m]`` faces with a corner whose tangent or handedness is wrong, ascending.
        tangents: such corners, and those where a tangent and the direction of u are known.
        backwards: corners whose tangent points against u.
        wrong_handed: corners whose bitangent points against where it should.
    """

    against: NDArray[np.intp] = field(repr=False)
    normals: tuple[int, int]
    astray: NDArray[np.intp] = field(repr=False)
    tangents: tuple[int, int]
    backwards: int
    wrong_handed: int


def find_shading(mesh: Mesh, state: Survey) -> Shading | None:
    """Compare normals and tangents with the faces; ``None`` where the file has no normals.

    Args:
        mesh: as read.
        state: of the same mesh, welded: its vertices are within ±0.5.
    """
    looks = mesh.appearance
    if looks is None or looks.normals is None:
        return None
    normals = np.require(looks.normals, np.float32, ("C", "A", "W"))
    none = np.empty((0, 4), np.float32)
    # Without texture coordinates nobody can tell where a tangent should point.
    told = looks.tangents is not None and looks.uv is not None and looks.uv_faces is None
    tangents = np.require(looks.tangents, np.float32, ("C", "A", "W")) if told else none
    uv = np.require(looks.uv, np.float32, ("C", "A", "W")) if told else none[:, :2].copy()
    flaws = np.zeros(len(mesh.faces), np.uint8)
    sound = state.kinds == SOUND

    def compare(begin: int, end: int) -> NDArray[np.int64]:
        return _compare(
            state.scaled.vertices, state.faces, mesh.faces, sound, normals, tangents, uv,
            begin, end, flaws,
        )  # fmt: skip

    counts = np.sum(in_halves(compare, len(mesh.faces)), axis=0).tolist()
    return Shading(
        against=np.flatnonzero(flaws & AGAINST),
        normals=(counts[_AGAINST], counts[_NORMALS]),
        astray=np.flatnonzero(flaws & ASTRAY),
        tangents=(counts[_ASTRAY], counts[_TANGENTS]),
        backwards=counts[_BACKWARDS],
        wrong_handed=counts[_WRONG_HANDED],
    )


@kernel
def _row(values: _Singles, i: int) -> Point:
    return np.float64(values[i, 0]), np.float64(values[i, 1]), np.float64(values[i, 2])


@kernel
def _minus(a: Point, b: Point) -> Point:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@kernel
def _dot(a: Point, b: Point) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@kernel
def _cosine(a: Point, b: Point) -> float:
    """Of the angle between; NaN where one has no length or is not finite."""
    return _dot(a, b) / math.sqrt(_dot(a, a) * _dot(b, b))


@kernel
def _along_u(u: Point, v: Point, corners: _Ints, uv: _Singles) -> tuple[Point, float]:
    """Where u grows on a face with sides ``u`` and ``v``, and which way it turns in UV; 0: flat."""
    a, b, c = corners[0], corners[1], corners[2]
    au, av = np.float64(uv[a, 0]), np.float64(uv[a, 1])
    bu, bv = np.float64(uv[b, 0]) - au, np.float64(uv[b, 1]) - av
    cu, cv = np.float64(uv[c, 0]) - au, np.float64(uv[c, 1]) - av
    turn = 1.0 if has_area(bu, bv, cu, cv, au, av) else 0.0
    turn = math.copysign(turn, bu * cv - cu * bv)
    direction = (
        turn * (u[0] * cv - v[0] * bv),
        turn * (u[1] * cv - v[1] * bv),
        turn * (u[2] * cv - v[2] * bv),
    )
    return direction, turn


@kernel
def _compare(
    vertices: NDArray[np.float64],
    welded: _Ints,
    faces: _Ints,
    sound: NDArray[np.bool_],
    normals: _Singles,
    tangents: _Singles,
    uv: _Singles,
    begin: int,
    end: int,
    flaws: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Compare all corners of the faces of a range; the counts."""
    counts = np.zeros(6, np.int64)
    for f in range(begin, end):
        if not sound[f]:
            continue
        a, b, c = (point(vertices, welded[f, 0]), point(vertices, welded[f, 1]),
                   point(vertices, welded[f, 2]))  # fmt: skip
        u, v = _minus(b, a), _minus(c, a)
        normal = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
        direction, turn = (0.0, 0.0, 0.0), 0.0
        if len(tangents):
            direction, turn = _along_u(u, v, faces[f], uv)
        for k in range(3):
            i = faces[f, k]
            facing = _cosine(_row(normals, i), normal)
            if not math.isfinite(facing):
                continue
            counts[_NORMALS] += 1
            if facing < -SLACK:
                counts[_AGAINST] += 1
                flaws[f] |= AGAINST
            if turn == 0.0:
                continue
            along = _cosine(_row(tangents, i), direction)
            if not math.isfinite(along):
                continue
            counts[_TANGENTS] += 1
            backwards = along < -SLACK
            wrong_handed = abs(facing) > SLACK and tangents[i, 3] * turn * facing > 0.0
            counts[_BACKWARDS] += backwards
            counts[_WRONG_HANDED] += wrong_handed
            if backwards or wrong_handed:
                counts[_ASTRAY] += 1
                flaws[f] |= ASTRAY
    return counts
