"""What the artifact check says to plain views of clean meshes: every finding is a false alarm.

Two sets of up to 24, two views each: real meshes of ``GENCHECK_DATA`` in which the mesh check finds
nothing MAJOR or worse, and shapes made here with real photos as textures. The figures say whether
views of meshes can be handed to the artifact check; a renderer's smooth shades and straight edges
are no faults of a mesh. Then, whether damage to a texture is seen at all: strong damage, planted
in photos, found in the texture itself and in any of the two views of a shape that has it.
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
from artifact_damage import Pixels
from artifact_damage_layout import LAYOUT
from artifact_damage_signal import SIGNAL
from artifact_pictures import photo_paths, read_photo
from artifact_whole import whole
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
_DAMAGED = 4  # photos; each has every damage
_STRONG = 2
_IN_TEXTURES = (
    *("BLOCKING", "RINGING", "BLUR", "NOISE", "BANDING", "CHECKERBOARD", "ALIASING"),
    *("TILING", "SEAM"),
)
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
    for n, path in enumerate(photos(data, _MESHES)):
        yield from views_of(path.name, shape_with(n, read_photo(path, _SIDE)))


def photos(data: Path, count: int) -> list[Path]:
    """So many photos, evenly of all."""
    paths = [path for files in photo_paths(data, "evaluate").values() for path in files]
    return paths[:: max(len(paths) // count, 1)][:count]


def shape_with(n: int, photo: Pixels) -> Mesh:
    """One of four shapes, in turn, with a photo around it."""
    shape = (
        lambda: trimesh.creation.icosphere(subdivisions=4),
        lambda: trimesh.creation.cylinder(1.0, 1.6),
        lambda: trimesh.creation.torus(1.0, 0.4),
        lambda: trimesh.creation.capsule(1.2, 0.6),
    )[n % 4]()
    vertices, faces = np.array(shape.vertices), np.array(shape.faces, np.int32)
    looks = wrapped(vertices, np.array(shape.vertex_normals), photo)
    return Mesh(vertices, faces, "GLB", appearance=looks)


def codes_in(image: Image, policy: Policy) -> set[str]:
    """What the artifact check minds."""
    found = grade(whole().check(image).measurements, policy)
    return {finding.code for finding in found if finding.severity >= Severity.MINOR}


def print_planted(data: Path, policy: Policy) -> None:
    """How often damage is found in a texture, and in views of a shape that has it."""
    print(f"\nStrong damage to a texture of {_SIDE}: found in the texture, and in a view of it")
    for damage in (*SIGNAL, *LAYOUT):
        if damage.code not in _IN_TEXTURES or "patch" in damage.name:
            continue
        paths, flat, seen = photos(data, _DAMAGED), 0, 0
        for n, path in enumerate(paths):
            photo = read_photo(path, _SIDE)
            made = damage.make(photo, damage.steps[_STRONG], damage.seeded(path.name))
            assert made is not None  # only copies need a place
            flat += damage.code in codes_in(made.image, policy)
            views = views_of(path.name, shape_with(n, made.image.pixels))
            seen += any(damage.code in codes_in(view, policy) for _, view in views)
        print(f"  {damage.code:<14}{damage.name:<18}{flat:>3} {seen:>3} of {len(paths)}")


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
    """Print the alarms of both sets, and what of planted damage is seen."""
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
    print_planted(Path(root), policy)
    return 0


if __name__ == "__main__":
    sys.exit(main())
