"""Wavefront OBJ: vertices and faces; polygons become triangle fans.

Files hold long runs of lines of one form (``v`` with three numbers, ``f`` with ``a/b/c`` corners):
such a run is read at once, anything else line by line.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.mesh_limits import check_counts, fans, numbers
from gencheck.media.types import Limits, Mesh

_SLAB = 4 << 20
_MAX_LINE = 1 << 20
_SHORT_RUN = 8
_OTHER, _VERTEX, _FACE, _IGNORED = 0, 1, 2, 3
_TO_BLANKS = {_VERTEX: bytes.maketrans(b"v", b" "), _FACE: bytes.maketrans(b"f/", b"  ")}
_SEPARATORS = {_VERTEX: b" \n", _FACE: b" \n/"}


def decode_obj(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices and faces of a file; positions only.

    Raises:
        DecodeFailed: a line that cannot be read; names its number.
        LimitExceeded: more faces or vertices than the limits.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"\\\n" in data:
        data = data.replace(b"\\\n", b" ")
    reader = _Reader(name, limits)
    for slab in _slabs(data.removeprefix(b"\xef\xbb\xbf")):
        reader.slab(slab)
    return reader.mesh()


def _slabs(data: bytes) -> Iterator[bytes]:
    """Pieces of whole lines, so that what is kept beside the arrays stays small."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", min(start + _SLAB, len(data)))
        end = end + 1 if end >= 0 else len(data)
        yield data[start:end]
        start = end


class _Reader:
    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._number = 0  # of the lines before the run that is read
        self._positions = array("d")
        self._corners = array("q")
        self._sizes = array("q")
        self._triangles = 0
        self._lines = 0
        self._small = 0

    def slab(self, slab: bytes) -> None:
        """Read whole lines, run by run."""
        if not slab.endswith(b"\n"):
            slab += b"\n"
        text = np.frombuffer(slab, np.uint8)
        ends = np.flatnonzero(text == ord("\n")) + 1
        starts = np.concatenate([[0], ends[:-1]])
        kinds = _kinds(text, starts)
        breaks = np.flatnonzero(np.diff(kinds)) + 1
        for first, last in zip([0, *breaks.tolist()], [*breaks.tolist(), len(kinds)], strict=True):
            kind = int(kinds[first])
            if kind != _IGNORED:
                self._run(slab[starts[first] : ends[last - 1]], kind, last - first)
            self._number += last - first

    def _run(self, run: bytes, kind: int, lines: int) -> None:
        table = _table(run, kind, lines) if lines >= _SHORT_RUN and kind != _OTHER else None
        if table is None:
            for number, line in enumerate(run.splitlines(), self._number + 1):
                self._line(line, number)
        elif kind == _VERTEX:
            self._positions.frombytes(table[:, :3].tobytes())
        else:
            self._faces(table)
        check_counts(self._vertex_count, self._triangles, self._name, self._limits)

    @property
    def _vertex_count(self) -> int:
        return len(self._positions) // 3

    def _faces(self, table: NDArray[Any]) -> None:
        """Corners as the file counts them: from 1, or backwards from the last vertex so far."""
        count = self._vertex_count
        wrong = (table == 0) | (table < -count) | (table > self._limits.max_vertices)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            self._bad_corner(int(table[row, column]), self._number + int(row) + 1)
        lines, corners = table.shape
        self._corners.frombytes(np.where(table > 0, table - 1, count + table).tobytes())
        self._sizes.frombytes(np.full(lines, corners, np.int64).tobytes())
        self._triangles += lines * (corners - 2)

    def _line(self, line: bytes, number: int) -> None:
        if len(line) > _MAX_LINE:
            self._fail(f"a line of {len(line)} bytes", number)
        words = line.partition(b"#")[0].split()
        match words[:1]:
            case [b"v"]:
                self._vertex(words[1:4], number)
            case [b"f"]:
                self._face(words[1:], number)
            case [b"l" | b"p"]:
                self._lines += 1

    def _vertex(self, words: list[bytes], number: int) -> None:
        try:
            x, y, z = (float(word) for word in words)
        except ValueError:
            self._fail("a vertex needs three numbers", number)
        self._positions.extend((x, y, z))

    def _face(self, words: list[bytes], number: int) -> None:
        if len(words) < 3:
            self._small += 1
            return
        count = self._vertex_count
        for word in words:
            try:
                index = int(word.partition(b"/")[0])
            except ValueError:
                text = word[:40].decode("utf-8", errors="replace")
                self._fail(f"{text!r} is no corner of a face", number)
            if index == 0 or not -count <= index <= self._limits.max_vertices:
                self._bad_corner(index, number)
            self._corners.append(index - 1 if index > 0 else count + index)
        self._sizes.append(len(words))
        self._triangles += len(words) - 2

    def mesh(self) -> Mesh:
        vertices = np.array(self._positions, np.float64).reshape(-1, 3)
        corners = np.array(self._corners, np.int64)
        sizes = np.array(self._sizes, np.int64)
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
            "lines_or_points": self._lines,
            "faces_of_less_than_3_corners": self._small,
        }
        faces = fans(corners, sizes).astype(np.int32)
        return Mesh(vertices, faces, "OBJ", {key: n for key, n in notes.items() if n})

    def _bad_corner(self, index: int, number: int) -> NoReturn:
        self._fail(f"corner {str(index)[:20]} of {self._vertex_count} vertices", number)

    def _fail(self, what: str, number: int) -> NoReturn:
        raise DecodeFailed(
            what,
            where=f"{self._name}:{number}",
            fix="Export it again.",
            metadata={"line": str(number)},
        )


def _kinds(text: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int8]:
    """What each line is, by its first two bytes."""
    first = text[starts]
    second = text[np.minimum(starts + 1, len(text) - 1)]
    kinds = np.full(len(starts), _OTHER, np.int8)
    kinds[np.isin(first, np.frombuffer(b"#gosum\n", np.uint8))] = _IGNORED
    kinds[(first == ord("v")) & ((second == ord("n")) | (second == ord("t")))] = _IGNORED
    kinds[(first == ord("v")) & (second == ord(" "))] = _VERTEX
    kinds[(first == ord("f")) & (second == ord(" "))] = _FACE
    return kinds


def _table(run: bytes, kind: int, lines: int) -> NDArray[Any] | None:
    """The numbers of a run, a line a row (of faces: the positions only), if all lines are alike.

    Alike means the same separators, byte for byte, and not two in a row.
    """
    if run.count(b"v" if kind == _VERTEX else b"f") != lines:
        return None
    run = run.replace(b"//", b"/")
    text = np.frombuffer(run, np.uint8)
    at = np.flatnonzero(np.isin(text, np.frombuffer(_SEPARATORS[kind], np.uint8)))
    period = int(np.searchsorted(at, run.index(b"\n"))) + 1
    if len(at) != lines * period or bool((np.diff(at) == 1).any()):
        return None
    separators = text[at].reshape(lines, period)
    if not bool((separators == separators[0]).all()):
        return None
    try:
        values = numbers(
            run.translate(_TO_BLANKS[kind]), np.float64 if kind == _VERTEX else np.int64
        )
    except ValueError:
        return None
    # A number stands between each separator and the next: those after a blank are positions, those
    # after a slash are not.
    numbers_a_line = period - 1
    positions = np.flatnonzero(separators[0, :-1] == ord(" "))
    if len(values) != lines * numbers_a_line or len(positions) < 3:
        return None
    return values.reshape(lines, numbers_a_line)[:, positions]
