"""PLY, ASCII and binary of both byte orders; polygons become triangle fans."""

from __future__ import annotations

import contextlib
import io
import re
import struct
from array import array
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.appearance import Appearance
from gencheck.media.meshes.limits import check_counts, fans, numbers, real, whole
from gencheck.media.types import Limits, Mesh

_TYPES = {
    "char": "b", "int8": "b", "uchar": "B", "uint8": "B",
    "short": "h", "int16": "h", "ushort": "H", "uint16": "H",
    "int": "i", "int32": "i", "uint": "I", "uint32": "I",
    "float": "f", "float32": "f", "double": "d", "float64": "d",
}  # fmt: skip
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_CORNERS = ("vertex_indices", "vertex_index")
_UV = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))
_UV_OF_CORNERS = ("texcoord", "texture_coordinates")
_MAX_HEADER = 65_536
_BLOCK = 4 << 20
_END = re.compile(rb"(?:\n|\r)end_header[ \t]*(\r\n|\n|\r|$)")

_Corners = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The corners of all polygons in a row, and the number of corners of each."""
_Parts = tuple[NDArray[np.float64], NDArray[np.float32] | None, *_Corners]
"""Vertices, their texture coordinates where all have some, and the corners."""


@dataclass(frozen=True)
class _Property:
    name: str
    type: str
    """A format character of ``struct``, which is one of numpy too."""
    count_type: str = ""
    """Of a list: the type of its length; empty for a number."""


@dataclass
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)

    @property
    def lists(self) -> list[_Property]:
        return [prop for prop in self.properties if prop.count_type]

    @property
    def has_uv_of_corners(self) -> bool:
        """Whether a row is a face with texture coordinates of its own."""
        return self.name == "face" and any(prop.name in _UV_OF_CORNERS for prop in self.lists)

    @property
    def corners(self) -> _Property | None:
        """The list that makes a face of a row."""
        known = (prop for prop in self.lists if prop.name in _CORNERS)
        return next(known, None) if self.name == "face" else None


def decode_ply(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices and faces of a file.

    Raises:
        DecodeFailed: a header that cannot be read, data that end early, an index out of range.
        LimitExceeded: more faces or vertices than the limits.
    """
    order, elements, start = _header(data, name)
    check_counts(_total(elements, "vertex"), _total(elements, "face"), name, limits)
    try:
        parts = (
            _Reader(data, start, order).read(elements) if order else _ascii(data[start:], elements)
        )
    except (ValueError, IndexError, OverflowError, struct.error) as error:
        raise _failure(f"the data do not fit the header ({str(error)[:200]})", name) from None
    vertices, uv, corners, sizes = parts
    check_counts(len(vertices), int(np.maximum(sizes - 2, 0).sum()), name, limits)
    if len(corners) and not 0 <= int(corners.min()) <= int(corners.max()) < len(vertices):
        worst = int(corners.max() if corners.max() >= len(vertices) else corners.min())
        raise _failure(f"a face names vertex {worst} of {len(vertices)}", name)
    notes = {
        "polygons": int((sizes > 3).sum()),
        "faces_of_less_than_3_corners": int((sizes < 3).sum()),
        "triangle_strips_not_read": _total(elements, "tristrips"),
        "faces_whose_texture_coordinates_are_not_read": sum(
            element.count for element in elements if element.has_uv_of_corners
        ),
    }
    faces = fans(corners, sizes).astype(np.int32)
    appearance = None if uv is None else Appearance(uv=uv)
    kept = {key: n for key, n in notes.items() if n}
    return Mesh(vertices, faces, "PLY", kept, appearance=appearance)


