"""How the faces of a mesh look, as kernels read it: nothing in it leads out of an array.

What an ``Appearance`` has in other shapes than it says, or with rows that do not exist, is left
out, and the mesh is drawn without.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.media.appearance import Appearance, Materials, Slot
from gencheck.media.types import Mesh
from gencheck.render.colours import to_linear
from gencheck.render.texture import Pyramids, pyramids_of

Singles = NDArray[np.float32]
Ints = NDArray[np.int32]

_SLOTS = (Slot.BASE_COLOUR, Slot.EMISSIVE)
_GREY = to_linear(np.array([198.0, 203.0, 211.0]))
_WHITE = np.ones(3)
_BRIGHTEST = 100.0
_TINT = 0.02
"""By how much linear channels differ in a colour. Greys are what exporters write where nobody
chose: 1 is the default of glTF, 0.8 of Blender, 0.5 of Maya."""


class Look(NamedTuple):
    """Columns by face, by vertex and by material. Material 0 is that of faces that have none.

    Attributes:
        material: ``int32 [F]``, or empty where all faces have none.
        uv, second_uv: ``float32 [U, 2]``, ``[V, 2]``; empty where there are none.
        uv_faces: ``int32 [F, 3]`` rows of ``uv``; empty: those of the vertices.
        normals: ``float32 [V, 3]``; empty where there are none.
        colours: ``float32 [V, 4]``; empty where there are none.
        base: ``float32 [M, 4]``, linear.
        emissive: ``float32 [M, 3]``, linear.
        mode: ``uint8 [M]`` of ``AlphaMode``.
        cutoff: ``float32 [M]``.
        double_sided, unlit: ``bool [M]``.
        texture: ``int32 [M, 2]`` for the base colour and for what glows; -1 for none.
        uv_set: ``int32 [M, 2]``.
        uv_transform: ``float32 [M, 2, 2, 3]``.
        pyramids: the textures.
    """

    material: Ints
    uv: Singles
    second_uv: Singles
    uv_faces: Ints
    normals: Singles
    colours: Singles
    base: Singles
    emissive: Singles
    mode: NDArray[np.uint8]
    cutoff: Singles
    double_sided: NDArray[np.bool_]
    unlit: NDArray[np.bool_]
    texture: Ints
    uv_set: Ints
    uv_transform: Singles
    pyramids: Pyramids


def look_of(mesh: Mesh) -> Look:
    """What a mesh looks like; light grey where nothing says more."""
    has = mesh.appearance or Appearance()
    vertices, faces = len(mesh.vertices), len(mesh.faces)
    colours = _rows(has.colours, vertices, 4)
    table = _table(has.materials, plain=_WHITE if len(colours) else _GREY)
    asked = table["texture"]
    pyramids = pyramids_of(has.textures, set(np.unique(asked).tolist()))
    there = np.append(pyramids.shape[:, 0, 0] > 0, False)
    held = there[np.where((asked >= 0) & (asked < len(there)), asked, len(there) - 1)]
    table["emissive"][(asked[:, 1] >= 0) & ~held[:, 1]] = 0.0  # where it glows is not known
    table["texture"] = np.where(held, asked, np.int32(-1))
    uv, uv_faces = _uv_of(has, vertices, faces)
    return Look(
        material=_material_of(has, faces, len(table["base"])),
        uv=uv,
        second_uv=_rows(has.second_uv, vertices, 2),
        uv_faces=uv_faces,
        normals=_rows(has.normals, vertices, 3),
        colours=colours,
        pyramids=pyramids,
        **table,
    )


def shows_colour(look: Look, drawn: NDArray[np.bool_]) -> bool:
    """Whether pictures of a mesh show a texture, or colours of its own that are no mere greys.

    Args:
        drawn: ``bool [F]``.
    """
    rows = np.unique(look.material[drawn]) if len(look.material) else np.zeros(0, np.int32)
    rows = rows[rows > 0]
    if any(_tinted(column) for column in (look.base[rows], look.emissive[rows], look.colours)):
        return True
    sets = np.array([len(look.uv) > 0, len(look.second_uv) > 0])
    asked = look.uv_set[rows]
    placed = (asked >= 0) & (asked < 2) & sets[np.clip(asked, 0, 1)]
    placed[:, 1] &= np.any(look.emissive[rows] > 0.0, axis=1)
    return bool(np.any(placed & (look.texture[rows] >= 0)))


def _tinted(column: Singles) -> bool:
    red, green, blue = column[:, 0], column[:, 1], column[:, 2]
    with np.errstate(invalid="ignore"):
        return bool(np.any((abs(red - green) > _TINT) | (abs(green - blue) > _TINT)))


def _rows(column: Singles | None, rows: int, width: int) -> Singles:
    if column is None or column.shape != (rows, width):
        return np.zeros((0, width), np.float32)
    return np.require(column, np.float32, ("C", "A", "W"))


def _uv_of(has: Appearance, vertices: int, faces: int) -> tuple[Singles, Ints]:
    """UV and the rows at the corners, which are those of the vertices where nothing says more."""
    corners = np.zeros((0, 3), np.int32)
    if has.uv is None or has.uv_faces is None:
        return _rows(has.uv, vertices, 2), corners
    uv = _rows(has.uv, len(has.uv), 2)
    if has.uv_faces.shape != (faces, 3) or not faces:
        return uv[:0], corners
    if has.uv_faces.min() < 0 or has.uv_faces.max() >= len(uv):
        return uv[:0], corners
    return uv, np.require(has.uv_faces, np.int32, ("C", "A", "W"))


def _material_of(has: Appearance, faces: int, rows: int) -> Ints:
    """The row of the table for each face; empty where all have none."""
    firsts, materials = has.parts[:, 4], has.parts[:, 2]
    ordered = len(firsts) > 0 and firsts[0] >= 0 and bool((np.diff(firsts) >= 0).all())
    if rows < 2 or not ordered:
        return np.zeros(0, np.int32)
    ends = np.minimum(np.append(firsts, faces), faces)
    named = np.where((materials >= 0) & (materials < rows - 1), materials + 1, 0)
    before = np.zeros(ends[0], np.int32)
    return np.concatenate([before, np.repeat(named.astype(np.int32), np.diff(ends))])


def _table(materials: Materials | None, *, plain: NDArray[np.float64]) -> dict[str, Any]:
    """The columns of the materials, with one before them for faces that have none."""
    count = 0 if materials is None else len(materials.base_colour)
    table: dict[str, Any] = {
        "base": np.ones((count + 1, 4), np.float32),
        "emissive": np.zeros((count + 1, 3), np.float32),
        "mode": np.zeros(count + 1, np.uint8),
        "cutoff": np.full(count + 1, 0.5, np.float32),
        "double_sided": np.zeros(count + 1, np.bool_),
        "unlit": np.zeros(count + 1, np.bool_),
        "texture": np.full((count + 1, 2), -1, np.int32),
        "uv_set": np.zeros((count + 1, 2), np.int32),
        "uv_transform": np.zeros((count + 1, 2, 2, 3), np.float32),
    }
    table["base"][0, :3] = plain
    if materials is not None:
        table["base"][1:] = np.nan_to_num(np.clip(materials.base_colour, 0.0, 1.0))
        table["emissive"][1:] = np.nan_to_num(np.clip(materials.emissive, 0.0, _BRIGHTEST))
        table["mode"][1:] = materials.alpha_mode
        table["cutoff"][1:] = materials.alpha_cutoff
        table["double_sided"][1:] = materials.double_sided
        table["unlit"][1:] = materials.unlit
        table["texture"][1:] = materials.texture[:, _SLOTS]
        table["uv_set"][1:] = materials.uv_set[:, _SLOTS]
        table["uv_transform"][1:] = materials.uv_transform[:, _SLOTS]
    return table
