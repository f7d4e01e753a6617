"""Pictures of a mesh for people: shaded, with its bad faces in red."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.media.types import Mesh
from gencheck.render.camera import VIEWS, fit_to_picture, view_rotation
from gencheck.render.raster import Buffers, rasterise

Picture = NDArray[np.uint8]
_Colours = NDArray[np.float32]

_SAMPLES = 2  # a side, for each pixel of the result
_WIRE_FACES = 60_000
_OUTLINED = 2_000

_FRONT = np.array([198.0, 203.0, 211.0], np.float32)
_BACK = np.array([128.0, 143.0, 168.0], np.float32)  # seen from behind: cooler and darker
_RED = np.array([222.0, 38.0, 32.0], np.float32)
_DARK_RED = (176, 12, 14)
_SKY, _GROUND = 250.0, 226.0

_KEY = np.array([-0.45, 0.62, 0.64])
_FILL = np.array([0.72, 0.10, 0.45])


def render_views(
    mesh: Mesh,
    *,
    marked_faces: Sequence[int],
    size: int = 512,
    views: Sequence[str] = VIEWS,
    deadline: Deadline,
) -> dict[str, Picture]:
    """Draw a mesh from several sides, orthographically, on a light background.

    Faces seen from behind are bluish. Marked faces are red; where others hide them they shine
    through, and their outlines are drawn over everything. Faces with a vertex that is not finite
    are left out. A mesh without faces gives empty pictures.

    Args:
        marked_faces: indices into ``mesh.faces``; those out of range are ignored.
        size: pixels a side.
        views: names from ``camera.VIEWS``.
        deadline: checked between the stages of each view.

    Returns:
        ``uint8 [size, size, 3]`` RGB for each view, in the order given.

    Raises:
        KeyError: for an unknown view.
    """
    finite = np.asarray(np.isfinite(mesh.vertices).all(axis=1))
    whole = np.asarray(finite[mesh.faces].all(axis=1))
    used = np.zeros(len(mesh.vertices), np.bool_)
    used[mesh.faces[whole]] = True
    bad = np.zeros(len(mesh.faces), np.bool_)
    wanted = np.asarray(marked_faces, np.intp)
    bad[wanted[(wanted >= 0) & (wanted < len(bad))]] = True
    pictures = {}
    for view in views:
        deadline.check()
        points = fit_to_picture(
            mesh.vertices, used, view_rotation(view, mesh.format, z_up=mesh.z_up), size * _SAMPLES
        )
        pictures[view] = _render(points, mesh.faces, whole, bad & whole, size, deadline)
    return pictures


def _render(  # noqa: PLR0917 - one caller, above
    points: NDArray[np.float64],
    faces: NDArray[np.int32],
    whole: NDArray[np.bool_],
    bad: NDArray[np.bool_],
    size: int,
    deadline: Deadline,
) -> Picture:
    fine = size * _SAMPLES
    seen = rasterise(points, faces, np.flatnonzero(whole), fine, deadline)
    colours = _background(fine)
    inside = seen.face >= 0
    visible = np.zeros(len(faces), np.bool_)
    visible[seen.face[inside]] = True
    rank = np.cumsum(visible, dtype=np.int32) - 1
    shade = _shade(points, faces, np.flatnonzero(visible), bad)
    colours[inside] = shade[rank[seen.face[inside]]]
    _draw_wires(colours, seen, int(whole.sum()))
    _draw_silhouette(colours, seen, fine)
    if bad.any():
        marked = rasterise(points, faces, np.flatnonzero(bad), fine, deadline)
        _shine_through(colours, seen, marked, bad)
    small = cv2.resize(colours, (size, size), interpolation=cv2.INTER_AREA)
    picture: Picture = np.clip(small + 0.5, 0, 255).astype(np.uint8)
    _outline(picture, points / _SAMPLES, faces, np.flatnonzero(bad))
    return picture


def _background(size: int) -> _Colours:
    rows = np.linspace(_SKY, _GROUND, size, dtype=np.float32)[:, None, None]
    return np.ascontiguousarray(np.broadcast_to(rows, (size, size, 3)))


def _shade(
    points: NDArray[np.float64],
    faces: NDArray[np.int32],
    visible: NDArray[np.intp],
    bad: NDArray[np.bool_],
) -> _Colours:
    """The colour of each visible face, ``float32 [n, 3]``: a key and a fill light on matt grey."""
    corners = points[faces[visible]] * (1.0, -1.0, 1.0)  # y up again
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    behind = normals[:, 2] < 0.0
    normals[behind] *= -1.0
    key = np.clip(normals @ (_KEY / np.linalg.norm(_KEY)), 0.0, None)
    fill = np.clip(normals @ (_FILL / np.linalg.norm(_FILL)), 0.0, None)
    sky = 0.5 + 0.5 * normals[:, 1]
    light = 0.42 + 0.52 * key + 0.14 * fill + 0.08 * sky
    base = np.where(behind[:, None], _BACK, _FRONT)
    base = np.where(bad[visible][:, None], _RED, base)
    shaded: _Colours = (base * light[:, None]).astype(np.float32)
    return shaded


def _draw_wires(colours: _Colours, seen: Buffers, n_faces: int) -> None:
    """Thin edges, only where faces are large enough in the picture for them to help."""
    covered = int((seen.face >= 0).sum())
    if n_faces > _WIRE_FACES or covered / max(n_faces, 1) < 90.0:
        return
    strength = 0.30 * np.clip(1.3 - seen.edge, 0.0, 1.0) * (seen.face >= 0)
    _darken(colours, strength)


def _darken(colours: _Colours, strength: NDArray[np.float32]) -> None:
    changed = strength > 0.0
    colours[changed] *= (1.0 - strength[changed])[:, None]


def _draw_silhouette(colours: _Colours, seen: Buffers, size: int) -> None:
    """A soft dark line where the depth jumps."""
    depth = np.maximum(seen.depth, np.float32(-2.0 * size))
    kernel = np.ones((3, 3), np.uint8)
    jump = cv2.dilate(depth, kernel) - depth
    line = np.clip((jump - 0.02 * size) / (0.02 * size), 0.0, 1.0)
    _darken(colours, 0.45 * line)


def _shine_through(
    colours: _Colours, seen: Buffers, marked: Buffers, bad: NDArray[np.bool_]
) -> None:
    hidden = (marked.face >= 0) & (seen.face >= 0)
    hidden[hidden] = ~bad[seen.face[hidden]]
    colours[hidden] = 0.62 * colours[hidden] + 0.38 * _RED


def _outline(
    picture: Picture,
    points: NDArray[np.float64],
    faces: NDArray[np.int32],
    bad: NDArray[np.intp],
) -> None:
    """Outlines of the marked faces over everything; a ring where a face is too small to see."""
    corners = points[faces[bad[:_OUTLINED]]][:, :, :2]
    fixed = np.round(corners * 16.0).astype(np.int32)  # cv2 takes 4 fractional bits
    cv2.polylines(picture, list(fixed), True, _DARK_RED, 1, cv2.LINE_AA, 4)
    extent = np.ptp(corners, axis=1).max(axis=1, initial=0.0)
    if len(bad) <= 50:
        for face in fixed[extent < 6.0]:
            x, y = np.round(face.mean(axis=0)).astype(int).tolist()
            cv2.circle(picture, (x, y), 7 * 16, _DARK_RED, 1, cv2.LINE_AA, 4)
