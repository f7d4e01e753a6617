"""A slab of whole lines of an OBJ file: plain lines by a kernel, odd ones here."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import local
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.meshes.limits import real, whole
from gencheck.media.types import Limits

_MAX_LINE = 1 << 20

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Part:
    """What a slab holds.

    Attributes:
        start, end: bytes of the file.
        positions: ``float64 [3 n]``.
        uv: ``float64 [2 t]`` as written: v upwards.
        corners: ``int32 [c]`` as ``read_lines`` gives them.
        textures: ``int32 [c]`` texture coordinates of the corners in the same way; empty where no
            corner has any.
        faces: how many.
        sizes: ``int32 [f]`` corners of each face; empty where all are triangles.
        lines: lines and points.
        small: faces of less than three corners.
    """

    start: int
    end: int
    positions: Floats = field(repr=False)
    uv: Floats = field(repr=False)
    corners: Indices = field(repr=False)
    textures: Indices = field(repr=False)
    faces: int
    sizes: Indices = field(repr=False)
    lines: int = 0
    small: int = 0


class _Room(local):
    """Arrays that a thread fills slab after slab: fresh ones would cost more than reading."""

    size = 0

    def of(self, size: int) -> _Room:
        if self.size < size:
            self.size = size
            self.floats = np.empty((2, size))
            self.indices = np.empty((3, size), np.int32)
        return self


class Slabs:
    """Reads slabs of one file, in any order and thread."""

    def __init__(self, data: bytes, name: str, limits: Limits) -> None:
        """Args: data: whole lines, each with a line feed."""
        self._data = data
        self._name = name
        self._limits = limits
        self._room = _Room()

    def part(self, slab: tuple[int, int]) -> Part:
        """Read one slab. Raises ``DecodeFailed``, which names the line."""
        text, size = self._text(slab), slab[1] - slab[0]
        lines = _Lines(self, self._room.of(size // 2 + 4))
        at = 0
        while at < size:
            at = lines.read(text, at)
            if at < size:
                end = self._data.index(b"\n", slab[0] + at)
                lines.read_odd(self._data[slab[0] + at : end], slab[0] + at)
                at = end + 1 - slab[0]
        return lines.part(slab)

    def _text(self, slab: tuple[int, int]) -> NDArray[np.uint8]:
        """The bytes of a slab and some behind, which the last one gets here."""
        from gencheck.media.meshes.obj_lines import BEHIND

        text = np.frombuffer(self._data, np.uint8)[slab[0] : slab[1] + BEHIND]
        missing = slab[1] + BEHIND - slab[0] - len(text)
        text = np.pad(text, (0, missing)) if missing else text
        text.flags.writeable = False  # all are, so that the kernel is compiled once
        return text

    @property
    def top(self) -> int:
        """The largest index that may be right."""
        return self._limits.max_vertices

    def fail(self, what: str, at: int) -> NoReturn:
        """Raise ``DecodeFailed`` for the line of a byte."""
        number = self._data.count(b"\n", 0, at) + 1
        raise DecodeFailed(
            what,
            where=f"{self._name}:{number}",
            fix="Export it again.",
            metadata={"line": str(number)},
        )

    def fail_at_corner(self, part: Part, wanted: int) -> NoReturn:
        """Raise ``DecodeFailed`` for a corner that names no vertex, by its number in a part."""
        at = part.start
        for line in self._data[part.start : part.end].splitlines(keepends=True):
            words = line.partition(b"#")[0].split()
            if words[:1] == [b"f"] and len(words) > 3:
                if wanted < len(words) - 1:
                    word = words[wanted + 1].partition(b"/")[0].decode()
                    self.fail(f"corner {word} names no vertex", at)
                wanted -= len(words) - 1
            at += len(line)
        raise AssertionError(wanted)


class _Lines:
    """Fills the arrays of a thread with what one slab holds."""

    def __init__(self, slabs: Slabs, room: _Room) -> None:
        self._slabs = slabs
        self._positions, self._uv = room.floats
        self._corners, self._textures, self._sizes = room.indices
        self._counts = np.zeros(6, np.int64)
        self._others = {"lines": 0, "small": 0}

    def read(self, text: NDArray[np.uint8], at: int) -> int:
        """Read plain lines; the start of one that is odd, or the end."""
        from gencheck.media.meshes.obj_lines import read_lines

        return read_lines(
            text, at, self._slabs.top, self._positions, self._uv, self._corners, self._textures,
            self._sizes, self._counts,
        )  # fmt: skip

    def part(self, slab: tuple[int, int]) -> Part:
        """All that was read, as arrays of its own."""
        coordinates, corners, faces, uv, textured, _ = self._counts.tolist()
        return Part(
            *slab,
            self._positions[:coordinates].copy(),
            self._uv[:uv].copy(),
            self._corners[:corners].copy(),
            self._textures[: corners if textured else 0].copy(),
            faces,
            self._sizes[: 0 if corners == 3 * faces else faces].copy(),
            **self._others,
        )

    def read_odd(self, line: bytes, at: int) -> None:
        """Read one line, or say what is wrong with it."""
        if len(line) > _MAX_LINE:
            self._slabs.fail(f"a line of {len(line)} bytes", at)
        words = line.partition(b"#")[0].split()
        counts = self._counts
        match words[:1]:
            case [b"v"]:
                self._positions[counts[0] : counts[0] + 3] = self._vertex(words[1:4], at)
                counts[0] += 3
            case [b"vt"]:
                self._uv[counts[3] : counts[3] + 2] = _texture(words[1:3])
                counts[3] += 2
            case [b"f"] if len(words) < 4:
                self._others["small"] += 1
            case [b"f"]:
                size = len(words) - 1
                if not counts[5]:
                    self._textures[: counts[1]], counts[5] = 0, 1
                span = slice(counts[1], counts[1] + size)
                self._corners[span], self._textures[span] = self._face(words[1:], at)
                self._sizes[counts[2]] = size
                textured = int(np.count_nonzero(self._textures[span]))
                counts += (0, size, 1, 0, textured, 0)
            case [b"l" | b"p"]:
                self._others["lines"] += 1

    def _vertex(self, words: list[bytes], at: int) -> list[float]:
        try:
            x, y, z = (real(word) for word in words)
        except ValueError:
            self._slabs.fail("a vertex needs three numbers", at)
        return [x, y, z]

    def _face(self, words: list[bytes], at: int) -> tuple[list[int], list[int]]:
        corners, textures = [], []
        for word in words:
            parts = word.split(b"/")
            try:
                index = whole(parts[0])
                texture = whole(parts[1]) if len(parts) > 1 and parts[1] else 0
            except ValueError:
                text = word[:40].decode("utf-8", errors="replace")
                self._slabs.fail(f"{text!r} is no corner of a face", at)
            if index == 0 or abs(index) > self._slabs.top:
                self._slabs.fail(f"corner {str(index)[:20]} names no vertex", at)
            # One that is too large by far names nothing, as the largest does.
            texture = texture if abs(texture) <= self._slabs.top else self._slabs.top
            corners.append(_from_first(index, int(self._counts[0]) // 3))
            textures.append(_from_first(texture, int(self._counts[3]) // 2))
        return corners, textures


def _from_first(index: int, seen: int) -> int:
    """As ``read_lines`` does."""
    from gencheck.media.meshes.obj_lines import BACKWARDS

    return index + seen + 1 - BACKWARDS if index < 0 else index


def _texture(words: list[bytes]) -> list[float]:
    """U and v, which may be left out; what is no number is none."""
    try:
        values = [real(word) for word in words]
    except ValueError:
        values = [np.nan, np.nan]
    return [*values, 0.0, 0.0][:2]
