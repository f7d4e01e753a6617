"""A small mesh with known defects: what a ready checker must judge rightly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.media.appearance import Appearance
from gencheck.media.types import Mesh

_CORNERS = np.array(
    [[x, y, z] for x in (0.0, 1.0) for y in (0.0, 1.0) for z in (0.0, 1.0)], np.float64
)
_CUBE = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ],
    np.int32,
)  # fmt: skip


def cube(
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0), size: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Eight vertices and twelve faces of a cube, wound outwards."""
    return _CORNERS * size + np.array(origin), _CUBE.copy()


def _golden() -> Mesh:
    """An open cube with a fin on an edge, one inside out that cuts it, and a hollow crumb."""
    open_vertices, open_faces = cube()
    cut_vertices, cut_faces = cube((0.5, 0.25, 0.25), 0.5)
    crumb_vertices, crumb_faces = cube((5.0, 5.0, 5.0), 0.01)
    hollow_vertices, hollow_faces = cube((5.0025, 5.0025, 5.0025), 0.005)
    fin = np.array([[2.0, -1.0, 0.5], [np.nan, 0.0, 0.0]])
    vertices = np.vstack(
        [open_vertices, cut_vertices, crumb_vertices, hollow_vertices, fin, open_vertices[:1]]
    )
    faces = np.vstack(
        [
            open_faces[1:],
            cut_faces[:, ::-1] + 8,
            crumb_faces + 16,
            hollow_faces[:, ::-1] + 24,
            [[4, 5, 32]],  # a third face at an edge of the first cube
            [[0, 34, 1]],  # vertex 34 is vertex 0 again
        ]
    ).astype(np.int32)
    return Mesh(vertices, faces, "GOLDEN", appearance=_looks(vertices))


def _looks(vertices: NDArray[np.float64]) -> Appearance:
    """UV cast along z, normals away from the middle of the first cube, tangents along x."""
    away = vertices - 0.5
    normals = away / np.linalg.norm(away, axis=1, keepdims=True)
    tangents = np.tile(np.array([1.0, 0.0, 0.0, 1.0], np.float32), (len(vertices), 1))
    return Appearance(
        uv=(vertices[:, :2] / 4.0).astype(np.float32),
        normals=normals.astype(np.float32),
        tangents=tangents,
    )


GOLDEN = _golden()
GOLDEN_VALUES = {
    "NON_FINITE": 1.0,
    "DUPLICATE_VERTEX": 1.0,
    "DEGENERATE_FACE": 1.0,
    "DUPLICATE_FACE": 0.0,
    "NON_MANIFOLD_EDGE": 1.0,
    "NON_MANIFOLD_VERTEX": 0.0,
    "INCONSISTENT_WINDING": 0.0,
    "BOUNDARY_LOOP": 2.0,
    "INVERTED_SHELL": 1.0,
    "ZERO_VOLUME": 0.0,
    "FLOATER": 2.0,
    "SELF_INTERSECTION": 12.0,
    "INTERIOR_FACES": 0.0,
    "THIN_WALL": 3716.349,
    "BUDGET_EXCEEDED": 49.0,
    "BUDGET_VERTICES": 35.0,
    "UV_MISSING": 0.0,
    "UV_OUT_OF_RANGE": 25.0,
    "UV_DEGENERATE": 32.0,  # what stands along z
    "UV_INVERTED": 8.0,  # what looks down
    "UV_GUTTER": 4.0,  # one touches another, one is close around another
    "TEXEL_DENSITY": 1.0,
    "UV_OVERLAP": 1.0,  # above and below
    "NORMAL_MISMATCH": 0.458,
    "TANGENT_MISMATCH": 0.75,
}