def _header(data: bytes, name: str) -> tuple[str, list[_Element], int]:
    end = _END.search(data[:_MAX_HEADER])
    if end is None:
        raise _failure("the header has no end", name)
    order: str | None = None
    elements: list[_Element] = []
    for number, line in enumerate(data[: end.start()].decode("latin-1").splitlines(), 1):
        try:
            match line.split():
                case ["format", kind, *_]:
                    order = _ORDERS[kind]
                case ["element", element, count]:
                    elements.append(_Element(element, _natural(count)))
                case ["property", "list", count_type, kind, prop]:
                    known = _Property(prop, _TYPES[kind], _TYPES[count_type])
                    elements[-1].properties.append(known)
                case ["property", kind, prop]:
                    elements[-1].properties.append(_Property(prop, _TYPES[kind]))
        except (KeyError, ValueError, IndexError):
            raise _failure(f"cannot read {line[:60]!r}", f"{name}:{number}") from None
    if order is None:
        raise _failure("the header names no format", name)
    return order, elements, end.end()


def _natural(text: str) -> int:
    number = whole(text)
    if not 0 <= number <= 2**31:
        raise ValueError(text)
    return number


def _total(elements: list[_Element], name: str) -> int:
    return sum(element.count for element in elements if element.name == name)


def _ascii(body: bytes, elements: list[_Element]) -> _Parts:
    """An ASCII file is a binary one whose every number is a double."""
    doubles = [_as_doubles(element) for element in elements]
    with contextlib.suppress(ValueError, struct.error):
        reader = _Reader(numbers(body).tobytes(), 0, "=", uniform=True)
        parts = reader.read(doubles)
        if reader.at_end:
            return parts
    # Some writers leave numbers out that they announce, or add some: go by lines then, and where
    # rows differ in length, as a number too many would be taken for the length of the next list.
    lines = (words for line in io.BytesIO(body) if (words := line.split()))
    values = array("d")
    for element in doubles:
        for _ in range(element.count):
            values.extend(_row_of_line(next(lines, None), element))
    return _Reader(values.tobytes(), 0, "=").read(doubles)


def _row_of_line(words: list[bytes] | None, element: _Element) -> list[float]:
    """The numbers of one line, with zeros where single numbers at its end are left out."""
    if words is None:
        raise ValueError(f"{element.count} of {element.name!r} are announced, not there")
    row: list[float] = []
    for prop in element.properties:
        at = len(row)
        size = whole(words[at]) + 1 if prop.count_type else 1
        values = [real(word) for word in words[at : at + size]]
        if len(values) < size and (prop.count_type or prop.name in "xyz"):
            raise ValueError(f"a line of {element.name!r} is shorter than it says")
        row += values or [0.0]
    return row


def _as_doubles(element: _Element) -> _Element:
    properties = [
        replace(prop, type="d", count_type="d" if prop.count_type else "")
        for prop in element.properties
    ]
    return _Element(element.name, element.count, properties)


def _failure(what: str, where: str) -> DecodeFailed:
    return DecodeFailed(what, where=where, fix="Export it again.")


