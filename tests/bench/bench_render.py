"""How long pictures of meshes take, beside PyVista (VTK, OpenGL in software) in the same run.

From arrays to the pixels of 512 × 512, each pixel of 2 × 2 samples; PyVista draws with the same
supersampling. ``PyVista, turned`` is one more view of a mesh that VTK holds already.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import mesh_samples as samples
import numpy as np
from bench_mesh import beside, row, saved, say_whether_peers_are_here

from gencheck.deadline import Deadline
from gencheck.media.appearance import Appearance, Materials, Textures
from gencheck.media.types import Mesh
from gencheck.mesh.check import warm_up
from gencheck.render.camera import VIEWS
from gencheck.render.views import prepare, render_views

_SIDE = 2_048


def picture(mesh: Mesh, *, marked: list[int] | None = None, views: int = 1) -> None:
    """From a mesh to pixels."""
    render_views(prepare(mesh), marked_faces=marked, views=VIEWS[:views], deadline=Deadline())


def textured(sample: samples.Sample) -> Mesh:
    """The ball with a texture of noise, once around, and smooth normals."""
    vertices, faces = sample
    normals = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    around = np.arctan2(normals[:, 0], normals[:, 2]) / (2.0 * np.pi) + 0.5
    uv = np.stack([around, 0.5 - normals[:, 1] / 2.0], axis=1)
    texels = np.random.default_rng(1).integers(0, 256, (_SIDE * _SIDE, 4)).astype(np.uint8)
    materials = Materials(
        base_colour=np.ones((1, 4), np.float32),
        metallic=np.zeros(1, np.float32),
        roughness=np.ones(1, np.float32),
        emissive=np.zeros((1, 3), np.float32),
        alpha_mode=np.zeros(1, np.uint8),
        alpha_cutoff=np.full(1, 0.5, np.float32),
        double_sided=np.zeros(1, np.bool_),
        unlit=np.zeros(1, np.bool_),
        texture=np.array([[0, -1, -1, -1, -1]], np.int32),
        uv_set=np.zeros((1, 5), np.int32),
        uv_transform=np.tile(np.eye(2, 3, dtype=np.float32), (1, 5, 1, 1)),
    )
    shape, wrap = np.array([[_SIDE, _SIDE]], np.int32), np.full((1, 2), 10_497, np.int32)
    looks = Appearance(
        uv=uv.astype(np.float32),
        normals=normals.astype(np.float32),
        parts=np.zeros((1, 5), np.int32),
        materials=materials,
        textures=Textures(wrap, shape, np.zeros(1, np.int64), texels),
    )
    return Mesh(vertices, faces, "GLB", appearance=looks)


def bench(folder: Path) -> None:
    """Print the table."""
    print("\nMedian of five, milliseconds")
    for name, sample in (
        ("ball", samples.sphere(8)),
        ("ball, shuffled", samples.shuffled(samples.sphere(8))),
        ("ball", samples.sphere(6)),
        ("ball", samples.sphere(3)),
    ):
        mesh = Mesh(*sample, "PLY")
        title = f"{name} of {len(sample[1])} faces"
        one = row(f"{title}, one view", lambda: picture(mesh))  # noqa: B023
        file = saved(folder, "ball", sample)
        beside(one, "picture", ("pyvista",), file)
        four = row(f"{title}, four views", lambda: picture(mesh, views=4))  # noqa: B023
        print(f"    {four / one:.2f} times one view")
        beside(four / 4, "turned", ("pyvista",), file)
    ball = samples.sphere(8)
    every = list(range(0, len(ball[1]), 50))
    mesh = Mesh(*ball, "PLY")
    row(f"{len(every)} faces of 1310720 marked, one view", lambda: picture(mesh, marked=every))
    looks = textured(ball)
    row(f"1310720 faces, a texture of {_SIDE}², one view", lambda: picture(looks))
    looks = textured(samples.sphere(5))
    row(f"20480 faces, a texture of {_SIDE}², one view", lambda: picture(looks))
    square = np.array([[-1.0, -1, 0], [1, -1, 0], [0, 1, 0]])
    stack = Mesh(square, np.tile(np.array([[0, 1, 2]], np.int32), (1_000_000, 1)), "PLY")
    row("1000000 faces that cover all, one view", lambda: picture(stack))
    parts = [(ball[0] * scale, ball[1] + n * len(ball[0])) for n, scale in enumerate((1, 2, 3, 4))]
    many = np.vstack([faces for _, faces in parts]).astype(np.int32)
    mesh = Mesh(np.vstack([vertices for vertices, _ in parts]), many, "PLY")
    row(f"{len(many)} faces, one view", lambda: picture(mesh))


def main() -> None:
    """Run it."""
    warm_up()
    say_whether_peers_are_here()
    with tempfile.TemporaryDirectory() as folder:
        bench(Path(folder))


if __name__ == "__main__":
    sys.exit(main())
