"""Wavefront OBJ: vertices and faces; polygons become triangle fans."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.mesh_limits import check_counts, fans
from gencheck.media.types import Limits, Mesh

_MAX_CORNERS = 10_000


def decode_obj(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices and faces of a file; positions only.

    Raises:
        DecodeFailed: a line that cannot be read; names its number.
        LimitExceeded: more faces or vertices than the limits.
    """
    reader = _Reader(name, limits)
    try:
        text = data.decode("utf-8", errors="replace").replace("\\\n", " ")
        for number, line in enumerate(text.splitlines(), 1):
            reader.line(line, number)
    except DecodeFailed:
        raise
    return reader.mesh()


class _Reader:
    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._positions: list[float] = []
        self._corners: list[int] = []
        self._sizes: list[int] = []
        self._lines = 0
        self._small = 0

    def line(self, line: str, number: int) -> None:
        words = line.split()
        if not words:
            return
        if words[0] == "v":
            self._vertex(words[1:4], number)
        elif words[0] == "f":
            self._face(words[1:], number)
        elif words[0] in ("l", "p"):
            self._lines += 1

    def _vertex(self, words: list[str], number: int) -> None:
        try:
            x, y, z = (float(word) for word in words)
        except ValueError:
            raise self._failure("a vertex needs three numbers", number) from None
        self._positions += (x, y, z)

    def _face(self, words: list[str], number: int) -> None:
        if len(words) > _MAX_CORNERS:
            raise self._failure(f"a face of {len(words)} corners", number)
        if len(words) < 3:
            self._small += 1
            return
        count = len(self._positions) // 3
        for word in words:
            try:
                index = int(word.partition("/")[0])
            except ValueError:
                raise self._failure(f"{word[:40]!r} is no corner of a face", number) from None
            # Positive indices may point at vertices that come later: they are checked at the end.
            if index == 0 or index < -count or index > 2**31:
                raise self._failure(f"corner {index} of {count} vertices", number)
            self._corners.append(index - 1 if index > 0 else count + index)
        self._sizes.append(len(words))
        if len(self._corners) > 6 * self._limits.max_faces:
            check_counts(count, len(self._corners), self._name, self._limits)

    def mesh(self) -> Mesh:
        vertices = np.array(self._positions, np.float64).reshape(-1, 3)
        sizes = np.array(self._sizes, np.int64)
        corners: NDArray[np.int64] = np.array(self._corners, np.int64)
        check_counts(len(vertices), int(np.maximum(sizes - 2, 0).sum()), self._name, self._limits)
        if len(corners) and int(corners.max()) >= len(vertices):
            raise DecodeFailed(
                f"a face names vertex {int(corners.max()) + 1} of {len(vertices)}",
                where=self._name,
                metadata={"vertices": str(len(vertices))},
            )
        notes = {
            "polygons": int((sizes > 3).sum()),
            "lines_or_points": self._lines,
            "faces_of_less_than_3_corners": self._small,
        }
        faces = fans(corners, sizes).astype(np.int32)
        return Mesh(vertices, faces, "OBJ", {key: n for key, n in notes.items() if n})

    def _failure(self, what: str, number: int) -> DecodeFailed:
        return DecodeFailed(what, where=f"{self._name}:{number}", metadata={"line": str(number)})
