"""What hangs on the vertices of a glTF: UV, normals, tangents, colours, gathered part by part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded
from gencheck.gltf.elements import WIDTHS
from gencheck.media.appearance import Appearance
from gencheck.media.gltf.accessors import Accessors, GltfError

_Floats = NDArray[np.float32]

_TYPES = {
    "TEXCOORD_0": ("VEC2",),
    "TEXCOORD_1": ("VEC2",),
    "NORMAL": ("VEC3",),
    "TANGENT": ("VEC4",),
    "COLOR_0": ("VEC4", "VEC3"),
}
_WIDTHS = {name: WIDTHS[kinds[0]] for name, kinds in _TYPES.items()}


@dataclass(slots=True)
class Surface:
    """Collects the parts of one document.

    An attribute that cannot be read is left out and counted: the conformance check says what is
    wrong with it, and the triangles can be judged without.
    """

    accessors: Accessors
    notes: Counter[str]
    _parts: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    _sizes: list[int] = field(default_factory=list)
    _values: dict[str, dict[int, _Floats]] = field(
        default_factory=lambda: {name: {} for name in _TYPES}
    )

    def add(
        self,
        place: tuple[int, int],
        primitive: dict[str, Any],
        matrix: NDArray[np.float64],
        first: tuple[int, int],
        count: int,
    ) -> None:
        """One primitive: ``place`` its mesh and number, ``first`` its first vertex and face."""
        material = primitive.get("material", -1)
        known = isinstance(material, int) and not isinstance(material, bool)
        self._parts.append((*place, material if known and 0 <= material < 1 << 31 else -1, *first))
        self._sizes.append(count)
        attributes = primitive["attributes"]
        for name in _TYPES:
            if name in attributes:
                values = self._read(attributes[name], name, count)
                if values is not None:
                    self._values[name][len(self._parts) - 1] = _placed(values, name, matrix)

    def _read(self, accessor: object, name: str, count: int) -> _Floats | None:
        for kind in _TYPES[name]:
            try:
                if self.accessors.count(accessor, name) != count:
                    break
                values = self.accessors.read(accessor, kind, name)
            except (GltfError, LimitExceeded):
                continue
            return _wide(values.astype(np.float32, copy=False), name)
        self.notes["attributes_not_read"] += 1
        return None

    def appearance(self) -> Appearance:
        """All parts in a row; one part alone keeps its arrays where they lie."""
        columns = {name: self._column(name) for name in _TYPES}
        return Appearance(
            uv=columns["TEXCOORD_0"],
            second_uv=columns["TEXCOORD_1"],
            normals=columns["NORMAL"],
            tangents=columns["TANGENT"],
            colours=columns["COLOR_0"],
            parts=np.array(self._parts, np.int32).reshape(-1, 5),
        )

    def _column(self, name: str) -> _Floats | None:
        values = self._values[name]
        if not values:
            return None
        if len(self._sizes) == 1:
            return values[0]
        absent = 1.0 if name == "COLOR_0" else np.nan
        column = np.full((sum(self._sizes), _WIDTHS[name]), absent, np.float32)
        for part, found in values.items():
            start = self._parts[part][3]
            column[start : start + len(found)] = found
        return column


def _wide(values: _Floats, name: str) -> _Floats:
    """Colours without alpha are opaque."""
    if values.shape[1] == _WIDTHS[name]:
        return values
    return np.column_stack([values, np.ones(len(values), np.float32)])


def _placed(values: _Floats, name: str, matrix: NDArray[np.float64]) -> _Floats:
    """Normals and tangents turned as the vertices are (glTF 2.0, 3.7.2.1)."""
    if name not in ("NORMAL", "TANGENT") or np.array_equal(matrix, np.eye(4)):
        return values
    turn = matrix[:3, :3]
    mirrored = -1.0 if np.linalg.det(turn) < 0 else 1.0
    if name == "NORMAL":  # by the cofactors, which need no inverse
        x, y, z = turn
        turn = mirrored * np.stack([np.cross(y, z), np.cross(z, x), np.cross(x, y)])
    turned = values[:, :3] @ turn.T.astype(np.float32)
    length = np.linalg.norm(turned, axis=1, keepdims=True)
    before = np.linalg.norm(values[:, :3], axis=1, keepdims=True)
    scaled: _Floats = turned * (before / np.where(length > 0, length, 1))
    if name == "NORMAL":
        return scaled
    return np.column_stack([scaled, values[:, 3] * np.float32(mirrored)])
