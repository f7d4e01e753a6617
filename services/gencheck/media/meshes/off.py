"""OFF of Geomview: vertices and polygons as text; colours and normals are skipped.

Source: Geomview manual, Object File Formats, OFF.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, UnsupportedMedia
from gencheck.media.appearance import Appearance
from gencheck.media.meshes.limits import check_counts, fans, numbers, whole
from gencheck.media.sniff import OFF_HEADER
from gencheck.media.types import Limits, Mesh


def decode_off(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices and faces of a file, and its UV where the keyword begins with ``ST``.

    Raises:
        DecodeFailed: a count or line that cannot be read, lines that are not there, an index of no
            vertex.
        UnsupportedMedia: a binary file, or vertices of more than three coordinates.
        LimitExceeded: more faces or vertices than the limits.
    """
    head = OFF_HEADER.match(data)
    if head is None:
        raise _failure("the header is not that of OFF", name)
    if head[4] or head[5] or data[head.end() :].split(None, 1)[0:1] == [b"BINARY"]:
        raise UnsupportedMedia(
            "OFF that is binary, or not of three dimensions, is not read",
            where=name,
            fix="Export it as plain OFF, or as another format.",
        )
    lines = _lines(data[head.end() :])
    try:
        count, face_count, *_ = (whole(word) for word in next(lines, b"").split())
    except ValueError:
        raise _failure("no counts of vertices and faces", name) from None
    if count < 0 or face_count < 0:
        raise _failure("a negative count", name)
    check_counts(count, face_count, name, limits)
    try:
        vertices, uv = _vertices(list(islice(lines, count)), count, has_uv=bool(head[1]))
        corners, sizes = _corners(lines, face_count)
    except (ValueError, OverflowError) as error:
        raise _failure(str(error)[:200], name) from None
    if len(corners) and not 0 <= int(corners.min()) <= int(corners.max()) < count:
        worst = int(corners.max() if corners.max() >= count else corners.min())
        raise _failure(f"a face names vertex {worst} of {count}", name)
    check_counts(count, int(np.maximum(sizes - 2, 0).sum()), name, limits)
    notes = {
        "polygons": int((sizes > 3).sum()),
        "faces_of_less_than_3_corners": int((sizes < 3).sum()),
        "lines_behind_the_last_face": sum(1 for _ in lines),
    }
    faces = fans(corners, sizes).astype(np.int32)
    appearance = None if uv is None else Appearance(uv=uv)
    kept = {key: n for key, n in notes.items() if n}
    return Mesh(vertices, faces, "OFF", kept, appearance=appearance)


def _lines(body: bytes) -> Iterator[bytes]:
    """Lines without comments that hold something; the counts may stand behind the keyword."""
    for line in body.splitlines():
        kept = line.partition(b"#")[0] if b"#" in line else line
        if kept and not kept.isspace():
            yield kept


def _vertices(
    lines: list[bytes], count: int, *, has_uv: bool
) -> tuple[NDArray[np.float64], NDArray[np.float32] | None]:
    """Positions ``[V, 3]`` and UV ``[V, 2]``, which stand last; v downwards."""
    if len(lines) < count:
        raise ValueError(f"{count} vertices are announced, {len(lines)} lines are there")
    if not count:
        return np.zeros((0, 3)), None
    words = [line.split() for line in lines]
    least = 5 if has_uv else 3
    if any(len(row) < least for row in words):
        raise ValueError(f"a vertex of less than {least} numbers")
    positions = numbers(b" ".join(word for row in words for word in row[:3])).reshape(-1, 3)
    if not has_uv:
        return positions, None
    uv = numbers(b" ".join(word for row in words for word in row[-2:])).reshape(-1, 2)
    uv[:, 1] = 1 - uv[:, 1]
    return positions, uv.astype(np.float32)


def _corners(lines: Iterator[bytes], count: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """The corners of all polygons in a row, and the number of corners of each."""
    corners: list[bytes] = []
    sizes: list[int] = []
    for line in islice(lines, count):
        words = line.split()
        size = whole(words[0])
        if not 0 <= size < len(words):
            raise ValueError(f"a face of {size} corners with {len(words) - 1} numbers")
        corners += words[1 : size + 1]
        sizes.append(size)
    if len(sizes) < count:
        raise ValueError(f"{count} faces are announced, {len(sizes)} lines are there")
    return numbers(b" ".join(corners), np.int64), np.array(sizes, np.int64)


def _failure(what: str, where: str) -> DecodeFailed:
    return DecodeFailed(what, where=where, fix="Export it again.")
