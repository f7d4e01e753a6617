"""PLY, ASCII and binary of both byte orders; polygons become triangle fans."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.mesh_limits import check_counts, fans
from gencheck.media.types import Limits, Mesh

_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
_CORNERS = ("vertex_indices", "vertex_index")
_MAX_HEADER = 65_536


@dataclass
class _Property:
    name: str
    dtype: str
    count_dtype: str = ""
    """Of a list: the type of its length; empty for a number."""


@dataclass
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)


def decode_ply(data: bytes, name: str, limits: Limits) -> Mesh:
    """The vertices and faces of a file.

    Raises:
        DecodeFailed: a header that cannot be read, data that end early, an index out of range.
        LimitExceeded: more faces or vertices than the limits.
    """
    order, elements, start = _header(data, name)
    counts = {element.name: element.count for element in elements}
    check_counts(counts.get("vertex", 0), counts.get("face", 0), name, limits)
    try:
        body = data[start:]
        vertices, corners, sizes = (
            _Binary(body, order).read(elements) if order else _Ascii(body).read(elements)
        )
    except (ValueError, IndexError, OverflowError) as error:
        raise DecodeFailed(f"the data do not fit the header ({error})", where=name) from None
    check_counts(len(vertices), int(np.maximum(sizes - 2, 0).sum()), name, limits)
    if len(corners) and not 0 <= int(corners.min()) <= int(corners.max()) < len(vertices):
        worst = int(corners.max() if corners.max() >= len(vertices) else corners.min())
        raise DecodeFailed(f"a face names vertex {worst} of {len(vertices)}", where=name)
    polygons = int((sizes > 3).sum())
    notes = {"polygons": polygons} if polygons else {}
    return Mesh(vertices, fans(corners, sizes).astype(np.int32), "PLY", notes)


def _header(data: bytes, name: str) -> tuple[str, list[_Element], int]:
    end = data[:_MAX_HEADER].find(b"end_header")
    if end < 0:
        raise DecodeFailed("the header has no end", where=name)
    newline = data.find(b"\n", end)
    start = newline + 1 if newline >= 0 else len(data)
    order = ""
    elements: list[_Element] = []
    for number, line in enumerate(data[:end].decode("latin-1").splitlines(), 1):
        words = line.split()
        try:
            match words:
                case ["format", kind, _]:
                    order = _ORDERS[kind]
                case ["element", element, count]:
                    elements.append(_Element(element, _natural(count)))
                case ["property", "list", count_type, kind, prop]:
                    known = _Property(prop, _TYPES[kind], _TYPES[count_type])
                    elements[-1].properties.append(known)
                case ["property", kind, prop]:
                    elements[-1].properties.append(_Property(prop, _TYPES[kind]))
        except (KeyError, ValueError, IndexError):
            raise DecodeFailed(f"cannot read {line[:60]!r}", where=f"{name}:{number}") from None
    return order, elements, start


def _natural(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 2**31:
        raise ValueError(text)
    return number


_Parts = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]


class _Reader:
    """Collects what matters while elements go by; a subclass knows how they are written."""

    def read(self, elements: list[_Element]) -> _Parts:
        vertices = np.zeros((0, 3))
        corners = sizes = np.zeros(0, np.int64)
        for element in elements:
            if element.name == "vertex":
                vertices = self.vertices(element)
            elif element.name == "face":
                corners, sizes = self.faces(element)
            else:
                self.skip(element)
        return vertices, corners, sizes

    def vertices(self, element: _Element) -> NDArray[np.float64]:
        raise NotImplementedError

    def faces(self, element: _Element) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        raise NotImplementedError

    def skip(self, element: _Element) -> None:
        raise NotImplementedError


class _Binary(_Reader):
    def __init__(self, data: bytes, order: str) -> None:
        self._data = data
        self._order = order
        self._offset = 0

    def vertices(self, element: _Element) -> NDArray[np.float64]:
        if any(p.count_dtype for p in element.properties):
            raise ValueError("vertices with lists")
        rows = self._rows(element)
        return np.stack([rows[axis].astype(np.float64) for axis in "xyz"], axis=1)

    def _rows(self, element: _Element) -> NDArray[np.void]:
        dtype = np.dtype([(p.name, self._order + p.dtype) for p in element.properties])
        if self._offset + dtype.itemsize * element.count > len(self._data):
            raise ValueError(
                f"{element.count} of {element.name} are announced, the file is shorter"
            )
        rows = np.frombuffer(self._data, dtype, element.count, self._offset)
        self._offset += dtype.itemsize * element.count
        return rows

    def faces(self, element: _Element) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        lists = [p for p in element.properties if p.count_dtype]
        if not element.count or not lists:
            self.skip(element)
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        fast = self._triangles_only(element, lists)
        return fast if fast is not None else self._one_by_one(element)

    def _triangles_only(
        self, element: _Element, lists: list[_Property]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """All faces at once, if each has three corners and no other list."""
        if len(lists) != 1 or lists[0].name not in _CORNERS:
            return None
        fields: list[tuple[str, str] | tuple[str, str, int]] = []
        for prop in element.properties:
            if prop.count_dtype:
                fields.append(("#", self._order + prop.count_dtype))
                fields.append((prop.name, self._order + prop.dtype, 3))
            else:
                fields.append((prop.name, self._order + prop.dtype))
        dtype = np.dtype(fields)
        if self._offset + dtype.itemsize * element.count > len(self._data):
            return None
        rows = np.frombuffer(self._data, dtype, element.count, self._offset)
        if not bool((rows["#"] == 3).all()):
            return None
        self._offset += dtype.itemsize * element.count
        corners = rows[lists[0].name].reshape(-1).astype(np.int64)
        return corners, np.full(element.count, 3, np.int64)

    def _one_by_one(self, element: _Element) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        blocks: list[NDArray[np.int64]] = []
        for _ in range(element.count):
            for prop in element.properties:
                values = self._values(prop)
                if prop.name in _CORNERS and prop.count_dtype:
                    blocks.append(values.astype(np.int64))
        sizes = np.array([len(block) for block in blocks], np.int64)
        corners = np.concatenate(blocks) if blocks else np.zeros(0, np.int64)
        return corners, sizes

    def _values(self, prop: _Property) -> NDArray[np.generic]:
        count = 1
        if prop.count_dtype:
            count = int(self._take(self._order + prop.count_dtype, 1)[0])
        return self._take(self._order + prop.dtype, count)

    def _take(self, dtype: str, count: int) -> NDArray[np.generic]:
        size = np.dtype(dtype).itemsize * count
        if count < 0 or self._offset + size > len(self._data):
            raise ValueError("the file ends inside of an element")
        values = np.frombuffer(self._data, dtype, count, self._offset)
        self._offset += size
        return values

    def skip(self, element: _Element) -> None:
        if not any(p.count_dtype for p in element.properties):
            self._rows(element)
            return
        for _ in range(element.count):
            for prop in element.properties:
                self._values(prop)


class _Ascii(_Reader):
    def __init__(self, data: bytes) -> None:
        self._lines = iter(data.decode("latin-1").splitlines())

    def _rows(self, element: _Element) -> list[list[str]]:
        rows: list[list[str]] = []
        while len(rows) < element.count:
            line = next(self._lines, None)
            if line is None:
                raise ValueError(f"{element.count} of {element.name} are announced, not there")
            if words := line.split():
                rows.append(words)
        return rows

    def vertices(self, element: _Element) -> NDArray[np.float64]:
        names = [p.name for p in element.properties]
        columns = [names.index(axis) for axis in "xyz"]
        rows = self._rows(element)
        flat = [float(row[column]) for row in rows for column in columns]
        return np.array(flat, np.float64).reshape(-1, 3)

    def faces(self, element: _Element) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        corners: list[int] = []
        sizes: list[int] = []
        for words in self._rows(element):
            at = 0
            for prop in element.properties:
                size = int(words[at]) if prop.count_dtype else 1
                at += bool(prop.count_dtype)
                if size < 0 or at + size > len(words):
                    raise ValueError("a face is shorter than it says")
                if prop.name in _CORNERS and prop.count_dtype:
                    corners += (int(word) for word in words[at : at + size])
                    sizes.append(size)
                at += size
        return np.array(corners, np.int64), np.array(sizes, np.int64)

    def skip(self, element: _Element) -> None:
        self._rows(element)
