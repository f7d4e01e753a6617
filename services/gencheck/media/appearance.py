"""How a mesh looks, as its file has it: what hangs on corners, the parts, materials and textures.

Arrays in columns, as kernels read them and as they cross a process boundary.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

REPEAT, CLAMP, MIRROR = 10_497, 33_071, 33_648
"""What a texture does outside of 0..1 (glTF 2.0, 3.8.4.5)."""


class AlphaMode(IntEnum):
    """What alpha does (glTF 2.0, 3.9.4)."""

    OPAQUE = 0
    MASK = 1
    BLEND = 2


class Slot(IntEnum):
    """What a material uses a texture for; the column in ``Materials``."""

    BASE_COLOUR = 0
    METALLIC_ROUGHNESS = 1
    NORMAL = 2
    OCCLUSION = 3
    EMISSIVE = 4


@dataclass(frozen=True, slots=True)
class Materials:
    """The materials of a file, one row each, in its order.

    Attributes:
        base_colour: ``float32 [M, 4]`` linear factors, alpha last.
        metallic, roughness: ``float32 [M]``, 0..1.
        emissive: ``float32 [M, 3]`` linear.
        alpha_mode: ``uint8 [M]`` of ``AlphaMode``.
        alpha_cutoff: ``float32 [M]``, for ``MASK``.
        double_sided, unlit: ``bool [M]``.
        texture: ``int32 [M, 5]``, a row of ``Textures`` by ``Slot``; -1 for none.
        uv_set: ``int32 [M, 5]`` the number n of ``TEXCOORD_n`` that the texture asks for.
        uv_transform: ``float32 [M, 5, 2, 3]`` from the mesh's UV to the texture's
            (``KHR_texture_transform``).
    """

    base_colour: NDArray[np.float32] = field(repr=False)
    metallic: NDArray[np.float32] = field(repr=False)
    roughness: NDArray[np.float32] = field(repr=False)
    emissive: NDArray[np.float32] = field(repr=False)
    alpha_mode: NDArray[np.uint8] = field(repr=False)
    alpha_cutoff: NDArray[np.float32] = field(repr=False)
    double_sided: NDArray[np.bool_] = field(repr=False)
    unlit: NDArray[np.bool_] = field(repr=False)
    texture: NDArray[np.int32] = field(repr=False)
    uv_set: NDArray[np.int32] = field(repr=False)
    uv_transform: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Textures:
    """The textures of a file, one row each, in its order.

    Attributes:
        wrap: ``int32 [T, 2]`` of ``wrapS`` and ``wrapT``: ``REPEAT``, ``CLAMP`` or ``MIRROR``.
        shape: ``int32 [T, 2]`` height and width of what is in ``texels``; 0 where nothing is.
        start: ``int64 [T]`` the first of its rows in ``texels``.
        texels: ``uint8 [N, 4]`` RGBA as stored (sRGB for colours), row by row from the top; made
            smaller than in the file where it is large. Only of what is drawn: base colours.
    """

    wrap: NDArray[np.int32] = field(repr=False)
    shape: NDArray[np.int32] = field(repr=False)
    start: NDArray[np.int64] = field(repr=False)
    texels: NDArray[np.uint8] = field(repr=False)


class ImageState(IntEnum):
    """What became of an image."""

    FINE = 0
    ELSEWHERE = 1
    """In another file, which is not read."""
    MISSING = 2
    """No bytes where the document says that there are some."""
    BROKEN = 3
    """Of no format that is known, or damaged."""
    NOT_DECODED = 4
    """KTX2: only its header is read."""
    BEYOND = 5
    """Over the bounds of what is decoded."""


@dataclass(frozen=True, slots=True)
class Images:
    """The images of a file, one row each, in its order.

    Attributes:
        of_texture: ``int32 [T]`` the image that each texture shows; -1 for none.
        state: ``uint8 [I]`` of ``ImageState``.
        shape: ``int32 [I, 2]`` height and width in the file; 0 where not known.
        channels, bits: ``uint8 [I]``, of one texel and of one channel; 0 where not known.
        size: ``int64 [I]`` encoded bytes; 0 where there are none.
        levels: ``int32 [I]`` of detail, of KTX2; 0 of others.
        alpha: ``float32 [I, 3]`` share of texels with alpha below 255, share of those in 1..254,
            and the smallest alpha, 0..255. NaN where pixels were not looked at.
        plain: ``bool [I]`` whether all pixels that were looked at are equal.
        lean: ``float32 [I]`` of normal maps, degrees between their mean and +z; NaN where pixels
            were not looked at.
    """

    of_texture: NDArray[np.int32] = field(repr=False)
    state: NDArray[np.uint8] = field(repr=False)
    shape: NDArray[np.int32] = field(repr=False)
    channels: NDArray[np.uint8] = field(repr=False)
    bits: NDArray[np.uint8] = field(repr=False)
    size: NDArray[np.int64] = field(repr=False)
    levels: NDArray[np.int32] = field(repr=False)
    alpha: NDArray[np.float32] = field(repr=False)
    plain: NDArray[np.bool_] = field(repr=False)
    lean: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Appearance:
    """What hangs on the vertices and faces of a mesh, and what its parts are made of.

    Attributes:
        uv: ``float32 [U, 2]`` texture coordinates, the first set; v grows downwards as in glTF;
            NaN where a part has none. ``None`` where no part has any.
        uv_faces: ``int32 [F, 3]`` rows of ``uv`` at the corners; ``None``: those of the vertices.
        second_uv: ``float32 [V, 2]``, the second set, in the same way.
        normals: ``float32 [V, 3]`` in the space of the vertices, of length 1 as far as the file's
            are; NaN where a part has none; ``None`` where no part has any.
        tangents: ``float32 [V, 4]`` in the same way, the sign of the bitangent last.
        colours: ``float32 [V, 4]`` linear factors, 1 where a part has none.
        parts: ``int32 [P, 5]``, a primitive as it is placed: mesh, primitive, material (-1 for
            none), first vertex, first face. They follow each other without gaps. Where there are
            ``materials``, the third is a row of them.
        uv_sets: the most sets of texture coordinates that a primitive has.
    """

    uv: NDArray[np.float32] | None = field(default=None, repr=False)
    uv_faces: NDArray[np.int32] | None = field(default=None, repr=False)
    second_uv: NDArray[np.float32] | None = field(default=None, repr=False)
    normals: NDArray[np.float32] | None = field(default=None, repr=False)
    tangents: NDArray[np.float32] | None = field(default=None, repr=False)
    colours: NDArray[np.float32] | None = field(default=None, repr=False)
    parts: NDArray[np.int32] = field(default_factory=lambda: np.zeros((0, 5), np.int32), repr=False)
    materials: Materials | None = field(default=None, repr=False)
    textures: Textures | None = field(default=None, repr=False)
    images: Images | None = field(default=None, repr=False)
    uv_sets: int = 0

    def part_of(self, faces: NDArray[np.integer]) -> NDArray[np.intp]:
        """The row of ``parts`` that each face belongs to."""
        found: NDArray[np.intp] = np.searchsorted(self.parts[:, 4], faces, side="right") - 1
        return found

    def pointer(self, part: int) -> str:
        """Where a part stands in the document (RFC 6901)."""
        mesh, primitive = self.parts[part, :2].tolist()
        return f"/meshes/{mesh}/primitives/{primitive}"
