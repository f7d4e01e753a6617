"""STL, binary and ASCII. Every triangle has vertices of its own: the checker welds them."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.meshes.limits import check_counts, numbers
from gencheck.media.types import Limits, Mesh

_HEADER = 84
_FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
# Possessive: what does not match is not tried again from every position.
_VERTEX = re.compile(rb"\bvertex\s++(\S++\s++\S++\s++\S++)", re.IGNORECASE)


def decode_stl(data: bytes, name: str, limits: Limits) -> Mesh:
    """The triangles of a file; of one that is cut off those that are whole.

    Raises:
        DecodeFailed: not a single triangle although some are announced, or no numbers.
        LimitExceeded: more faces than the limits.
    """
    head = data[:4096].lower()
    announced = int.from_bytes(data[80:84], "little") if len(data) >= _HEADER else -1
    is_text = head.lstrip().startswith(b"solid") and (b"facet" in head or b"endsolid" in head)
    if announced < 0 or (is_text and len(data) != _HEADER + _FACET.itemsize * announced):
        return _ascii(data, name, limits)
    return _binary(data, announced, name, limits)


def _binary(data: bytes, announced: int, name: str, limits: Limits) -> Mesh:
    count = min(announced, (len(data) - _HEADER) // _FACET.itemsize)
    if announced and not count:
        raise DecodeFailed(
            f"{announced} triangles are announced, none is there",
            where=name,
            fix="Export it again.",
            metadata={"announced": str(announced)},
        )
    check_counts(3 * count, count, name, limits)
    facets = np.frombuffer(data, _FACET, count, _HEADER)
    vertices = facets["corners"].reshape(-1, 3).astype(np.float64)
    return _soup(vertices, {"missing_faces": announced - count} if count < announced else {})


def _ascii(data: bytes, name: str, limits: Limits) -> Mesh:
    announced = data.count(b"vertex ") + data.count(b"VERTEX ")
    check_counts(announced, announced // 3, name, limits)
    found = _VERTEX.findall(data)
    if announced - len(found) > 1:  # the last one of a file that is cut off may be short
        raise _unreadable(name)
    try:
        values = numbers(b" ".join(found))
    except ValueError:
        raise _unreadable(name) from None
    if len(values) != 3 * len(found):
        raise _unreadable(name)
    vertices = values.reshape(-1, 3)
    check_counts(len(vertices), len(vertices) // 3, name, limits)
    extra = len(vertices) % 3
    whole = len(vertices) - extra
    return _soup(vertices[:whole], {"vertices_without_face": extra} if extra else {})


def _unreadable(name: str) -> DecodeFailed:
    return DecodeFailed(
        "a vertex of this ASCII STL is not three numbers", where=name, fix="Export it again."
    )


def _soup(vertices: NDArray[np.float64], notes: dict[str, int]) -> Mesh:
    faces = np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)
    return Mesh(vertices, faces, "STL", notes)
