"""Pictures of a mesh: as it looks, with its bad faces in red for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.jit import kernel
from gencheck.lanes import each, halves, in_halves
from gencheck.media.appearance import REPEAT, AlphaMode, Textures
from gencheck.media.types import Mesh
from gencheck.render.camera import VIEWS, look_at, to_unit, view_rotation
from gencheck.render.develop import SAMPLES, Picture, develop, drawn_of
from gencheck.render.look import Look, look_of
from gencheck.render.marks import outline
from gencheck.render.raster import (
    NO_LAYER,
    NO_SAMPLES,
    NOTHING,
    Ints,
    draw,
    draw_cut_out,
    draw_veils,
)
from gencheck.render.shade import scene_of
from gencheck.render.texture import pyramids_of

_WIRE_FACES = 60_000
_WIRE_SAMPLES = 90.0  # that a face covers for its edges to be of help


@dataclass(frozen=True, slots=True)
class Model:
    """A mesh made ready for pictures of it from any side.

    Attributes:
        format: of the file, which says which way is up, unless ``z_up`` does.
        faces: ``int32 [F, 3]``.
        whole: ``bool [F]``: faces whose vertices are finite.
        used: ``bool [V]``: the vertices of these.
        unit: ``float32 [V, 3]`` within ±1.
        look: how the faces look.
        orders: the faces that are opaque, cut out by alpha, and seen through.
    """

    format: str
    z_up: bool
    faces: Ints = field(repr=False)
    whole: NDArray[np.bool_] = field(repr=False)
    used: NDArray[np.bool_] = field(repr=False)
    unit: NDArray[np.float32] = field(repr=False)
    look: Look = field(repr=False)
    orders: tuple[Ints, Ints, Ints] = field(repr=False)


def warm_up(mesh: Mesh) -> None:
    """Compile the kernels, or load them from their cache: draw a mesh, and read a texture."""
    wrap, shape = np.full((1, 2), REPEAT, np.int32), np.array([[2, 2]], np.int32)
    pyramids_of(Textures(wrap, shape, np.zeros(1, np.int64), np.zeros((4, 4), np.uint8)), {0})
    model = prepare(mesh)
    render_views(model, marked_faces=[0], size=32, views=VIEWS[:1], deadline=Deadline())


def prepare(mesh: Mesh) -> Model:
    """Do what all pictures of a mesh share. Faces with a vertex that is not finite are left out."""
    vertices = np.require(mesh.vertices, np.float64, ("C", "A", "W"))
    faces = np.require(mesh.faces, np.int32, ("C", "A", "W"))
    finite = np.zeros(len(vertices), np.bool_)
    in_halves(lambda a, b: _find_finite(vertices, finite, a, b), len(vertices))
    whole, used = np.zeros(len(faces), np.bool_), np.zeros(len(vertices), np.bool_)
    in_halves(lambda a, b: _find_whole(finite, faces, whole, used, a, b), len(faces))
    look = look_of(mesh)
    unit = to_unit(vertices, used)
    return Model(mesh.format, mesh.z_up, faces, whole, used, unit, look, _orders(look, whole))


def render_views(
    model: Model,
    *,
    marked_faces: Sequence[int] | None,
    size: int = 512,
    views: Sequence[str] = VIEWS,
    deadline: Deadline,
) -> dict[str, Picture]:
    """Draw a mesh from several sides, orthographically, on a light background.

    Colours, textures, smooth normals, and what can be seen through are drawn where the mesh has
    them; else it is light grey. Faces seen from behind are bluish unless they have two sides.
    Marked faces are red; where others hide them they shine through, and their outlines are drawn
    over everything. A mesh without faces gives empty pictures.

    Args:
        marked_faces: indices into the faces; those out of range are ignored. ``None``: a picture
            for models and not for people, without edges and marks.
        size: pixels a side.
        views: names from ``camera.VIEWS``.
        deadline: checked between the stages of each view.

    Returns:
        ``uint8 [size, size, 3]`` RGB for each view, in the order given.

    Raises:
        KeyError: for an unknown view.
    """
    rotations = [view_rotation(view, model.format, z_up=model.z_up) for view in views]
    bad = np.zeros(len(model.faces), np.bool_)
    wanted = np.asarray([] if marked_faces is None else marked_faces, np.intp)
    bad[wanted[(wanted >= 0) & (wanted < len(bad))]] = True
    bad &= model.whole
    alone, plain = len(views) == 1, marked_faces is None

    def picture(rotation: NDArray[np.float64]) -> Picture:
        return _render(model, bad, rotation, size, deadline, alone=alone, plain=plain)

    return dict(zip(views, each(picture, rotations, short=alone), strict=True))


@kernel
def _find_finite(
    vertices: NDArray[np.float64], finite: NDArray[np.bool_], begin: int, end: int
) -> None:
    for v in range(begin, end):
        # A sum of zeros, and NaN where one of them is not finite.
        rest = 0.0 * vertices[v, 0] + 0.0 * vertices[v, 1] + 0.0 * vertices[v, 2]
        finite[v] = rest == 0.0


@kernel
def _find_whole(  # noqa: PLR0917 - kernels are called by position
    finite: NDArray[np.bool_],
    faces: Ints,
    whole: NDArray[np.bool_],
    used: NDArray[np.bool_],
    begin: int,
    end: int,
) -> None:
    """Which faces have only finite vertices, and which vertices those are."""
    for f in range(begin, end):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        if finite[i] and finite[j] and finite[k]:
            whole[f] = True
            used[i] = used[j] = used[k] = True


def _orders(look: Look, whole: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """The faces that are opaque, cut out, and seen through."""
    all_of_them = np.flatnonzero(whole).astype(np.int32)
    if not len(look.material):
        return all_of_them, all_of_them[:0], all_of_them[:0]
    modes = look.mode[look.material[all_of_them]]
    opaque, cut_out, veils = (all_of_them[modes == mode] for mode in AlphaMode)
    return opaque, cut_out, veils


def _render(
    model: Model,
    bad: NDArray[np.bool_],
    rotation: NDArray[np.float64],
    size: int,
    deadline: Deadline,
    *,
    alone: bool,
    plain: bool,
) -> Picture:
    fine = size * SAMPLES
    deadline.check()
    screen = look_at(model.unit, model.used, rotation, fine)
    scene = scene_of(screen, model.unit, model.faces, model.look)
    opaque, cut_out, veils = model.orders
    seen = draw(scene, opaque, fine, deadline, alone=alone)
    draw_cut_out(scene, cut_out, seen, deadline)
    layer = draw_veils(scene, veils, seen, deadline) if len(veils) else NO_LAYER
    marked = np.flatnonzero(bad).astype(np.int32)
    shining = draw(scene, marked, fine, deadline, alone=alone) if len(marked) else NO_SAMPLES
    wires = not plain and _wires_help(model, seen)
    bad = bad if len(marked) else bad[:0]
    coloured = len(model.look.material) > 0 or len(model.look.colours) > 0
    drawn = drawn_of(
        seen,
        layer,
        shining,
        bad,
        muted=coloured and len(bad) > 0,
        wires=wires,
        scale=screen.scale,
    )
    picture = np.empty((size, size, 3), np.uint8)
    deadline.check()
    each(lambda rows: develop(scene, drawn, picture, *rows), halves(size), short=not alone)
    if len(marked):
        outline(picture, screen.points, model.faces, marked, shining)
    return picture


def _wires_help(model: Model, seen: NDArray[np.int64]) -> bool:
    """Edges are drawn only where faces are large enough in the picture for them to help."""
    faces = sum(len(order) for order in model.orders)
    if not 0 < faces <= _WIRE_FACES:
        return False
    return int(np.count_nonzero(seen != NOTHING)) >= _WIRE_SAMPLES * faces
