"""The second set of texture coordinates, for which light maps and occlusion ask mostly."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gencheck.media.types import Mesh
from gencheck.mesh.uv_layout import lengths, part_of_faces

_SECOND_SET = 1


@dataclass(frozen=True, slots=True)
class Second:
    """A mesh as textures see it that ask for the second set.

    Attributes:
        mesh: with the second set in place of the first; parts that no texture asks it for have
            none, and nor do textures that ask for another one.
        faces: how many have a texture that asks for the set.
    """

    mesh: Mesh = field(repr=False)
    faces: int


def second_set(mesh: Mesh) -> Second | None:
    """The second set as if it were the first; ``None`` where no material in use asks for it."""
    looks = mesh.appearance
    if looks is None or looks.materials is None or not len(looks.materials.texture):
        return None
    wanted = (looks.materials.uv_set == _SECOND_SET) & (looks.materials.texture >= 0)
    material = looks.parts[:, 2]
    known = (material >= 0) & (material < len(wanted))
    asks = known & wanted.any(axis=1)[np.where(known, material, 0)]
    faces = int(asks[part_of_faces(looks, len(mesh.faces))].sum()) if len(asks) else 0
    if not faces:
        return None
    uv = looks.second_uv
    if uv is not None and not asks.all():
        of_vertices = np.repeat(asks, lengths(looks.parts[:, 3], len(uv)))
        uv = np.where(of_vertices[:, None], uv, np.float32(np.nan))
    seen = replace(
        looks,
        uv=uv,
        uv_faces=None,
        materials=replace(looks.materials, uv_set=np.where(wanted, 0, _SECOND_SET)),
    )
    return Second(replace(mesh, appearance=seen), faces)
