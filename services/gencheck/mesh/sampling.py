"""The base colour of a mesh where its faces are: factor, texture and vertex colours together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.media.appearance import CLAMP, MIRROR, Appearance, Slot, Textures
from gencheck.media.types import Mesh
from gencheck.render.colours import to_linear

_MOST_PARTS = 50

Floats = NDArray[np.float64]
_Rows = NDArray[np.int64]


def faces_of(mesh: Mesh, appearance: Appearance, material: int, most: int) -> _Rows:
    """The faces that have a material; of more than ``most`` as many, evenly chosen."""
    starts = appearance.parts[:, 4].astype(np.int64)
    ends = np.append(starts[1:], len(mesh.faces))
    has = np.flatnonzero((appearance.parts[:, 2] == material) & (ends > starts))
    sizes = ends[has] - starts[has]
    total = int(sizes.sum())
    wanted = np.linspace(0, total - 1, min(total, most)).astype(np.int64)
    before = np.append(0, np.cumsum(sizes))
    part = np.searchsorted(before, wanted, side="right") - 1
    chosen: _Rows = starts[has][part] + wanted - before[part]
    return chosen


@np.errstate(all="ignore")  # what is not finite, or comes to be so, is left out
def sample(mesh: Mesh, appearance: Appearance, material: int, points: int) -> Floats | None:
    """Linear RGBA ``float64 [n, 4]`` of a material, in the middle of equal parts of its faces.

    Args:
        points: no more than so many.

    Returns:
        ``None`` where no face has the material, or its texture or UV is not there to be looked at.
    """
    materials, textures = appearance.materials, appearance.textures
    faces = faces_of(mesh, appearance, material, points)
    if materials is None or not len(faces):
        return None
    weights = _spread(points // len(faces))
    factor = materials.base_colour[material].astype(np.float64)
    colours = np.tile(factor, (len(weights), len(faces), 1))
    if appearance.colours is not None:
        colours *= _blend(appearance.colours, mesh.faces[faces], weights)
    texture = int(materials.texture[material, Slot.BASE_COLOUR])
    if texture >= 0:
        uv = _uv(mesh, appearance, material, faces, weights)
        if textures is None or uv is None or not textures.shape[texture].all():
            return None
        colours *= _texels(textures, texture, uv)
    flat: Floats = colours.reshape(-1, 4)
    whole = np.isfinite(flat).all(axis=1)
    return flat[whole] if whole.any() else None


_LINEAR = to_linear(np.arange(256.0))


def _spread(most: int) -> Floats:
    """Barycentric coordinates ``[k², 3]`` of the middles of equal parts of a triangle."""
    k = max(1, min(_MOST_PARTS, int(most**0.5)))
    i, j = np.mgrid[0:k, 0:k]
    upright, tipped = i + j < k, i + j < k - 1
    first = np.concatenate([i[upright] + 1 / 3, i[tipped] + 2 / 3]) / k
    second = np.concatenate([j[upright] + 1 / 3, j[tipped] + 2 / 3]) / k
    return np.stack([first, second, 1 - first - second], axis=1)


def _blend(values: NDArray[np.float32], corners: NDArray[np.integer], weights: Floats) -> Floats:
    """Values of corners ``[F, 3]`` at each point of each face: ``[k², F, width]``."""
    blended: Floats = np.einsum("kc,fcw->kfw", weights, values[corners].astype(np.float64))
    return blended


def _uv(
    mesh: Mesh, appearance: Appearance, material: int, faces: _Rows, weights: Floats
) -> Floats | None:
    """Where the points are in the texture ``[k², F, 2]``; ``None`` where the set was not read."""
    assert appearance.materials is not None
    at = (material, Slot.BASE_COLOUR)
    number = int(appearance.materials.uv_set[at])
    values = {0: appearance.uv, 1: appearance.second_uv}.get(number)
    if values is None:
        return None
    own = number == 0 and appearance.uv_faces is not None
    rows = appearance.uv_faces if own else mesh.faces
    assert rows is not None
    transform = appearance.materials.uv_transform[at].astype(np.float64)
    found: Floats = _blend(values, rows[faces], weights) @ transform[:, :2].T + transform[:, 2]
    return found


def _texels(textures: Textures, row: int, uv: Floats) -> Floats:
    """Linear RGBA of the texels that hold each point; NaN where the UV is not finite."""
    height, width = textures.shape[row].tolist()
    whole = np.isfinite(uv).all(axis=-1)
    index = np.full(whole.shape, int(textures.start[row]), np.int64)
    for axis, size, step in ((0, width, 1), (1, height, width)):
        wrapped = _wrap(uv[whole][:, axis], int(textures.wrap[row, axis]))
        index[whole] += np.minimum((wrapped * size).astype(np.int64), size - 1) * step
    stored = textures.texels[index]
    found = np.concatenate([_LINEAR[stored[..., :3]], stored[..., 3:] / 255], axis=-1)
    found[~whole] = np.nan
    return found


def _wrap(values: Floats, how: int) -> Floats:
    """Into 0..1 (glTF 2.0, 3.8.4.5)."""
    if how == CLAMP:
        return np.clip(values, 0.0, 1.0)
    if how == MIRROR:
        return 1.0 - np.abs(np.mod(values, 2.0) - 1.0)
    return np.mod(values, 1.0)
