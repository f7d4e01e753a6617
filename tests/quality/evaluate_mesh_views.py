"""What the artifact check says to plain views of clean meshes: every finding is a false alarm.

Two sets of up to 24, two views each: real meshes of ``GENCHECK_DATA`` in which the mesh check finds
nothing MAJOR or worse, and shapes made here with real photos as textures. The figures say whether
views of meshes can be handed to the artifact check; a renderer's smooth shades and straight edges
are no faults of a mesh.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import trimesh
from artifact_clean import print_group
from artifact_pictures import photo_paths, read_photo
from evaluate_mesh import folders_of, read
from made_materials import white
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.findings import Severity
from gencheck.media.appearance import Appearance, Textures
from gencheck.media.types import Image, Mesh
from gencheck.mesh.check import check_mesh, warm_up
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies
from gencheck.render.views import prepare, render_views

_MESHES = 24  # of each set
_VIEWS = ("three-quarter", "front")
_SIDE = 1_024
Views = Iterator[tuple[str, Image]]


def views_of(name: str, mesh: Mesh) -> Views:
    """Plain views as a router hands them on."""
    drawn = render_views(prepare(mesh), marked_faces=None, views=_VIEWS, deadline=Deadline())
    for view, pixels in drawn.items():
        yield f"{name} {view}", Image(pixels, None, "PNG")


def real(data: Path, policy: Policy) -> Views:
    """Meshes in which nothing serious is found."""
    taken = 0
    for path in sorted(path for folder in folders_of(data) for path in folder.iterdir()):
        try:
            mesh = read(path)
        except (GencheckError, TypeError, IsADirectoryError):
            continue
        found = grade(check_mesh(mesh, deadline=Deadline()).measurements, policy)
        if len(mesh.faces) and max((f.severity for f in found), default=0) < Severity.MAJOR:
            taken += 1
            yield from views_of(path.name, mesh)
        if taken == _MESHES:
            return


def made(data: Path) -> Views:
    """Shapes with photos around them."""
    paths = [path for files in photo_paths(data, "evaluate").values() for path in files]
    shapes = (
        trimesh.creation.icosphere(subdivisions=4),
        trimesh.creation.cylinder(1.0, 1.6),
        trimesh.creation.torus(1.0, 0.4),
        trimesh.creation.capsule(1.2, 0.6),
    )
    for n, path in enumerate(paths[:: max(len(paths) // _MESHES, 1)][:_MESHES]):
        shape = shapes[n % len(shapes)]
        vertices, faces = np.array(shape.vertices), np.array(shape.faces, np.int32)
        looks = wrapped(vertices, np.array(shape.vertex_normals), read_photo(path, _SIDE))
        yield from views_of(path.name, Mesh(vertices, faces, "GLB", appearance=looks))


def wrapped(
    vertices: NDArray[np.float64], normals: NDArray[np.float64], photo: NDArray[np.uint8]
) -> Appearance:
    """A photo laid on from the front and mirrored behind, so that nothing is torn."""
    extent = np.ptp(vertices[:, :2], axis=0).max()
    uv = (vertices[:, :2] - vertices[:, :2].min(axis=0)) / extent * (1.0, -1.0) + (0.0, 1.0)
    texels = cv2.cvtColor(photo, cv2.COLOR_RGB2RGBA).reshape(-1, 4)
    shape = np.array([photo.shape[:2]], np.int32)
    wrap = np.full((1, 2), 33_648, np.int32)
    return Appearance(
        uv=uv.astype(np.float32),
        normals=normals.astype(np.float32),
        parts=np.zeros((1, 5), np.int32),
        materials=replace(white(), texture=np.array([[0, -1, -1, -1, -1]], np.int32)),
        textures=Textures(wrap, shape, np.zeros(1, np.int64), texels.astype(np.uint8)),
    )


def main() -> int:
    """Print the alarms of both sets."""
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    warm_up()
    policy = Policies.load().get("default")
    print(f"Plain views of clean meshes, policy {policy.name}")
    print(f"{'set':<18}{'n':>4} {'FAIL':>5} {'MAJOR':>6} {'MINOR':>6}  MAJOR or worse, 95 %")
    print_group("real meshes", real(Path(root), policy), policy, None)
    print_group("photos on shapes", made(Path(root)), policy, None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
