"""STL, binary and ASCII. Every triangle has vertices of its own: the checker welds them."""

from __future__ import annotations

import re

import numpy as np

from gencheck.errors import DecodeFailed
from gencheck.media.mesh_limits import check_counts
from gencheck.media.types import Limits, Mesh

_HEADER = 84
_FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_NUMBER = rb"[-+]?(?:[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+\.|nan|inf(?:inity)?)"
_VERTEX = re.compile(rb"vertex\s+(%b)\s+(%b)\s+(%b)" % (_NUMBER, _NUMBER, _NUMBER), re.IGNORECASE)


def decode_stl(data: bytes, name: str, limits: Limits) -> Mesh:
    """The triangles of a file; of a binary one that is cut off those that are whole.

    Raises:
        DecodeFailed: not a single triangle although some are announced.
        LimitExceeded: more faces than the limits.
    """
    is_text = data.lstrip()[:5].lower() == b"solid" and b"facet" in data[:4096].lower()
    announced = int.from_bytes(data[80:84], "little") if len(data) >= _HEADER else -1
    if is_text and len(data) != _HEADER + _FACET.itemsize * announced:
        return _ascii(data, name, limits)
    if announced < 0:
        return _ascii(data, name, limits)
    return _binary(data, announced, name, limits)


def _binary(data: bytes, announced: int, name: str, limits: Limits) -> Mesh:
    count = min(announced, (len(data) - _HEADER) // _FACET.itemsize)
    if announced and not count:
        raise DecodeFailed(f"{announced} triangles are announced, none is there", where=name)
    check_counts(3 * count, count, name, limits)
    facets = np.frombuffer(data, _FACET, count, _HEADER)
    vertices = facets["corners"].reshape(-1, 3).astype(np.float64)
    notes = {"missing_faces": announced - count} if count < announced else {}
    return _soup(vertices, notes)


def _ascii(data: bytes, name: str, limits: Limits) -> Mesh:
    found = _VERTEX.findall(data)
    if not found and b"vertex" in data.lower():
        raise DecodeFailed("the vertices of this ASCII STL cannot be read", where=name)
    count = len(found) // 3
    check_counts(3 * count, count, name, limits)
    flat = np.array([value for triple in found[: 3 * count] for value in triple])
    vertices = flat.astype(np.float64).reshape(-1, 3)
    extra = len(found) - 3 * count
    return _soup(vertices, {"vertices_without_face": extra} if extra else {})


def _soup(
    vertices: np.ndarray[tuple[int, ...], np.dtype[np.float64]], notes: dict[str, int]
) -> Mesh:
    faces = np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)
    return Mesh(vertices.reshape(-1, 3), faces, "STL", notes)
