"""The header of a KTX2 texture (Khronos KTX File Format 2.0, 3); its pixels are not decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\xabKTX 20\xbb\r\n\x1a\n"
_HEADER = struct.Struct("<9I")
_SCHEMES = (0, 1, 2)  # none, BasisLZ, Zstandard


@dataclass(frozen=True, slots=True)
class Ktx2:
    """What the header says.

    Attributes:
        levels: of detail; 0 asks the viewer to make them.
        for_gltf: whether it is of the kind that ``KHR_texture_basisu`` takes: one 2D picture in
            Basis Universal, with sides that are multiples of 4, and one level or all of them.
    """

    width: int
    height: int
    levels: int
    for_gltf: bool


def read_ktx2(data: bytes) -> Ktx2 | None:
    """The header; ``None`` where it is cut off or the texture has no size."""
    if len(data) < len(MAGIC) + _HEADER.size or not data.startswith(MAGIC):
        return None
    vk_format, _, width, height, depth, layers, faces, levels, scheme = _HEADER.unpack_from(
        data, len(MAGIC)
    )
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        return None
    flat = (depth, layers, faces) == (0, 0, 1)
    whole = levels in (1, max(width, height).bit_length())
    blocks = width % 4 == 0 and height % 4 == 0
    for_gltf = vk_format == 0 and scheme in _SCHEMES and flat and whole and blocks
    return Ktx2(width, height, min(levels, 1 << 15), for_gltf)
