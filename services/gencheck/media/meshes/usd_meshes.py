"""The meshes of a composed USD stage: which are shown, where, and their triangles.

Source: OpenUSD, UsdGeom: Mesh, PointInstancer, Imageable, Primvar.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom, UsdSkel

from gencheck.media.meshes.limits import fans
from gencheck.media.meshes.pieces import Pieces

_MAX_PRIMS = 200_000
_MAX_INSTANCES = 200_000
_SHOWN = ("default", "render")
Matrix = NDArray[np.float64]


def add_meshes(stage: Usd.Stage, pieces: Pieces) -> None:
    """Add all meshes that a renderer would show, at the first time of the scene.

    Raises:
        DecodeFailed: arrays of a mesh that do not fit each other, or too many prims.
        LimitExceeded: more faces or vertices than the limits.
    """
    _Reader(stage, pieces).add(stage.GetPseudoRoot(), None, 0)


class _Reader:
    def __init__(self, stage: Usd.Stage, pieces: Pieces) -> None:
        self._stage = stage
        self._pieces = pieces
        self._time = Usd.TimeCode.EarliestTime()
        self._places = UsdGeom.XformCache(self._time)
        self._prims = 0
        self._instances = 0

    def add(self, root: Usd.Prim, placed: Matrix | None, depth: int) -> None:
        """All below a prim.

        Args:
            placed: the transform of an instance of the root, which stands for that of the root and
                of what is above it; ``None``: where the stage has it.
        """
        for prim in self._walk(root):
            try:
                self._add(prim, self._matrix(prim, root, placed), depth)
            except (TypeError, ValueError, OverflowError):
                what = f"an attribute of {str(prim.GetPath())[:100]} has the wrong type"
                raise self._pieces.failure(what) from None

    def _add(self, prim: Usd.Prim, matrix: Matrix, depth: int) -> None:
        if prim.IsA(UsdGeom.PointInstancer):
            self._instancer(UsdGeom.PointInstancer(prim), matrix, depth)
        elif prim.IsA(UsdGeom.Mesh):
            mesh = UsdGeom.Mesh(prim)
            if self._is_shown(mesh):
                self._mesh(mesh, matrix)
        elif prim.IsA(UsdGeom.Gprim):
            self._pieces.notes["shapes_not_read"] += 1

    def _walk(self, root: Usd.Prim) -> Iterator[Usd.Prim]:
        """The prims below, and this; what stands under an instancer is for it to place."""
        walk = iter(Usd.PrimRange(root, Usd.TraverseInstanceProxies()))
        for prim in walk:
            self._prims += 1
            if self._prims > _MAX_PRIMS:
                raise self._pieces.failure(f"more than {_MAX_PRIMS} prims in the scene")
            if prim.IsA(UsdGeom.PointInstancer):
                walk.PruneChildren()
            yield prim

    def _matrix(self, prim: Usd.Prim, root: Usd.Prim, placed: Matrix | None) -> Matrix:
        """From the space of a prim to that of the scene, for columns."""
        if placed is None:
            return _columns(self._places.GetLocalToWorldTransform(prim))
        below, _ = self._places.ComputeRelativeTransform(prim, root)
        return placed @ _columns(self._places.GetLocalTransformation(root)[0]) @ _columns(below)

    def _is_shown(self, mesh: UsdGeom.Mesh) -> bool:
        if mesh.ComputeVisibility(self._time) == UsdGeom.Tokens.invisible:
            self._pieces.notes["invisible_meshes"] += 1
            return False
        if mesh.ComputePurpose() not in _SHOWN:
            self._pieces.notes["proxy_or_guide_meshes"] += 1
            return False
        return True

    def _instancer(self, instancer: UsdGeom.PointInstancer, matrix: Matrix, depth: int) -> None:
        """A prototype for each instance that is not hidden."""
        if not self._is_shown(instancer):
            return
        targets = instancer.GetPrototypesRel().GetForwardedTargets()
        indices = _array(instancer.GetProtoIndicesAttr().Get(self._time), np.int64)
        self._instances += len(indices)
        if self._instances > _MAX_INSTANCES or depth > 8:
            raise self._pieces.failure(f"more than {_MAX_INSTANCES} instances, or too deep")
        placings = instancer.ComputeInstanceTransformsAtTime(
            self._time,
            self._time,
            UsdGeom.PointInstancer.ExcludeProtoXform,
            UsdGeom.PointInstancer.IgnoreMask,
        )
        hidden = instancer.ComputeMaskAtTime(self._time)
        if len(placings) != len(indices):
            raise self._pieces.failure(f"an instancer of {len(indices)} has {len(placings)} places")
        for number, (index, placing) in enumerate(zip(indices.tolist(), placings, strict=True)):
            if hidden and not hidden[number]:
                self._pieces.notes["invisible_instances"] += 1
                continue
            prim = self._stage.GetPrimAtPath(targets[index]) if 0 <= index < len(targets) else None
            if not prim:
                raise self._pieces.failure(f"instance {number} is of prototype {index}, not there")
            self.add(prim, matrix @ _columns(placing), depth + 1)

    def _mesh(self, mesh: UsdGeom.Mesh, matrix: Matrix) -> None:
        notes, path = self._pieces.notes, str(mesh.GetPath())[:100]
        points = _array(mesh.GetPointsAttr().Get(self._time), np.float64).reshape(-1, 3)
        sizes = _array(mesh.GetFaceVertexCountsAttr().Get(self._time), np.int64)
        corners = _array(mesh.GetFaceVertexIndicesAttr().Get(self._time), np.int64)
        if (len(sizes) and int(sizes.min()) < 0) or int(sizes.sum()) != len(corners):
            raise self._pieces.failure(
                f"the faces of {path} have {int(sizes.sum())} corners, {len(corners)} are given"
            )
        kept = self._without_holes(mesh, sizes)
        numbers = np.arange(len(corners))
        if not kept.all():
            numbers, sizes = numbers[np.repeat(kept, sizes)], sizes[kept]
        notes["polygons"] += int((sizes > 3).sum())
        notes["faces_of_less_than_3_corners"] += int((sizes < 3).sum())
        order = fans(numbers, sizes)
        if mesh.GetOrientationAttr().Get(self._time) == UsdGeom.Tokens.leftHanded:
            order = order[:, [0, 2, 1]]
            notes["left_handed_meshes"] += 1
        if mesh.GetSubdivisionSchemeAttr().Get(self._time) != UsdGeom.Tokens.none:
            notes["subdivision_not_applied"] += 1
        if mesh.GetPrim().HasAPI(UsdSkel.BindingAPI):
            notes["skins_not_applied"] += 1
            shapes = UsdSkel.BindingAPI(mesh).GetBlendShapesAttr().Get(self._time)
            notes["morph_targets_not_applied"] += len(shapes or ())
        uv, uv_corners = self._uv(mesh, corners, len(points))
        uv_faces = None if uv_corners is None else uv_corners[order]
        self._pieces.add(points, corners[order], matrix, uv, uv_faces)

    def _without_holes(self, mesh: UsdGeom.Mesh, sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which faces are no holes."""
        kept = np.ones(len(sizes), bool)
        holes = _array(mesh.GetHoleIndicesAttr().Get(self._time), np.int64)
        if len(holes) and not 0 <= int(holes.min()) <= int(holes.max()) < len(sizes):
            raise self._pieces.failure(f"a hole names face {int(holes.max())} of {len(sizes)}")
        kept[holes] = False
        self._pieces.notes["faces_that_are_holes"] += int((~kept).sum())
        return kept

    def _uv(
        self, mesh: UsdGeom.Mesh, corners: NDArray[np.int64], points: int
    ) -> tuple[NDArray[np.float32] | None, NDArray[np.int64] | None]:
        """The first texture coordinates, v downwards, and their row for each corner."""
        primvar = _texture_primvar(mesh)
        if primvar is None or not points:
            return None, None
        uv = _array(primvar.Get(self._time), np.float32).reshape(-1, 2).copy()
        uv[:, 1] = 1 - uv[:, 1]
        per_corner = primvar.GetInterpolation() == UsdGeom.Tokens.faceVarying
        rows = np.arange(len(corners) if per_corner else points)
        if primvar.IsIndexed():
            rows = _array(primvar.GetIndices(self._time), np.int64)
        wanted = len(corners) if per_corner else points
        fits = len(rows) == wanted and (
            not wanted or 0 <= int(rows.min()) <= int(rows.max()) < len(uv)
        )
        if not fits:
            self._pieces.notes["attributes_not_read"] += 1
            return None, None
        if per_corner:
            return uv, rows
        return uv, rows[np.clip(corners, 0, points - 1)]


def _texture_primvar(mesh: UsdGeom.Mesh) -> Any:
    """``st`` by custom, else the first of its type; one that varies over vertices or corners."""
    primvars = UsdGeom.PrimvarsAPI(mesh).FindPrimvarsWithInheritance()
    found = [
        primvar
        for primvar in islice(primvars, 1_000)
        if primvar.GetTypeName().cppTypeName == "VtArray<GfVec2f>"
        and primvar.GetInterpolation() in ("faceVarying", "vertex", "varying")
        and primvar.HasValue()
    ]
    return min(found, key=lambda primvar: primvar.GetPrimvarName() != "st", default=None)


def _array(values: Any, kind: type[np.generic]) -> NDArray[Any]:
    """An array of OpenUSD, which is ``None`` where nobody gave it."""
    return np.array(() if values is None else values, kind)


def _columns(matrix: Any) -> Matrix:
    """OpenUSD multiplies rows."""
    return np.array(matrix, np.float64).T
