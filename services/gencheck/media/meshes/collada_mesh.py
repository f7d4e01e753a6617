"""The arrays of COLLADA: sources and the primitives that index them.

Source: COLLADA 1.4.1 and 1.5, chapter 5, ``<mesh>``, ``<source>``, ``<accessor>``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.media.meshes.limits import fans, numbers
from gencheck.media.meshes.xml_stream import XmlError
from gencheck.media.meshes.xml_tree import Element

_LEFT_OUT = {"lines", "linestrips"}
_STRIPS, _FANS = "tristrips", "trifans"
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Geometry:
    """The triangles of a geometry; it may be placed many times.

    Attributes:
        points: ``float64 [V, 3]``.
        faces: ``int64 [F, 3]`` as written, not held to V.
        uv: ``float32 [U, 2]``, v downwards; a first row of NaN, which corners without UV name.
        uv_faces: ``int64 [F, 3]``; ``None`` where no primitive has UV.
    """

    points: NDArray[np.float64] = field(repr=False)
    faces: Index = field(repr=False)
    uv: NDArray[np.float32] | None = field(default=None, repr=False)
    uv_faces: Index | None = field(default=None, repr=False)


def read_mesh(mesh: Element, notes: Counter[str]) -> list[Geometry]:
    """The primitives of a ``<mesh>``, those over the same positions in one.

    Raises:
        XmlError: a source that is not there, a number that is none, indices that do not come out.
    """
    by_id = {f"#{e.attributes.get('id')}": e for e in mesh.children if "id" in e.attributes}
    found: dict[int, list[tuple[Index, Element | None, Index | None]]] = {}
    places: dict[int, Element] = {}
    for primitive in mesh.children:
        if primitive.name in _LEFT_OUT:
            notes["lines_or_points"] += int(_count(primitive))
        elif primitive.name in ("triangles", "polylist", "polygons", _STRIPS, _FANS):
            rows, sizes = _polygons(primitive, notes)
            place, position = _position(primitive, by_id)
            corners, texture = _triangles(rows[:, place], sizes, primitive.name), None
            offset, source = _input(primitive, "TEXCOORD", by_id)
            if source is not None:
                texture = _triangles(rows[:, offset], sizes, primitive.name)
            found.setdefault(id(position), []).append((corners, source, texture))
            places[id(position)] = position
    return [_joined(places[key], parts) for key, parts in found.items()]


def _joined(position: Element, parts: list[tuple[Index, Element | None, Index | None]]) -> Geometry:
    faces = np.concatenate([corners for corners, _, _ in parts])
    points = _source(position, 3)
    if all(source is None for _, source, _ in parts):
        return Geometry(points, faces)
    rows = [np.full((1, 2), np.nan, np.float32)]
    starts: dict[int, tuple[int, int]] = {}
    uv_faces = []
    for corners, source, texture in parts:
        if source is None or texture is None:
            uv_faces.append(np.zeros_like(corners))
            continue
        if id(source) not in starts:
            uv = _source(source, 2)
            uv[:, 1] = 1 - uv[:, 1]
            starts[id(source)] = (sum(map(len, rows)), len(uv))
            rows.append(uv.astype(np.float32))
        start, count = starts[id(source)]
        if texture.size and not 0 <= int(texture.min()) <= int(texture.max()) < count:
            raise XmlError(f"texture coordinate {int(texture.max())} of {count}")
        uv_faces.append(texture + start)
    return Geometry(points, faces, np.concatenate(rows), np.concatenate(uv_faces))


def _polygons(primitive: Element, notes: Counter[str]) -> tuple[Index, Index]:
    """The indices of all corners, ``[corners, inputs]``, and the corners of each polygon."""
    stride = 1 + max((_offset(entry) for entry in primitive.all("input")), default=0)
    texts = [p.text for p in primitive.all("p")]
    for holed in primitive.all("ph"):
        notes["holes_filled"] += sum(1 for _ in holed.all("h"))
        texts += [p.text for p in holed.all("p")]
    parts = [_integers(text) for text in texts]
    if any(len(part) % stride for part in parts):
        raise XmlError(f"<{primitive.name}> has indices that are no multiple of {stride}")
    rows = np.concatenate([np.zeros(0, np.int64), *parts]).reshape(-1, stride)
    if primitive.name == "triangles":
        sizes = np.full(len(rows) // 3, 3, np.int64)
        notes["indices_left_over"] += len(rows) % 3
        return rows[: 3 * len(sizes)], sizes
    if primitive.name == "polylist":
        counts = primitive.first("vcount")
        sizes = _integers(counts.text if counts else "")
        if (len(sizes) and int(sizes.min()) < 0) or int(sizes.sum()) != len(rows):
            raise XmlError("<vcount> and <p> of a <polylist> do not agree")
    else:
        sizes = np.array([len(part) // stride for part in parts], np.int64)
    notes["faces_of_less_than_3_corners"] += int((sizes < 3).sum())
    if primitive.name in ("polylist", "polygons"):
        notes["polygons"] += int((sizes > 3).sum())
    return rows, sizes


def _triangles(corners: Index, sizes: Index, kind: str) -> Index:
    if kind != _STRIPS:
        return fans(corners, sizes).astype(np.int64, copy=False)
    strips = []
    for strip in np.split(corners, np.cumsum(sizes)[:-1]) if len(sizes) else []:
        faces = np.stack([strip[:-2], strip[1:-1], strip[2:]], 1) if len(strip) > 2 else None
        if faces is not None:
            faces[1::2] = faces[1::2][:, [0, 2, 1]]  # every second one is wound back
            strips.append(faces)
    return np.concatenate([np.zeros((0, 3), np.int64), *strips])


def _position(primitive: Element, by_id: dict[str, Element]) -> tuple[int, Element]:
    """The column of the vertices, and the source of their positions."""
    offset, vertices = _input(primitive, "VERTEX", by_id)
    _, source = _input(vertices, "POSITION", by_id) if vertices else (0, None)
    if source is None:
        raise XmlError(f"<{primitive.name}> without positions")
    return offset, source


def _input(
    element: Element, semantic: str, by_id: dict[str, Element]
) -> tuple[int, Element | None]:
    """The offset and the source of the first input of a meaning; ``None`` where there is none."""
    for entry in element.all("input"):
        if entry.attributes.get("semantic") == semantic:
            source = by_id.get(entry.attributes.get("source", ""))
            if source is None:
                raise XmlError(f"the source of {semantic} is not there")
            return _offset(entry), source
    return 0, None


def _offset(entry: Element) -> int:
    value = _natural(entry.attributes.get("offset", "0"))
    if value > 64:
        raise XmlError(f"an input at offset {value}")
    return value


def _source(source: Element, width: int) -> NDArray[np.float64]:
    """The first numbers of each element of a source; parameters without a name are skipped."""
    floats = source.first("float_array")
    technique = source.first("technique_common")
    accessor = technique.first("accessor") if technique else None
    if floats is None or accessor is None:
        raise XmlError("a source without an array of numbers")
    values = _floats(floats.text)
    count = _natural(accessor.attributes.get("count", "0"))
    stride = _natural(accessor.attributes.get("stride", "1"))
    start = _natural(accessor.attributes.get("offset", "0"))
    named = [i for i, param in enumerate(accessor.all("param")) if param.attributes.get("name")]
    columns = (named or list(range(stride)))[:width]
    if len(columns) < width or max(columns) >= stride or start + count * stride > len(values):
        raise XmlError("a source whose accessor does not fit its array")
    return values[start : start + count * stride].reshape(count, stride)[:, columns].copy()


def _count(primitive: Element) -> int:
    return min(_natural(primitive.attributes.get("count", "0")), 1 << 31)


def _natural(text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 18:
        raise XmlError(f"{text[:20]!r} is no number from 0")
    return int(text)


def _floats(text: str) -> NDArray[np.float64]:
    try:
        values: NDArray[np.float64] = numbers(text.encode())
    except ValueError:
        raise XmlError("a list of numbers that has something else in it") from None
    return values


def _integers(text: str) -> Index:
    try:
        values: Index = numbers(text.encode(), np.int64)
    except ValueError:
        raise XmlError("a list of indices that has something else in it") from None
    return values
