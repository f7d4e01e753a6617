"""Draco in glTF: the accessors that a compressed primitive stands for, where DracoPy is installed.

Source: KHR_draco_mesh_compression; Draco Bitstream Specification 2.2, 3 and 4. Draco is C++ that
strangers' bytes reach: this runs in decoding processes only.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded, UnsupportedMedia
from gencheck.media.gltf.accessors import Accessors, Array, GltfError
from gencheck.media.types import Limits

NAME = "KHR_draco_mesh_compression"
_MAX_ATTRIBUTES = 100
_METADATA = 0x8000
_EDGEBREAKER = 1


def unpack(
    primitive: dict[str, Any], accessors: Accessors, pointer: str, limits: Limits
) -> dict[int, Array]:
    """Arrays ``[count, width]`` by the index of the accessor that each stands for.

    Raises:
        UnsupportedMedia: DracoPy is not installed.
        GltfError: the extension or its data cannot be read.
        LimitExceeded: more faces or vertices than the limits.
    """
    if find_spec("DracoPy") is None:
        raise UnsupportedMedia(
            "the geometry is compressed with Draco, which is read where DracoPy is installed",
            fix="Ask the operator for: pip install 'gencheck[draco]'; or export it without.",
            metadata={"extension": NAME},
        )
    where = f"{pointer}/extensions/{NAME}"
    extension = primitive["extensions"][NAME]
    ids = extension.get("attributes") if isinstance(extension, dict) else None
    if not isinstance(ids, dict) or len(ids) > _MAX_ATTRIBUTES:
        raise GltfError("no attributes", where)
    data = accessors.view(extension.get("bufferView"), f"{where}/bufferView")
    _check_counts(data, limits, where)
    decoded, faces = _decode(bytes(data), where)
    if len(faces) > limits.max_faces or len(decoded.points) > limits.max_vertices:
        raise _too_many(len(faces), len(decoded.points), where)
    found = {_index(primitive, "indices", pointer): faces.reshape(-1, 1)}
    held = {attribute["unique_id"]: attribute["data"] for attribute in decoded.attributes}
    for name, number in ids.items():
        if not isinstance(number, int) or number not in held:
            raise GltfError(f"attribute {str(number)[:20]} is not in the Draco data", where)
        values = held[number].reshape(len(decoded.points), -1)
        found[_index(primitive["attributes"], name, f"{pointer}/attributes")] = values
    return found


def _decode(data: bytes, where: str) -> tuple[Any, NDArray[np.uint32]]:
    import DracoPy

    try:
        decoded = DracoPy.decode(data)
    except MemoryError:
        raise
    except Exception:  # its errors are of several kinds
        raise GltfError("the Draco data cannot be decoded", where) from None
    faces = getattr(decoded, "faces", None)
    if faces is None:
        raise GltfError("the Draco data hold points, no triangles", where)
    return decoded, np.ascontiguousarray(faces, np.uint32).reshape(-1, 3)


def _index(holder: dict[str, Any], key: str, pointer: str) -> int:
    index = holder.get(key)
    if isinstance(index, bool) or not isinstance(index, int):
        raise GltfError("no accessor of the Draco data", f"{pointer}/{key[:60]}")
    return index


def _check_counts(data: memoryview, limits: Limits, where: str) -> None:
    """Hold what the data say that they unpack to, to the limits, before they are unpacked."""
    if len(data) < 11 or bytes(data[:5]) != b"DRACO":
        raise GltfError("no Draco data", where)
    version, method = (data[5], data[6]), data[8]
    if int.from_bytes(data[9:11], "little") & _METADATA or version < (2, 2):
        return  # the memory of the process bounds these
    numbers = _varints(data[11 + (method == _EDGEBREAKER) :])
    first, second = next(numbers, 0), next(numbers, 0)
    vertices, faces = (first, second) if method == _EDGEBREAKER else (second, first)
    if faces > limits.max_faces or vertices > limits.max_vertices:
        raise _too_many(faces, vertices, where)


def _varints(data: memoryview) -> Iterator[int]:
    """Numbers of seven bits a byte, least first (LEB128)."""
    value = shift = 0
    for byte in data[:20]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0


def _too_many(faces: int, vertices: int, where: str) -> LimitExceeded:
    return LimitExceeded(
        f"Draco data of {faces} faces and {vertices} vertices",
        fix="Decimate or split the mesh.",
        metadata={"faces": str(faces), "pointer": where},
    )
