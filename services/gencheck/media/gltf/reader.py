"""glTF 2.0 and GLB: triangles with node transforms applied, every accessor held to its bounds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.gltf.kinds import Object
from gencheck.gltf.source import Source
from gencheck.gltf.text import MAX_VALUES, TooMuch
from gencheck.media.gltf import draco, meshopt
from gencheck.media.gltf.accessors import Accessors, GltfError, refuse_compressed
from gencheck.media.gltf.animations import with_animations
from gencheck.media.gltf.nodes import Placed, placed_meshes
from gencheck.media.gltf.skins import Skins
from gencheck.media.gltf.surface import Surface
from gencheck.media.gltf.textures import with_materials
from gencheck.media.types import Limits, Mesh

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_MAX_PRIMITIVES = 200_000
_FEW = 1_000
_Shape = tuple[NDArray[np.float64], NDArray[np.int32]]


def decode_gltf(source: Source, name: str, limits: Limits) -> Mesh:
    """All triangles of the default scene, in the order of its nodes.

    Raises:
        DecodeFailed: not glTF 2.0, or something points outside of its data; names the JSON pointer.
        UnsupportedMedia: compressed geometry, or buffers in other files.
        LimitExceeded: more faces or vertices than the limits, or too large a JSON.
    """
    try:
        return _Reader(_document(source), source, limits).mesh()
    except GltfError as error:
        at = f" at {error.pointer}" if error.pointer else ""  # or of the file as a whole
        raise DecodeFailed(
            f"{error.what}{at}",
            where=name,
            fix="Export it again.",
            metadata={"pointer": error.pointer},
        ) from None
    except (LimitExceeded, UnsupportedMedia) as error:
        error.where = name
        raise


def _document(source: Source) -> Object:
    if not source.container.within:
        raise GltfError("the GLB is cut off, of another version, or contradicts its lengths", "")
    if isinstance(source.error, TooMuch):
        raise LimitExceeded(
            str(source.error),
            fix="Join nodes and meshes, or split the file.",
            metadata={"max_values": str(MAX_VALUES)},
        )
    if source.root is None:
        raise GltfError(f"not valid JSON ({source.error})", "")
    asset = source.root.get("asset")
    version = asset.get("version") if isinstance(asset, dict) else None
    if not isinstance(version, str) or not version.startswith("2."):
        raise GltfError("not glTF 2.0", "/asset/version")
    return source.root


class _Reader:
    """Collects the triangles of one document."""

    def __init__(self, document: Object, source: Source, limits: Limits) -> None:
        self._document = document
        self._kind = "GLB" if source.packed else "GLTF"
        self._limits = limits
        binary = source.container.binary
        self._accessors = Accessors(
            document, binary, source.uris, max_items=3 * limits.max_vertices
        )
        self._notes: Counter[str] = Counter()
        self._surface = Surface(self._accessors, self._notes)
        self._skins = Skins(document, self._accessors, self._notes)
        self._vertices: list[NDArray[np.float64]] = []
        self._faces: list[NDArray[np.int32]] = []
        self._shapes: dict[tuple[object, ...], _Shape] = {}
        self._primitives = 0
        self._vertex_count = 0
        self._face_count = 0

    def mesh(self) -> Mesh:
        required = _strings(self._document.get("extensionsRequired"))
        read = (draco.NAME, meshopt.NAME)
        refuse_compressed([name for name in required if name not in read])
        for placed in placed_meshes(self._document, self._notes):
            self._add(placed)
        vertices = _joined(self._vertices, np.zeros((0, 3)))
        faces = _joined(self._faces, np.zeros((0, 3), np.int32))
        appearance = with_materials(
            self._surface.appearance(), self._document, self._accessors, self._limits, self._notes
        )
        motion = with_animations(self._skins.motion(), self._document, self._accessors, self._notes)
        notes = dict(+self._notes)
        return Mesh(
            vertices, faces, self._kind, notes, appearance=appearance, motion=motion, metres=1.0
        )

    def _add(self, placed: Placed) -> None:
        for index, primitive in enumerate(placed.primitives):
            self._primitives += 1
            if self._primitives > _MAX_PRIMITIVES:
                raise GltfError(f"more than {_MAX_PRIMITIVES} primitives in the scene", "/nodes")
            pointer = f"/meshes/{placed.mesh}/primitives/{index}"
            if not isinstance(primitive, dict):
                raise GltfError("not an object", pointer)
            mode = primitive.get("mode", _TRIANGLES)
            if mode in (_TRIANGLES, _STRIP, _FAN):
                self._add_primitive(primitive, placed, index, mode)
            else:
                self._notes["line_or_point_primitives"] += 1

    def _add_primitive(
        self, primitive: dict[str, Any], placed: Placed, index: int, mode: int
    ) -> None:
        matrix, attributes = placed.matrix, primitive.get("attributes")
        attributes = attributes if isinstance(attributes, dict) else {}
        position = attributes.get("POSITION")
        if position is None:
            self._notes["primitives_without_position"] += 1
            return
        points, faces = self._shape(primitive, position, mode, (placed.mesh, index))
        self._count(len(points), len(faces))
        if placed.is_moved:  # 0 · NaN would spread over all coordinates
            points = points @ matrix[:3, :3].T + matrix[:3, 3]
        if placed.is_mirrored:
            faces = faces[:, [0, 2, 1]]
            self._notes["mirrored_primitives"] += 1
        targets = primitive.get("targets")
        self._notes["morph_targets_not_applied"] += len(targets) if isinstance(targets, list) else 0
        before = self._vertex_count - len(points)
        first = (before, self._face_count - len(faces))
        self._surface.add((placed.mesh, index), primitive, matrix, first, len(points))
        self._skins.add(placed.skin, attributes, points)
        self._faces.append(faces + np.int32(before) if before else faces)
        self._vertices.append(points)

    def _shape(
        self, primitive: dict[str, Any], position: object, mode: int, place: tuple[int, int]
    ) -> _Shape:
        """Vertices and faces as the accessors have them.

        Those of the same accessors are read once where they are few: a scene may show them very
        often.
        """
        self._accessors.supplied = {}
        indices = primitive.get("indices")
        known = type(indices) is int or "indices" not in primitive
        plain = known and type(position) is int and "extensions" not in primitive
        key = (position, indices, mode)
        if plain and key in self._shapes:
            return self._shapes[key]
        pointer = f"/meshes/{place[0]}/primitives/{place[1]}"
        if self._is_unpacked(primitive, position, pointer):
            mode = _TRIANGLES
        points = self._accessors.read(position, "VEC3", f"{pointer}/attributes/POSITION")
        points = points.astype(np.float64)
        faces = _triangles(self._indices(primitive, len(points), pointer), mode)
        if plain and len(points) + len(faces) <= _FEW:
            self._shapes[key] = (points, faces)
        return points, faces

    def _is_unpacked(self, primitive: dict[str, Any], position: object, pointer: str) -> bool:
        """Unpack a primitive that has no other data to fall back to."""
        if self._accessors.has_data(position, f"{pointer}/attributes/POSITION"):
            return False
        extensions = primitive.get("extensions")
        if not isinstance(extensions, dict) or draco.NAME not in extensions:
            refuse_compressed(extensions)
            return False
        found = draco.unpack(primitive, self._accessors, pointer, self._limits)
        self._accessors.supplied = found
        return True

    def _indices(self, primitive: dict[str, Any], count: int, pointer: str) -> NDArray[np.int32]:
        if "indices" not in primitive:
            return np.arange(count, dtype=np.int32)
        pointer = f"{pointer}/indices"
        indices = self._accessors.read(primitive["indices"], "SCALAR", pointer)
        if indices.dtype.kind != "u":
            raise GltfError("indices are not unsigned integers", pointer)
        top = int(indices.max(initial=0))
        if len(indices) and top >= count:
            raise GltfError(f"index {top} of {count} vertices", pointer)
        indices = indices.reshape(-1)
        # As all are below a count of vertices, the sign bit is free.
        return indices.view(np.int32) if indices.itemsize == 4 else indices.astype(np.int32)

    def _count(self, vertices: int, faces: int) -> None:
        self._vertex_count += vertices
        self._face_count += faces
        if self._vertex_count > self._limits.max_vertices or (
            self._face_count > self._limits.max_faces
        ):
            raise LimitExceeded(
                f"more than {self._limits.max_faces} faces or {self._limits.max_vertices} vertices",
                fix="Decimate or split the mesh.",
                metadata={"max_faces": str(self._limits.max_faces)},
            )


def _joined(parts: list[NDArray[Any]], none: NDArray[Any]) -> NDArray[Any]:
    """All in a row; one alone stays where it is."""
    return np.concatenate(parts) if len(parts) > 1 else parts[0] if parts else none


def _triangles(indices: NDArray[np.int32], mode: int) -> NDArray[np.int32]:
    """Index triples of a list, strip or fan; left-over indices are dropped, as glTF says."""
    if mode == _TRIANGLES:
        return indices[: len(indices) // 3 * 3].reshape(-1, 3)
    if len(indices) < 3:
        return np.zeros((0, 3), np.int32)
    if mode == _FAN:
        first = np.full(len(indices) - 2, indices[0])
        return np.stack([indices[1:-1], indices[2:], first], axis=1)
    faces = np.stack([indices[:-2], indices[1:-1], indices[2:]], axis=1)
    faces[1::2] = faces[1::2][:, [0, 2, 1]]  # every second triangle of a strip is wound back
    return faces


def _strings(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
