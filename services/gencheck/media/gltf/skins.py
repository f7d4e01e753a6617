"""The skins of a glTF document: how joints move the vertices of a part (glTF 2.0, 3.7.3.3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded, UnsupportedMedia
from gencheck.media.gltf.accessors import Accessors, GltfError
from gencheck.media.gltf.entries import entries, is_index
from gencheck.media.gltf.nodes import Matrix, World, worlds_of
from gencheck.media.motion import Motion

ASTRAY = 0.01
"""How far the weights of a vertex may sum to other than 1 before it is seen."""

_MAX_SETS = 4
_MAX_MATRICES = 1 << 18
"""Joints and matrices that are read of all skins together."""

_BLOCK = 1 << 16
_ERRORS = (GltfError, LimitExceeded, UnsupportedMedia)

_Weights = NDArray[np.float32]
_Joints = NDArray[np.int64]
_Row = tuple[int, int, int, int, int, tuple[float, ...]]
_UNKNOWN = (float("nan"),) * 6


@dataclass(frozen=True, slots=True)
class _Skin:
    """What the joints do.

    Attributes:
        joints: how many.
        matrices: ``float64 [J, 3, 4]`` from the bound to the posed vertices; none where unknown.
        alike: whether all are equal, as in the pose in which most skins were bound.
    """

    joints: int
    matrices: Matrix | None
    alike: bool = False


class Skins:
    """Collects the skinned parts of one document, in the order in which they are placed."""

    def __init__(self, document: dict[str, Any], accessors: Accessors, notes: Counter[str]) -> None:
        """Args: notes: ``skins_not_read`` counts parts whose joints or weights are not readable."""
        self._document = document
        self._skins = entries(document, "skins", 1 << 16)
        self._accessors = accessors
        self._notes = notes
        self._read: dict[int, _Skin] = {}
        self._worlds: dict[int, World] | None = None
        self._left = _MAX_MATRICES
        self._parts = 0
        self._rows: list[_Row] = []

    def add(self, skin: object, attributes: dict[str, Any], points: NDArray[np.float64]) -> None:
        """The next part: what moves it, and its vertices ``float64 [V, 3]`` as they are bound."""
        self._parts += 1
        if skin is None:
            return
        try:
            found = self._skin(skin)
            joints, weights = self._influences(attributes, len(points))
        except _ERRORS:
            self._notes["skins_not_read"] += 1
            return
        used = np.zeros(len(points), np.int32)
        total = np.zeros(len(points))
        for column in range(weights.shape[1]):
            used += weights[:, column] > 0
            total += weights[:, column]
        astray = np.flatnonzero(~(np.abs(total - 1) <= ASTRAY))  # NaN is astray
        first = int(astray[0]) if len(astray) else -1
        posed = _posed(points, joints, weights, found, normalised=not len(astray))
        most = int(used.max(initial=0))
        self._rows.append((self._parts - 1, found.joints, most, len(astray), first, posed))

    def motion(self) -> Motion:
        """All skinned parts."""
        columns = np.array([row[:5] for row in self._rows], np.int32).reshape(-1, 5).T
        part, joints, influences, astray, first = (np.ascontiguousarray(c) for c in columns)
        posed = np.array([row[5] for row in self._rows]).reshape(-1, 6)
        return Motion(part, joints, influences, astray, first, posed)

    def _skin(self, index: object) -> _Skin:
        if not is_index(index, len(self._skins)):
            raise GltfError("no such skin", "/skins")
        if index not in self._read:
            self._read[index] = self._read_skin(self._skins[index], f"/skins/{index}")
        return self._read[index]

    def _read_skin(self, skin: object, pointer: str) -> _Skin:
        joints = skin.get("joints") if isinstance(skin, dict) else None
        if not isinstance(skin, dict) or not isinstance(joints, list):
            raise GltfError("no list of joints", pointer)
        self._take(len(joints))
        if self._worlds is None:
            self._worlds = worlds_of(self._document)
        worlds = [self._worlds.get(j) if isinstance(j, int) else None for j in joints]
        known = [world for world in worlds if world is not None]
        if len(known) < len(worlds) or not known:
            return _Skin(len(joints), None)
        matrices = np.stack([world.matrix() for world in known])
        if "inverseBindMatrices" in skin:
            at = f"{pointer}/inverseBindMatrices"
            self._take(self._accessors.count(skin["inverseBindMatrices"], at))
            inverse = self._accessors.read(skin["inverseBindMatrices"], "MAT4", at)
            if len(inverse) < len(joints):
                raise GltfError("too few matrices", at)
            stored = inverse[: len(joints)].reshape(-1, 4, 4).astype(np.float64)
            matrices = matrices @ stored.transpose(0, 2, 1)
        matrices = matrices[:, :3]
        return _Skin(len(joints), matrices, alike=np.allclose(matrices, matrices[:1]))

    def _take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise LimitExceeded(f"more than {_MAX_MATRICES} joints and matrices in skins")

    def _influences(self, attributes: dict[str, Any], count: int) -> tuple[_Joints, _Weights]:
        """Joints and weights ``[V, 4 · sets]``, at most four sets of each."""
        sets = [n for n in range(_MAX_SETS) if f"JOINTS_{n}" in attributes]
        if not sets:
            raise GltfError("no joints", "")
        found = [
            [self._four(attributes, f"{name}_{n}", count) for name in ("JOINTS", "WEIGHTS")]
            for n in sets
        ]
        if any(joints.dtype.kind != "u" for joints, _ in found):
            raise GltfError("joints are not unsigned integers", "")
        joints = np.concatenate([joints for joints, _ in found], axis=1)
        weights = np.concatenate([weights for _, weights in found], axis=1)
        return joints.astype(np.int64), weights.astype(np.float32, copy=False)

    def _four(self, attributes: dict[str, Any], name: str, count: int) -> NDArray[Any]:
        if not self._accessors.has_data(attributes.get(name), name):
            raise GltfError("no data: it is compressed, or all zero", name)
        if self._accessors.count(attributes.get(name), name) != count:
            raise GltfError("of another length than the vertices", name)
        return self._accessors.read(attributes.get(name), "VEC4", name)


def _posed(
    points: NDArray[np.float64],
    joints: _Joints,
    weights: _Weights,
    skin: _Skin,
    *,
    normalised: bool,
) -> tuple[float, ...]:
    """The bounds of the vertices where the joints put them; ``normalised``: weights sum to 1."""
    matrices = skin.matrices
    if matrices is None or not len(points) or int(joints.max()) >= len(matrices):
        return _UNKNOWN
    if normalised and skin.alike:
        joints, weights = np.zeros_like(joints[:, :1]), np.ones_like(weights[:, :1])
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for start in range(0, len(points), _BLOCK):
        rows = slice(start, start + _BLOCK)
        moved = _move(points[rows], joints[rows], weights[rows], matrices)
        for axis, column in enumerate(moved.T):
            whole = column[np.isfinite(column)]
            low[axis] = min(low[axis], whole.min(initial=np.inf))
            high[axis] = max(high[axis], whole.max(initial=-np.inf))
    return (*low.tolist(), *high.tolist()) if np.isfinite([low, high]).all() else _UNKNOWN


def _move(
    points: NDArray[np.float64], joints: _Joints, weights: _Weights, matrices: Matrix
) -> NDArray[np.float64]:
    blended = np.zeros((len(points), 3, 4))
    for column in range(joints.shape[1]):
        share = weights[:, column]
        if share.any():
            blended += share[:, None, None] * matrices[joints[:, column]]
    moved: NDArray[np.float64] = np.einsum("nij,nj->ni", blended[:, :, :3], points)
    return moved + blended[:, :, 3]
