"""Meshes and looks that tests of pictures share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_materials import white
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.media.appearance import Appearance, Materials, Textures
from gencheck.media.types import Mesh
from gencheck.render.develop import Picture
from gencheck.render.look import look_of
from gencheck.render.shade import Scene
from gencheck.render.views import prepare, render_views

Floats = NDArray[np.float64]
Faces = NDArray[np.int32]


def square(z: float = 0.0, size: float = 1.0) -> tuple[Floats, Faces]:
    """Two triangles that face +z."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64) * size
    return corners + np.array([0, 0, z]), np.array([[0, 1, 2], [0, 2, 3]], np.int32)


def stacked(*parts: tuple[Floats, Faces]) -> tuple[Floats, Faces]:
    """Several meshes as one."""
    firsts = np.cumsum([0, *(len(vertices) for vertices, _ in parts)])
    faces = [faces + first for (_, faces), first in zip(parts, firsts, strict=False)]
    return np.vstack([vertices for vertices, _ in parts]), np.vstack(faces).astype(np.int32)


def unlit(*colours: tuple[float, float, float, float], **changes: object) -> Materials:
    """Materials of these linear colours, which no light changes."""
    made = white(len(colours))
    return replace(
        made,
        base_colour=np.array(colours, np.float32),
        unlit=np.ones(len(colours), np.bool_),
        **changes,
    )


def textures(*pictures: NDArray[np.uint8], wrap: tuple[int, int] = (10497, 10497)) -> Textures:
    """Textures of these RGBA pictures, ``uint8 [H, W, 4]``."""
    shapes = np.array([picture.shape[:2] for picture in pictures], np.int32)
    ends = np.cumsum(shapes.prod(axis=1, dtype=np.int64))
    return Textures(
        wrap=np.tile(np.array(wrap, np.int32), (len(pictures), 1)),
        shape=shapes,
        start=ends - shapes.prod(axis=1, dtype=np.int64),
        texels=np.concatenate([picture.reshape(-1, 4) for picture in pictures]),
    )


def parts(*firsts: int) -> NDArray[np.int32]:
    """Parts that begin at these faces and have the materials 0, 1, 2 …"""
    return np.array([[0, n, n, 0, first] for n, first in enumerate(firsts)], np.int32)


def draw(
    vertices: Floats,
    faces: Faces,
    marked: tuple[int, ...] | None = (),
    *,
    view: str = "front",
    mesh_format: str = "GLB",
    looks: Appearance | None = None,
    size: int = 128,
) -> Picture:
    """One view."""
    model = prepare(Mesh(vertices, faces, mesh_format, appearance=looks))
    drawn = render_views(model, marked_faces=marked, size=size, views=(view,), deadline=Deadline())
    return drawn[view]


def scene(points: NDArray[np.int32], faces: Faces) -> Scene:
    """A grey mesh whose vertices lie at these places on the screen."""
    mesh = Mesh(points.astype(np.float64), faces, "GLB")
    return Scene(points, points.astype(np.float32), faces, np.eye(4, 3), np.ones(3), look_of(mesh))
