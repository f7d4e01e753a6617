"""The numbers of vertex attributes and of indices, primitive by primitive (glTF 2.0, 3.7.2)."""

from __future__ import annotations

import math

import numpy as np

from gencheck.gltf.arrays import Array, Arrays
from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object
from gencheck.gltf.log import join
from gencheck.gltf.skinning import check_influences
from gencheck.gltf.transforms import UNIT_TOLERANCE

_TRIANGLES = 4
_TOPS = {"u1": 0xFF, "u2": 0xFFFF, "u4": 0xFFFF_FFFF}


class Attributes:
    """Checks each accessor once for each way in which it is used."""

    def __init__(self, document: Document, arrays: Arrays) -> None:
        self._document = document
        self._arrays = arrays
        self._log = document.log
        self._seen: set[tuple[object, ...]] = set()
        self._joints = _joints_of_meshes(document)

    def check(self) -> None:
        """All primitives."""
        for index, mesh in self._document.all("meshes"):
            for i, primitive in enumerate(mesh.get("primitives") or ()):
                if primitive is not None:
                    at = f"/meshes/{index}/primitives/{i}"
                    self._check_primitive(primitive, self._joints.get(index), at)

    def _check_primitive(self, primitive: Object, joints: int | None, at: str) -> None:
        attributes: dict[str, int] = primitive.get("attributes") or {}
        for name, index in attributes.items():
            values = self._arrays.get(index)
            if values is not None and self._is_new(name.partition("_")[0], index):
                self._check_attribute(name, values, join(f"{at}/attributes", name))
        check_influences(attributes, self._arrays, joints, f"{at}/attributes", self._log)
        counts = [
            accessor["count"]
            for index in attributes.values()
            if (accessor := self._document.get("accessors", index)) and "count" in accessor
        ]
        if "indices" in primitive and counts:
            self._check_indices(primitive, counts[0], f"{at}/indices")

    def _is_new(self, *key: object) -> bool:
        known = key in self._seen
        self._seen.add(key)
        return not known

    def _check_attribute(self, name: str, values: Array, at: str) -> None:
        width = values.shape[1]
        if name == "NORMAL" and width == 3:
            self._check_unit(values, at)
        elif name == "TANGENT" and width == 4:
            self._check_unit(values, at)
            self._check_sign(values, at)
        elif name.startswith("COLOR_") and values.dtype.kind == "f":
            self._check_clamped(values, at)

    def _check_unit(self, values: Array, at: str) -> None:
        top = 1.0 if values.dtype.kind == "f" else float(np.iinfo(values.dtype).max)
        # Each component of a quantised vector is off by half a step at most.
        tolerance = UNIT_TOLERANCE if top == 1 else max(UNIT_TOLERANCE, math.sqrt(3) / 2 / top)
        x, y, z = (values[:, i].astype(np.float32) for i in range(3))
        squares = x * x + y * y + z * z
        low, high = ((top * (1 + sign * tolerance)) ** 2 for sign in (-1, 1))
        bad = np.flatnonzero((squares < low) | (squares > high))
        width = values.shape[1]
        self._log.add_each(
            "ACCESSOR_VECTOR3_NON_UNIT",
            at,
            (bad * width).tolist(),
            lambda i: f"length {math.sqrt(squares[i // width]) / top:.6g}",
        )

    def _check_sign(self, values: Array, at: str) -> None:
        top = 1 if values.dtype.kind == "f" else np.iinfo(values.dtype).max
        signs = values[:, 3]
        bad = np.flatnonzero((signs != top) & (signs != -top))
        self._log.add_each("ACCESSOR_INVALID_SIGN", at, bad.tolist(), lambda i: f"{signs[i]}")

    def _check_clamped(self, values: Array, at: str) -> None:
        flat = values.reshape(-1)
        bad = np.flatnonzero((flat < 0) | (flat > 1))
        self._log.add_each("ACCESSOR_NON_CLAMPED", at, bad.tolist(), lambda i: f"{flat[i]}")

    def _check_indices(self, primitive: Object, vertices: int, at: str) -> None:
        values = self._arrays.get(primitive["indices"])
        mode = primitive.get("mode", _TRIANGLES)
        if values is None or values.shape[1] != 1 or values.dtype.kind != "u":
            return
        if not self._is_new("indices", primitive["indices"], vertices, mode == _TRIANGLES):
            return
        indices = values[:, 0]
        top = _TOPS[values.dtype.str[1:]]
        if int(indices.max(initial=0)) >= min(vertices, top):
            self._check_range(indices, vertices, top, at)
        if mode == _TRIANGLES:
            a, b, c = (indices[i : len(indices) // 3 * 3 : 3] for i in range(3))
            count = int(np.count_nonzero((a == b) | (b == c) | (a == c)))
            if count:
                found = f"{count} of {len(a)}"
                self._log.add("ACCESSOR_INDEX_TRIANGLE_DEGENERATE", at, found)

    def _check_range(self, indices: Array, vertices: int, top: int, at: str) -> None:
        restart = indices == top
        self._log.add_each(
            "ACCESSOR_INDEX_PRIMITIVE_RESTART",
            at,
            np.flatnonzero(restart).tolist(),
            lambda i: f"{top}",
        )
        outside = np.flatnonzero((indices >= vertices) & ~restart)
        self._log.add_each(
            "ACCESSOR_INDEX_OOB",
            at,
            outside.tolist(),
            lambda i: f"{indices[i]} of {vertices} vertices",
        )


def _joints_of_meshes(document: Document) -> dict[int, int]:
    """For each skinned mesh the fewest joints that a skin moves it by."""
    found: dict[int, int] = {}
    for _, node in document.all("nodes"):
        skin = document.get("skins", node.get("skin"))
        if skin is not None and "mesh" in node:
            joints = len(skin.get("joints") or ())
            found[node["mesh"]] = min(joints, found.get(node["mesh"], joints))
    return found
