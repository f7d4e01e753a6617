"""Wavefront OBJ: vertices and faces; polygons become triangle fans.

The file is cut into slabs of whole lines, which two threads read by a kernel; it leaves odd lines,
with numbers that are hard to round or words that are none, to Python, which names what is wrong.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.mesh_limits import check_counts, fans
from gencheck.media.types import Limits, Mesh

_SLAB = 2 << 20
_MAX_LINE = 1 << 20
_THREADS = 2


def decode_obj(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices and faces of a file; positions only.

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
    return _Reader(data, name, limits).mesh()


@dataclass(slots=True)
class _Part:
    """What a slab holds.

    Attributes:
        positions: ``float64 [3 n]``.
        corners: ``int32 [c]`` as written: from 1, or backwards from the last vertex so far.
        sizes: ``int32 [f]`` corners of each face.
        seen: ``int32 [f]`` vertices of the slab before each face.
        lines: lines and points.
        small: faces of less than three corners.
    """

    positions: NDArray[np.float64] = field(repr=False)
    corners: NDArray[np.int32] = field(repr=False)
    sizes: NDArray[np.int32] = field(repr=False)
    seen: NDArray[np.int32] = field(repr=False)
    lines: int = 0
    small: int = 0


class _Reader:
    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        self._data = data
        self._name = name
        self._limits = limits

    def mesh(self) -> Mesh:
        parts: list[_Part] = []
        vertices = faces = 0
        slabs = self._slabs()
        with ThreadPoolExecutor(_THREADS, "obj") as pool:
            for slab, part in zip(slabs, pool.map(self._part, slabs), strict=True):
                self._count_from_first(part, vertices, slab)
                parts.append(part)
                vertices += len(part.positions) // 3
                faces += len(part.corners) - 2 * len(part.sizes)
                check_counts(vertices, faces, self._name, self._limits)
        return self._joined(parts)

    def _slabs(self) -> list[tuple[int, int]]:
        """Pieces of whole lines, so that what is kept beside the arrays stays small."""
        slabs, start = [], 0
        while start < len(self._data):
            end = self._data.find(b"\n", min(start + _SLAB, len(self._data)) - 1) + 1
            slabs.append((start, end))
            start = end
        return slabs

    def _part(self, slab: tuple[int, int]) -> _Part:
        """Read one slab, plain lines by the kernel, odd ones here."""
        from gencheck.media.obj_lines import read_lines

        text = np.frombuffer(self._data, np.uint8)[slab[0] : slab[1]]
        room = len(text) // 2 + 4
        # Memory that is not written is not used.
        indices = np.empty((3, room), np.int32)
        part = _Part(np.empty(room), indices[0], indices[1], indices[2])
        counts = np.zeros(3, np.int64)
        at = 0
        while at < len(text):
            at = read_lines(
                text, at, self._limits.max_vertices, part.positions, part.corners, part.sizes,
                part.seen, counts,
            )  # fmt: skip
            if at < len(text):
                end = self._data.index(b"\n", slab[0] + at)
                self._line(self._data[slab[0] + at : end], slab[0] + at, part, counts)
                at = end + 1 - slab[0]
        part.positions = part.positions[: counts[0]].copy()
        part.corners = part.corners[: counts[1]].copy()
        part.sizes, part.seen = part.sizes[: counts[2]].copy(), part.seen[: counts[2]].copy()
        return part

    def _line(self, line: bytes, at: int, part: _Part, counts: NDArray[np.int64]) -> None:
        if len(line) > _MAX_LINE:
            self._fail(f"a line of {len(line)} bytes", at)
        words = line.partition(b"#")[0].split()
        match words[:1]:
            case [b"v"]:
                part.positions[counts[0] : counts[0] + 3] = self._vertex(words[1:4], at)
                counts[0] += 3
            case [b"f"] if len(words) < 4:
                part.small += 1
            case [b"f"]:
                size = len(words) - 1
                part.corners[counts[1] : counts[1] + size] = self._face(words[1:], at)
                part.sizes[counts[2]], part.seen[counts[2]] = size, counts[0] // 3
                counts += (0, size, 1)
            case [b"l" | b"p"]:
                part.lines += 1

    def _vertex(self, words: list[bytes], at: int) -> list[float]:
        try:
            x, y, z = (float(word) for word in words)
        except ValueError:
            self._fail("a vertex needs three numbers", at)
        return [x, y, z]

    def _face(self, words: list[bytes], at: int) -> list[int]:
        corners = []
        for word in words:
            try:
                index = int(word.partition(b"/")[0])
            except ValueError:
                text = word[:40].decode("utf-8", errors="replace")
                self._fail(f"{text!r} is no corner of a face", at)
            if index == 0 or abs(index) > self._limits.max_vertices:
                self._fail(f"corner {str(index)[:20]} names no vertex", at)
            corners.append(index)
        return corners

    def _count_from_first(self, part: _Part, before: int, slab: tuple[int, int]) -> None:
        """Corners from 0 and from the first vertex of the file."""
        back = part.corners < 0
        if back.any():
            seen = np.repeat(part.seen, part.sizes)[back] + before
            wrong = np.flatnonzero(part.corners[back] + seen < 0)
            if len(wrong):
                corner = np.flatnonzero(back)[wrong[0]]
                face = int(np.searchsorted(np.cumsum(part.sizes), corner, side="right"))
                what = f"corner {part.corners[corner]} names no vertex"
                self._fail(what, self._start_of_face(slab, face))
            part.corners[back] += seen + 1
        part.corners -= 1

    def _start_of_face(self, slab: tuple[int, int], wanted: int) -> int:
        at = slab[0]
        for line in self._data[slab[0] : slab[1]].splitlines(keepends=True):
            words = line.partition(b"#")[0].split()
            if words[:1] == [b"f"] and len(words) > 3:
                if wanted == 0:
                    break
                wanted -= 1
            at += len(line)
        return at

    def _joined(self, parts: list[_Part]) -> Mesh:
        vertices = np.concatenate([np.empty(0), *(part.positions for part in parts)])
        vertices = vertices.reshape(-1, 3)
        none = np.empty(0, np.int32)
        corners = np.concatenate([none, *(part.corners for part in parts)])
        sizes = np.concatenate([none, *(part.sizes for part in parts)])
        # Positive indices may point at vertices that come later: they are checked at the end.
        if len(corners) and int(corners.max()) >= len(vertices):
            raise DecodeFailed(
                f"a face names vertex {int(corners.max()) + 1} of {len(vertices)}",
                where=self._name,
                fix="Export it again.",
                metadata={"vertices": str(len(vertices))},
            )
        notes = {
            "polygons": int((sizes > 3).sum()),
            "lines_or_points": sum(part.lines for part in parts),
            "faces_of_less_than_3_corners": sum(part.small for part in parts),
        }
        faces = fans(corners, sizes).astype(np.int32, copy=False)
        return Mesh(vertices, faces, "OBJ", {key: n for key, n in notes.items() if n})

    def _fail(self, what: str, at: int) -> NoReturn:
        number = self._data.count(b"\n", 0, at) + 1
        raise DecodeFailed(
            what,
            where=f"{self._name}:{number}",
            fix="Export it again.",
            metadata={"line": str(number)},
        )