class _Reader:
    """Goes through the elements of a file and keeps what makes a mesh."""

    def __init__(self, data: bytes, offset: int, order: str, *, uniform: bool = False) -> None:
        """Args: uniform: refuse lists whose length differs from row to row."""
        self._data = data
        self._offset = offset
        self._order = order
        self._uniform = uniform

    def read(self, elements: list[_Element]) -> _Parts:
        """Vertices, UV, corners and sizes. Raises ``ValueError`` and ``struct.error``."""
        vertices = [np.zeros((0, 3))]
        uv: list[NDArray[np.float32]] = []
        corners = [np.zeros(0, np.int64)]
        sizes = [np.zeros(0, np.int64)]
        for element in elements:
            if element.name == "vertex":
                if element.lists:
                    raise ValueError("vertices with lists")
                rows = self._rows(element, {})
                vertices.append(np.stack([rows[axis].astype(np.float64) for axis in "xyz"], axis=1))
                uv += _uv(rows)
            else:
                found = self._lists(element) if element.count else None
                if found is not None:
                    corners.append(found[0])
                    sizes.append(found[1])
        has_uv = len(uv) == len(vertices) - 1 > 0
        texture = np.concatenate(uv) if has_uv else None
        return np.concatenate(vertices), texture, np.concatenate(corners), np.concatenate(sizes)

    @property
    def at_end(self) -> bool:
        """Whether the file ends with its last element."""
        return self._offset == len(self._data)

    def _rows(self, element: _Element, lengths: dict[str, int]) -> NDArray[np.void]:
        """All rows at once, when every list has the same length in each of them."""
        fields: list[tuple[str, str] | tuple[str, str, int]] = []
        for prop in element.properties:
            if prop.count_type:
                fields.append((f"#{prop.name}", self._order + prop.count_type))
                fields.append((prop.name, self._order + prop.type, lengths[prop.name]))
            else:
                fields.append((prop.name, self._order + prop.type))
        dtype = np.dtype(fields)
        if self._offset + dtype.itemsize * element.count > len(self._data):
            raise ValueError(f"{element.count} rows of {element.name!r} do not fit into the file")
        rows = np.frombuffer(self._data, dtype, element.count, self._offset)
        self._offset += dtype.itemsize * element.count
        return rows

    def _lists(self, element: _Element) -> _Corners | None:
        """The corners that an element holds, if it does; the reader stands behind it after that."""
        if not element.lists:
            self._rows(element, {})
            return None
        start = self._offset
        lengths = {prop.name: size for prop, _, size in self._row(element)}
        self._offset = start
        try:
            rows = self._rows(element, lengths)
        except ValueError:
            rows = None
        if rows is None or any((rows[f"#{key}"] != n).any() for key, n in lengths.items()):
            if self._uniform:
                raise ValueError("rows of different lengths")
            self._offset = start
            return self._one_by_one(element)
        prop = element.corners
        if prop is None:
            return None
        corners = _whole(rows[prop.name].reshape(-1))
        return corners, np.full(element.count, lengths[prop.name], np.int64)

    def _row(self, element: _Element) -> list[tuple[_Property, int, int]]:
        """The lists of one row with their offsets and lengths."""
        found = []
        for prop in element.properties:
            size = 1
            if prop.count_type:
                (number,) = struct.unpack_from(
                    self._order + prop.count_type, self._data, self._offset
                )
                self._offset += struct.calcsize(self._order + prop.count_type)
                size = int(number)
                if size != number or size < 0:
                    raise ValueError(f"a list of {number} elements")
                found.append((prop, self._offset, size))
            self._offset += size * struct.calcsize(self._order + prop.type)
        if self._offset > len(self._data):
            raise ValueError(f"the file ends inside of {element.name!r}")
        return found

    def _one_by_one(self, element: _Element) -> _Corners | None:
        prop = element.corners
        offsets: list[int] = []
        sizes: list[int] = []
        for _ in range(element.count):
            for known, offset, size in self._row(element):
                if known is prop:
                    offsets.append(offset)
                    sizes.append(size)
        if prop is None:
            return None
        return self._gather(np.array(offsets), np.array(sizes), self._order + prop.type)

    def _gather(self, offsets: NDArray[np.int64], sizes: NDArray[np.int64], kind: str) -> _Corners:
        """The corners of polygons that start at these bytes, those of one size at once."""
        corners = np.zeros(int(sizes.sum()), np.int64)
        firsts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        data = np.frombuffer(self._data, np.uint8)
        width = np.dtype(kind).itemsize
        for size in np.unique(sizes[sizes > 0]).tolist():
            same = np.flatnonzero(sizes == size)
            for rows in np.array_split(same, 1 + len(same) * size * width // _BLOCK):
                picked = data[offsets[rows][:, None] + np.arange(size * width)]
                corners[firsts[rows][:, None] + np.arange(size)] = _whole(picked.view(kind))
        return corners, sizes


def _uv(rows: NDArray[np.void]) -> list[NDArray[np.float32]]:
    """The texture coordinates of vertices, v downwards; nothing where they have none."""
    names = rows.dtype.names or ()
    for u, v in _UV:
        if u in names and v in names:
            down = 1 - rows[v].astype(np.float64)
            return [np.stack([rows[u].astype(np.float64), down], axis=1).astype(np.float32)]
    return []


def _whole(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Indices as integers; ASCII files may write anything where one is due."""
    indices = values.astype(np.int64)
    if not bool((indices == values).all()):
        raise ValueError("an index that is no integer")
    return indices
