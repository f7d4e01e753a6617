"""Buffer views that are compressed with meshopt.

Source: EXT_meshopt_compression; appendix B for the filters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import UnsupportedMedia

NAME = "EXT_meshopt_compression"


class MeshoptError(Exception):
    """The data cannot be read."""


def unpack(data: memoryview, count: int, stride: int, mode: object, how: object) -> bytes:
    """The bytes of a view.

    Args:
        data: compressed.
        count: elements; their bytes are allocated, so the caller bounds ``count * stride``.
        stride: bytes of an element.
        mode: ``ATTRIBUTES``, ``TRIANGLES`` or ``INDICES``.
        how: filter: ``NONE``, ``OCTAHEDRAL`` or ``EXPONENTIAL``.

    Raises:
        MeshoptError: a stride or count that the mode does not allow, or data that do not come out.
        UnsupportedMedia: a filter for rotations, of which no mesh is made.
    """
    packed = np.frombuffer(data, np.uint8)
    if mode == "ATTRIBUTES":
        return _filtered(_attributes(packed, count, stride), how).tobytes()
    if mode not in ("TRIANGLES", "INDICES") or how != "NONE":
        raise MeshoptError("an unknown mode, or one with a filter")
    return _indices(packed, count, stride, is_list=mode == "TRIANGLES").tobytes()


def _attributes(data: NDArray[np.uint8], count: int, stride: int) -> NDArray[np.uint8]:
    from gencheck.media.gltf.meshopt_codecs import read_attributes

    if not 4 <= stride <= 256 or stride % 4:
        raise MeshoptError(f"elements of {stride} bytes")
    out = np.empty((count, stride), np.uint8)
    if not read_attributes(data, out):
        raise MeshoptError("attributes that do not come out")
    return out


def _indices(
    data: NDArray[np.uint8], count: int, stride: int, *, is_list: bool
) -> NDArray[np.unsignedinteger[Any]]:
    from gencheck.media.gltf.meshopt_codecs import read_indices, read_triangles

    if stride not in (2, 4) or (is_list and count % 3):
        raise MeshoptError(f"{count} indices of {stride} bytes")
    out = np.empty(count, np.uint32)
    if not (read_triangles(data, out) if is_list else read_indices(data, out)):
        raise MeshoptError("indices that do not come out")
    if stride == 4:
        return out
    if int(out.max(initial=0)) > 0xFFFF:
        raise MeshoptError("an index of more than 16 bits")
    return out.astype("<u2")


def _filtered(values: NDArray[np.uint8], how: object) -> NDArray[Any]:
    stride = values.shape[1]
    if how == "NONE":
        return values
    if how == "OCTAHEDRAL" and stride in (4, 8):
        return _octahedral(values.view("<i1" if stride == 4 else "<i2"))
    if how == "EXPONENTIAL":
        bits = values.view("<i4")
        scaled: NDArray[Any] = np.ldexp((bits << 8 >> 8).astype(np.float32), bits >> 24)
        return scaled
    if how == "QUATERNION":
        raise UnsupportedMedia(
            "vertices compressed as rotations are not read", fix="Export it without compression."
        )
    raise MeshoptError("a filter that does not fit")


def _octahedral(packed: NDArray[Any]) -> NDArray[Any]:
    """Unit vectors from the faces of an octahedron; the fourth number is left as it is."""
    one = packed[:, 2].astype(np.float32)
    x, y = packed[:, 0] / one, packed[:, 1] / one
    z = 1 - np.abs(x) - np.abs(y)
    below = np.minimum(z, 0)
    x, y = x - np.copysign(below, x), y - np.copysign(below, y)
    length = np.sqrt(x * x + y * y + z * z)
    top = np.iinfo(packed.dtype).max
    out = packed.copy()
    for axis, part in enumerate((x, y, z)):
        out[:, axis] = np.nan_to_num(np.round(part / length * top))
    return out


def warm_up() -> None:
    """Compile the kernels, or load them from their cache."""
    nothing = memoryview(bytes(1))
    for mode in ("ATTRIBUTES", "TRIANGLES", "INDICES"):
        try:
            unpack(nothing, 0, 4, mode, "NONE")
        except MeshoptError:
            continue
