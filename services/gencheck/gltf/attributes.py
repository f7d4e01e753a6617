"""The numbers of vertex attributes and of indices, primitive by primitive (glTF 2.0, 3.7.2)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.arrays import Array, Arrays
from gencheck.gltf.document import Document
from gencheck.gltf.elements import format_of
from gencheck.gltf.formats import INDICES, allowed
from gencheck.gltf.kinds import Object
from gencheck.gltf.skinning import Found, look_at_influences
from gencheck.gltf.transforms import UNIT_TOLERANCE, as_shares

_TRIANGLES = 4
_QUANTIZATION = "KHR_mesh_quantization"
_BLOCK = 3 << 16
"""Numbers that are looked at at a time, so that they stay in the cache; whole triangles."""
_SINGLE_ERROR = 1e-5
"""More than single precision errs by in a sum of three squares near 1."""


class Attributes:
    """Looks at each accessor once for each way in which it is used, and tells it for each use."""

    def __init__(self, document: Document, arrays: Arrays) -> None:
        self._document = document
        self._arrays = arrays
        self._known: dict[tuple[object, ...], list[Found]] = {}
        self._joints = _joints_of_meshes(document)

    def check(self) -> None:
        """All primitives."""
        for index, mesh in self._document.all("meshes"):
            for i, primitive in enumerate(mesh.get("primitives") or ()):
                at = f"/meshes/{index}/primitives/{i}"
                self._check_primitive(primitive, self._joints.get(index, 0), at)

    def _check_primitive(self, primitive: Object, joints: int, at: str) -> None:
        attributes: dict[str, int] = primitive.get("attributes") or {}
        for name, look in _LOOKS.items():
            if name in attributes:
                self._check_attribute(name, attributes[name], look, f"{at}/attributes/{name}")
        if not joints and "indices" not in primitive:
            return
        vertices = self._vertices(attributes)
        if joints and vertices is not None:
            self._check_influences(primitive, joints, vertices, f"{at}/attributes")
        if "indices" in primitive:
            mode = primitive.get("mode", _TRIANGLES)
            triangles = mode < 0 or mode == _TRIANGLES  # what is no mode leaves the default
            self._check_indices(primitive["indices"], vertices or 0, triangles, f"{at}/indices")

    def _vertices(self, attributes: dict[str, int]) -> int | None:
        """The number of vertices, by the first attribute that has one."""
        for index in attributes.values():
            accessor = self._document.get("accessors", index)
            if accessor is not None and "count" in accessor:
                count: int = accessor["count"]
                return count
        return None

    def _check_attribute(self, name: str, index: int, look: Look, at: str) -> None:
        accessor = self._document.get("accessors", index) or {}
        quantized = _QUANTIZATION in self._document.extensions
        if format_of(accessor) not in (allowed(name, morph=False, quantized=quantized) or ()):
            return
        normalized = bool(accessor.get("normalized"))
        self._tell((name, index), (index,), lambda values: look(values[0], normalized), at)

    def _check_influences(self, primitive: Object, joints: int, vertices: int, at: str) -> None:
        """All sets of joints and weights of a primitive together."""
        sets, attributes = (
            range(self._document.names_of(primitive).influences),
            primitive["attributes"],
        )
        names = [f"{stem}_{number}" for stem in ("JOINTS", "WEIGHTS") for number in sets]
        indices = tuple(attributes[name] for name in names)
        counts = {(self._document.get("accessors", i) or {}).get("count") for i in indices}
        if counts == {vertices}:
            self._tell((joints, indices), indices, lambda v: look_at_influences(v, joints), at)

    def _check_indices(self, index: int, vertices: int, triangles: bool, at: str) -> None:
        if format_of(self._document.get("accessors", index) or {}) in INDICES:
            key = ("indices", index, vertices, triangles)
            look = lambda values: _look_at_indices(values[0][:, 0], vertices, triangles)  # noqa: E731
            self._tell(key, (index,), look, at)

    def _tell(
        self,
        key: tuple[object, ...],
        indices: tuple[int, ...],
        look: Callable[[list[Array]], list[Found]],
        at: str,
    ) -> None:
        """What a look at some accessors finds; where one has no data, nothing."""
        if key not in self._known:
            values = [self._arrays.get(index) for index in indices]
            there = [array for array in values if array is not None]
            size = sum(array.nbytes for array in there)
            whole = len(there) == len(values) and self._arrays.may_look(size)
            self._known[key] = look(there) if whole else []
        for found in self._known[key]:
            self._document.log.add_each(found.code, at + found.place, found.elements, found.text)


def _look_at_normals(values: Array, normalized: bool) -> list[Found]:
    doubtful = _perhaps_not_unit(values) if values.dtype.kind == "f" else np.arange(len(values))
    lengths = _lengths(values[doubtful], normalized=normalized)
    bad = doubtful[np.abs(lengths - 1) > UNIT_TOLERANCE]
    told = lambda i: f"length {_lengths(values[i : i + 1], normalized=normalized)[0]:.6g}"  # noqa: E731
    return [Found("ACCESSOR_VECTOR3_NON_UNIT", "", bad, told)]


def _perhaps_not_unit(values: Array) -> NDArray[np.intp]:
    """All but those of whom single precision, which is four times as fast, leaves no doubt."""
    sure = UNIT_TOLERANCE * (2 - UNIT_TOLERANCE) - _SINGLE_ERROR
    found = [np.zeros(0, np.intp)]
    for start in range(0, len(values), _BLOCK):
        squares = values[start : start + _BLOCK] ** 2
        off = squares[:, 0] + squares[:, 1]
        off += squares[:, 2]
        off -= 1
        np.abs(off, out=off)
        if not off.max() < sure:
            found.append(np.flatnonzero(~(off < sure)) + start)
    return np.concatenate(found)


def _lengths(values: Array, *, normalized: bool) -> NDArray[np.float64]:
    squares = np.zeros(len(values))
    for i in range(3):
        part = as_shares(values[:, i], normalized=normalized)
        squares += part * part
    return np.sqrt(squares, out=squares)


def _look_at_tangents(values: Array, normalized: bool) -> list[Found]:
    signs = as_shares(values[:, 3], normalized=normalized)
    bad = np.flatnonzero((signs != 1) & (signs != -1))
    handed = Found("ACCESSOR_INVALID_SIGN", "", bad, lambda i: f"{signs[i]:.6g}")
    return [*_look_at_normals(values, normalized), handed]


def _look_at_colours(values: Array, normalized: bool) -> list[Found]:
    if values.dtype.kind != "f":
        return []
    flat = values.reshape(-1)
    bad = np.flatnonzero((flat < 0) | (flat > 1))
    return [Found("ACCESSOR_NON_CLAMPED", "", bad, lambda i: f"{flat[i]}")]


def _look_at_indices(indices: Array, vertices: int, triangles: bool) -> list[Found]:
    top = int(np.iinfo(indices.dtype).max)
    found: list[Found] = []
    if int(indices.max(initial=0)) >= min(vertices, top):
        outside, restart = np.flatnonzero(indices >= vertices), np.flatnonzero(indices == top)
        beyond = f"of {vertices} vertices"
        found += [
            Found("ACCESSOR_INDEX_OOB", "", outside, lambda i: f"{indices[i]} {beyond}"),
            Found("ACCESSOR_INDEX_PRIMITIVE_RESTART", "", restart, lambda i: f"{top}"),
        ]
    if triangles and (count := _degenerate(indices[: len(indices) // 3 * 3])):
        first = np.zeros(1, np.intp)
        told = f"{count} of {len(indices) // 3} triangles"
        found.append(Found("ACCESSOR_INDEX_TRIANGLE_DEGENERATE", "", first, lambda _: told))
    return found


def _degenerate(indices: Array) -> int:
    """How many triangles name a vertex twice.

    Neighbours are compared as they lie, also the last of a triangle with the first of the next,
    which is masked: looking at every third takes four times as long, and few meshes need it.
    """
    count, size = 0, min(len(indices), _BLOCK)
    beside, across = np.ones(size, bool), np.zeros(size, bool)
    beside[2::3], across[::3] = False, True
    same = np.empty(size, bool)
    for start in range(0, len(indices), _BLOCK):
        block = indices[start : start + _BLOCK]
        for step, mask in ((1, beside), (2, across)):
            pairs = len(block) - step
            out = np.equal(block[step:], block[:pairs], out=same[:pairs])
            np.logical_and(out, mask[:pairs], out=out)
            if out.any():
                a, b, c = (block[i::3] for i in range(3))
                count += int(np.count_nonzero((a == b) | (b == c) | (a == c)))
                break
    return count


Look = Callable[[Array, bool], list[Found]]
_LOOKS: dict[str, Look] = {
    "NORMAL": _look_at_normals,
    "TANGENT": _look_at_tangents,
    "COLOR_0": _look_at_colours,
}


def _joints_of_meshes(document: Document) -> dict[int, int]:
    """For each skinned mesh the fewest joints that a skin moves it by."""
    found: dict[int, int] = {}
    for _, node in document.all("nodes") if document.lists["skins"] else ():
        skin = document.get("skins", node["skin"]) if "skin" in node else None
        if skin is not None and "joints" in skin and "mesh" in node:
            joints = len(skin["joints"])
            found[node["mesh"]] = min(joints, found.get(node["mesh"], joints))
    return found
