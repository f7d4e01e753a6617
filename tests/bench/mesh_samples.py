"""Meshes to measure speed on: made ones of any size, and coplanar CAD meshes where data is set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.weld import weld

Floats = NDArray[np.float64]
Faces = NDArray[np.int32]
Sample = tuple[Floats, Faces]

_CAD = (
    "mesh_trimesh/cycloidal.ply",
    "mesh_trimesh/counter.unitsmm.STL",
    "mesh_trimesh/boolean.glb",
    "mesh_manifold/Offset1.obj",
    "mesh_manifold/openscad-nonmanifold-crash.obj",
)


def sphere(subdivisions: int) -> Sample:
    """A closed sphere of ``20 * 4 ** subdivisions`` faces."""
    ball = trimesh.creation.icosphere(subdivisions=subdivisions)
    return np.array(ball.vertices), np.array(ball.faces, np.int32)


def two_spheres(subdivisions: int) -> Sample:
    """Two spheres that cut each other."""
    vertices, faces = sphere(subdivisions)
    other = vertices * 0.9 + [0.7, 0.1, 0.05]
    return np.vstack([vertices, other]), np.vstack([faces, faces + len(vertices)])


def shuffled(sample: Sample) -> Sample:
    """The same mesh with faces and vertices in random order: the worst case for caches."""
    vertices, faces = sample
    rng = np.random.default_rng(1)
    order = rng.permutation(len(vertices))
    place = np.argsort(order).astype(np.int32)
    return vertices[order], place[faces[rng.permutation(len(faces))]]


def soup(sample: Sample) -> Sample:
    """Each face with vertices of its own, as an STL has them."""
    vertices, faces = sample
    return vertices[faces].reshape(-1, 3), np.arange(faces.size, dtype=np.int32).reshape(-1, 3)


def two_boxes(cuts: int) -> Sample:
    """Two boxes whose sides lie in one plane and overlap, each side of ``2 * 4 ** cuts`` faces."""
    box = trimesh.creation.box()
    for _ in range(cuts):
        box = box.subdivide()
    vertices, faces = np.array(box.vertices), np.array(box.faces, np.int32)
    other = vertices * 0.75 + [0.625, 0.0, 0.125]  # they share the plane x = 0.5, and z = 0.5
    return np.vstack([vertices, other]), np.vstack([faces, faces + len(vertices)])


def cad() -> Iterator[tuple[str, Sample]]:
    """Meshes full of faces in one plane, welded; the real ones only where data is set."""
    yield "two boxes that share planes", two_boxes(5)
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        print("  GENCHECK_DATA is not set: no real CAD meshes")
        return
    for name in _CAD:
        path = Path(root) / name
        mesh = decode(path.read_bytes(), Limits(), name=path.name)
        assert isinstance(mesh, Mesh)
        finite = scale_to_unit(mesh.vertices, mesh.faces).finite
        welded = weld(mesh.vertices, mesh.faces, finite)
        yield path.name, (welded.vertices, welded.faces)
