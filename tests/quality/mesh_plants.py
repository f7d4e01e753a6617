"""Clean meshes, and defects put into them: which codes must follow, with which faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Faces = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Planted:
    """A mesh with a defect.

    Attributes:
        expected: each code that must be found, with the faces that it must name; ``None`` for
            a code that names none. No other code may be found.
    """

    vertices: Floats
    faces: Faces
    expected: dict[str, frozenset[int] | None]


def _single(vertices: Floats) -> Floats:
    return vertices.astype(np.float32).astype(np.float64)


def clean(rng: np.random.Generator) -> tuple[Floats, Faces]:
    """A closed, slightly uneven sphere of 320 faces, its coordinates in single precision."""
    ball = trimesh.creation.icosphere(subdivisions=2)
    vertices = np.asarray(ball.vertices) * rng.uniform(0.98, 1.02, (len(ball.vertices), 1))
    return _single(vertices), np.asarray(ball.faces, np.int32)


def _add(
    first: tuple[Floats, Faces], second: tuple[Floats, Faces]
) -> tuple[Floats, Faces, frozenset[int]]:
    """Both, and the faces of the second."""
    faces = np.vstack([first[1], second[1] + np.int32(len(first[0]))])
    new = frozenset(range(len(first[1]), len(faces)))
    return np.vstack([first[0], second[0]]), faces, new


def _neighbours(faces: Faces, f: int) -> frozenset[int]:
    """Faces with two vertices of face f."""
    shared = np.isin(faces, faces[f]).sum(axis=1)
    return frozenset(np.flatnonzero(shared == 2).tolist())


def _around(faces: Faces, v: int) -> frozenset[int]:
    return frozenset(np.flatnonzero((faces == v).any(axis=1)).tolist())


def non_finite(rng: np.random.Generator) -> Planted:
    """A coordinate that is no number."""
    vertices, faces = clean(rng)
    v = int(rng.integers(len(vertices)))
    vertices[v, rng.integers(3)] = rng.choice([np.nan, np.inf, -np.inf])
    return Planted(vertices, faces, {"NON_FINITE": _around(faces, v)})


def collapsed(rng: np.random.Generator) -> Planted:
    """A face that names a vertex twice."""
    vertices, faces = clean(rng)
    a, b = rng.choice(len(vertices), 2, replace=False)
    faces = np.vstack([faces, rng.permutation([[a, a, b]], axis=1)]).astype(np.int32)
    return Planted(vertices, faces, {"DEGENERATE_FACE": frozenset({len(faces) - 1})})


def flat(rng: np.random.Generator) -> Planted:
    """A face of three points on a line: loose, open, and without area besides."""
    line = np.outer(rng.permutation([0.0, 1.0, 3.0]), rng.integers(1, 4, 3)) + np.array(
        [4.0, 0.0, 0.0]
    )
    vertices, faces, new = _add(clean(rng), (line, np.array([[0, 1, 2]], np.int32)))
    return Planted(vertices, faces, {"DEGENERATE_FACE": new, "BOUNDARY_LOOP": new, "FLOATER": new})


def duplicate_face(rng: np.random.Generator) -> Planted:
    """A face that stands twice, in any order of its vertices."""
    vertices, faces = clean(rng)
    f, new = int(rng.integers(len(faces))), len(faces)
    both = frozenset({f, new})
    expected = {
        "DUPLICATE_FACE": frozenset({new}),
        "NON_MANIFOLD_EDGE": both | _neighbours(faces, f),
        "SELF_INTERSECTION": both,
    }
    return Planted(vertices, np.vstack([faces, rng.permutation(faces[f])]), expected)


def duplicate_vertex(rng: np.random.Generator) -> Planted:
    """A face with vertices of its own at the same places: no defect but for the vertices."""
    vertices, faces = clean(rng)
    f = int(rng.integers(len(faces)))
    new = np.vstack([vertices, vertices[faces[f]]])
    faces[f] = np.arange(3) + len(vertices)
    return Planted(new, faces, {"DUPLICATE_VERTEX": None})


def fin(rng: np.random.Generator) -> Planted:
    """A third face at an edge."""
    vertices, faces = clean(rng)
    f, new = int(rng.integers(len(faces))), len(faces)
    a, b = faces[f, :2]
    tip = _single(1.5 * (vertices[a] + vertices[b]))
    at_edge = frozenset(np.flatnonzero(np.isin(faces, [a, b]).sum(axis=1) == 2).tolist())
    expected = {"NON_MANIFOLD_EDGE": at_edge | {new}, "BOUNDARY_LOOP": frozenset({new})}
    faces = np.vstack([faces, [a, b, len(vertices)]]).astype(np.int32)
    return Planted(np.vstack([vertices, tip]), faces, expected)


def pinch(rng: np.random.Generator) -> Planted:
    """Two spheres that share one vertex: the second is the mirror of the first there."""
    vertices, faces = clean(rng)
    axis = int(rng.integers(3))
    v = int(np.argmax(vertices[:, axis]))
    vertices[v, axis] = np.float32(vertices[v, axis] * 1.05)
    mirrored = vertices.copy()
    mirrored[:, axis] = _single(2.0 * vertices[v, axis] - vertices[:, axis])
    both, joined, _ = _add((vertices, faces), (mirrored, faces[:, ::-1]))
    joined[joined == v + len(vertices)] = v
    both[v + len(vertices)] = 9.0  # in no face now, and at no other vertex
    return Planted(both, joined, {"NON_MANIFOLD_VERTEX": _around(joined, v)})


def hole(rng: np.random.Generator) -> Planted:
    """A face that is missing."""
    vertices, faces = clean(rng)
    f = int(rng.integers(len(faces)))
    around = _neighbours(faces, f)
    shifted = frozenset(g - (g > f) for g in around)
    return Planted(vertices, np.delete(faces, f, axis=0), {"BOUNDARY_LOOP": shifted})


def flipped(rng: np.random.Generator) -> Planted:
    """A face wound the other way round."""
    vertices, faces = clean(rng)
    f = int(rng.integers(len(faces)))
    expected = {"INCONSISTENT_WINDING": _neighbours(faces, f) | {f}}
    faces[f] = faces[f, ::-1]
    return Planted(vertices, faces, expected)


def inside_out(rng: np.random.Generator) -> Planted:
    """A second sphere, beside the first, wound inwards."""
    first, second = clean(rng), clean(rng)
    other = (_single(second[0] + [3.0, 0.0, 0.0]), second[1][:, ::-1])
    vertices, faces, new = _add(first, other)
    return Planted(vertices, faces, {"INVERTED_SHELL": new})


def without_volume(rng: np.random.Generator) -> Planted:
    """A closed shell of four faces that lie in one plane."""
    square = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0]], np.float64)
    square = square[:, rng.permutation(3)] + [3.0, 3.0, 3.0]
    shell = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]], np.int32)
    vertices, faces, new = _add(clean(rng), (square, shell))
    return Planted(vertices, faces, {"ZERO_VOLUME": new, "SELF_INTERSECTION": new})


def floater(rng: np.random.Generator) -> Planted:
    """A crumb beside the sphere."""
    crumb = clean(rng)
    small = (_single(crumb[0] * 0.05 + rng.uniform(1.5, 2.0, 3)), crumb[1])
    vertices, faces, new = _add(clean(rng), small)
    return Planted(vertices, faces, {"FLOATER": new})


def pierced(rng: np.random.Generator) -> Planted:
    """A thin pyramid whose tip goes through the middle of one face: its three sides cut it."""
    vertices, faces = clean(rng)
    f = int(rng.integers(len(faces)))
    middle = vertices[faces[f]].mean(axis=0)
    corners = middle + 0.1 * (vertices[faces[f]] - middle)
    pyramid = _single(np.vstack([1.3 * corners, 0.9 * middle]))
    sides = np.array([[0, 1, 2], [1, 0, 3], [2, 1, 3], [0, 2, 3]], np.int32)
    vertices, faces, new = _add((vertices, faces), (pyramid, sides))
    cut = frozenset({f}) | (new - {min(new)})
    return Planted(vertices, faces, {"SELF_INTERSECTION": cut, "FLOATER": new})


def inner_shell(rng: np.random.Generator) -> Planted:
    """A solid inside the sphere, wound outwards as well."""
    inner = clean(rng)
    small = (_single(inner[0] * rng.uniform(0.15, 0.6) + rng.uniform(-0.15, 0.15, 3)), inner[1])
    vertices, faces, new = _add(clean(rng), small)
    return Planted(vertices, faces, {"INTERIOR_FACES": new})


def thin_plate(rng: np.random.Generator) -> Planted:
    """A thin plate beside the sphere: its four large faces."""
    plate = trimesh.creation.box((0.8, 0.9, rng.uniform(1e-4, 0.01)))
    box = _single(np.asarray(plate.vertices) + np.append(rng.uniform(1.6, 2.0, 2), 1.75))
    vertices, faces, _ = _add(clean(rng), (box, np.asarray(plate.faces, np.int32)))
    large = np.ptp(vertices[faces][:, :, 2], axis=1) == 0.0
    return Planted(vertices, faces, {"THIN_WALL": frozenset(np.flatnonzero(large).tolist())})


PLANTS: tuple[Callable[[np.random.Generator], Planted], ...] = (
    non_finite,
    collapsed,
    flat,
    duplicate_face,
    duplicate_vertex,
    fin,
    pinch,
    hole,
    flipped,
    inside_out,
    without_volume,
    floater,
    pierced,
    inner_shell,
    thin_plate,
)
