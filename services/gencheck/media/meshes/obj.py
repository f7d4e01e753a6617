"""Wavefront OBJ: vertices, faces and texture coordinates; polygons become triangle fans.

The file is cut into slabs of whole lines, which two threads read by a kernel; it leaves odd lines,
with numbers that are hard to round or words that are none, to Python, which names what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.appearance import Appearance
from gencheck.media.meshes.limits import check_counts, fans
from gencheck.media.meshes.obj_slabs import Part, Slabs
from gencheck.media.types import Limits, Mesh

_SLAB = 2 << 20
_THREADS = 2
Indices = NDArray[np.int32]


def decode_obj(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices, faces and texture coordinates of a file.

    Raises:
        DecodeFailed: a line that cannot be read; names its number.
        LimitExceeded: more faces or vertices than the limits.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\\" in data:  # alone it is found 25 times as fast as with the line feed
        data = data.replace(b"\\\n", b" ")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.endswith(b"\n"):
        data += b"\n"
    slabs = Slabs(data, name, limits)
    with ThreadPoolExecutor(_THREADS, "obj") as pool:
        parts: list[Part] = []
        vertices = faces = uv = 0
        for part in pool.map(slabs.part, _cut(data)):
            parts.append(part)
            vertices += len(part.positions) // 3
            uv += len(part.uv) // 2
            faces += len(part.corners) - 2 * part.faces
            check_counts(max(vertices, uv), faces, name, limits)
        return _Joiner(parts, slabs, pool).mesh(name)


def _cut(data: bytes) -> list[tuple[int, int]]:
    """Pieces of whole lines, so that what is kept beside the arrays stays small."""
    slabs, start = [], 0
    while start < len(data):
        end = data.find(b"\n", min(start + _SLAB, len(data)) - 1) + 1
        slabs.append((start, end))
        start = end
    return slabs


class _Joiner:
    """Puts the parts in a row; two threads copy."""

    def __init__(self, parts: list[Part], slabs: Slabs, pool: ThreadPoolExecutor) -> None:
        self._parts = parts
        self._slabs = slabs
        self._pool = pool

    def mesh(self, name: str) -> Mesh:
        vertices = self._row([part.positions for part in self._parts], np.float64)
        vertices = vertices.reshape(-1, 3)
        corners = self._row([part.corners for part in self._parts], np.int32, self._corners)
        # Positive indices may point at vertices that come later: they are checked at the end.
        if len(corners) and int(corners.max()) >= len(vertices):
            raise DecodeFailed(
                f"a face names vertex {int(corners.max()) + 1} of {len(vertices)}",
                where=name,
                fix="Export it again.",
                metadata={"vertices": str(len(vertices))},
            )
        sizes = self._sizes()
        notes = {
            "polygons": int(np.count_nonzero(sizes > 3)),
            "lines_or_points": sum(part.lines for part in self._parts),
            "faces_of_less_than_3_corners": sum(part.small for part in self._parts),
        }
        appearance = self._appearance(sizes, notes)
        notes = {key: count for key, count in notes.items() if count}
        return Mesh(vertices, _fans(corners, sizes), "OBJ", notes, appearance=appearance)

    def _sizes(self) -> Indices:
        """The corners of each face; empty where all are triangles."""
        if not any(len(part.sizes) for part in self._parts):
            return np.zeros(0, np.int32)
        return np.concatenate(
            [p.sizes if len(p.sizes) else np.full(p.faces, 3, np.int32) for p in self._parts]
        )

    def _corners(self, part: Part, index: int, out: NDArray[Any]) -> None:
        before = sum(len(other.positions) // 3 for other in self._parts[:index])
        wrong = _from_first(part.corners, before, out)
        if len(wrong):
            self._slabs.fail_at_corner(part, int(wrong[0]))

    def _textures(self, part: Part, index: int, out: NDArray[Any]) -> None:
        """-1 for none, -2 for one that is not there."""
        if not len(part.textures):
            out[:] = -1
            return
        before = sum(len(other.uv) // 2 for other in self._parts[:index])
        wrong = _from_first(part.textures, before, out)
        out[wrong] = -2

    def _row(
        self,
        pieces: list[NDArray[Any]],
        kind: type[np.generic],
        fill: Callable[[Part, int, NDArray[Any]], None] | None = None,
    ) -> NDArray[Any]:
        """One array as long as all pieces: copies of them, or what fills the span of each part."""
        ends = list(accumulate((len(piece) for piece in pieces), initial=0))
        row = np.empty(ends[-1], kind)
        spans = [row[start:end] for start, end in pairwise(ends)]
        if fill is None:
            list(self._pool.map(np.copyto, spans, pieces))
        else:
            list(self._pool.map(fill, self._parts, range(len(spans)), spans))
        return row

    def _appearance(self, sizes: Indices, notes: dict[str, int]) -> Appearance | None:
        """The texture coordinates of the corners, where any has some; the rest share a NaN."""
        if not any(len(part.textures) for part in self._parts):
            return None
        uv = self._row([part.uv for part in self._parts], np.float64).reshape(-1, 2)
        rows = self._row([part.corners for part in self._parts], np.int32, self._textures)
        if not 0 <= int(rows.min()) <= int(rows.max()) < len(uv):
            wrong = (rows < -1) | (rows >= len(uv))
            notes["corners_of_no_texture_coordinate"] = int(np.count_nonzero(wrong))
            rows[wrong | (rows == -1)] = len(uv)
        table = np.full((len(uv) + 1, 2), np.nan, np.float32)
        table[:-1, 0], table[:-1, 1] = uv[:, 0], 1 - uv[:, 1]
        return Appearance(uv=table, uv_faces=_fans(rows, sizes))


def _fans(corners: Indices, sizes: Indices) -> Indices:
    if not len(sizes):
        return corners.reshape(-1, 3)
    return fans(corners, sizes).astype(np.int32, copy=False)


def _from_first(written: Indices, before: int, out: NDArray[Any]) -> NDArray[np.intp]:
    """Indices from 0 and from the first of the file; where they name what is before the file."""
    from gencheck.media.meshes.obj_lines import BACKWARDS

    np.subtract(written, 1, out=out)
    if not len(written) or int(written.min()) >= 0:
        return np.zeros(0, np.intp)
    back = np.flatnonzero(written < 0)
    out[back] += BACKWARDS + before
    return back[out[back] < 0]
