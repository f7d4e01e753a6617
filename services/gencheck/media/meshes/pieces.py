"""Collects the placed parts of a scene into one mesh, with caps on their sum."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed
from gencheck.media.appearance import Appearance
from gencheck.media.meshes.limits import check_counts
from gencheck.media.types import Limits, Mesh

_MAX_PIECES = 200_000


class Pieces:
    """Parts one after the other, each under its transform."""

    def __init__(self, kind: str, name: str, limits: Limits) -> None:
        """Args: kind: the format of the mesh; name: of the file, for messages."""
        self.notes: Counter[str] = Counter()
        self._kind = kind
        self._name = name
        self._limits = limits
        self._vertices: list[NDArray[np.float64]] = [np.zeros((0, 3))]
        self._faces: list[NDArray[np.int32]] = [np.zeros((0, 3), np.int32)]
        self._uv: list[NDArray[np.float32] | None] = [None]
        self._uv_faces: list[NDArray[np.int32] | None] = [None]
        self._count = 0
        self._uv_count = 0
        self._face_count = 0

    def add(
        self,
        points: NDArray[np.float64],
        faces: NDArray[np.integer],
        matrix: NDArray[np.float64],
        uv: NDArray[np.float32] | None = None,
        uv_faces: NDArray[np.integer] | None = None,
    ) -> None:
        """One part.

        Args:
            points: ``float64 [V, 3]``.
            faces: ``int [F, 3]``, each of them held to ``V`` here.
            matrix: ``float64 [4, 4]`` for columns; faces of one that mirrors are turned, so that
                what was outside stays so.
            uv: ``float32 [U, 2]``, v downwards.
            uv_faces: ``int [F, 3]`` rows of ``uv`` at the corners.

        Raises:
            DecodeFailed: a face names no vertex; too many parts.
            LimitExceeded: more faces, vertices or texture coordinates than the limits.
        """
        self._face_count += len(faces)
        self._uv_count += 0 if uv is None else len(uv)
        vertices = max(self._count + len(points), self._uv_count)
        check_counts(vertices, self._face_count, self._name, self._limits)
        if len(self._vertices) > _MAX_PIECES:
            raise self.failure(f"more than {_MAX_PIECES} parts in the scene")
        if faces.size and not 0 <= int(faces.min()) <= int(faces.max()) < len(points):
            worst = int(faces.max() if faces.max() >= len(points) else faces.min())
            raise self.failure(f"a face names vertex {worst} of {len(points)}")
        if not np.array_equal(matrix, np.eye(4)):  # 0 · NaN would spread over all coordinates
            points = points @ matrix[:3, :3].T + matrix[:3, 3]
        if np.linalg.det(matrix[:3, :3]) < 0:
            faces = faces[:, [0, 2, 1]]
            uv_faces = None if uv_faces is None else uv_faces[:, [0, 2, 1]]
            self.notes["mirrored_parts"] += 1
        self._faces.append(faces.astype(np.int32) + np.int32(self._count))
        self._vertices.append(points)
        self._uv.append(uv if uv_faces is not None and uv is not None and len(uv) else None)
        self._uv_faces.append(None if uv_faces is None else uv_faces.astype(np.int32))
        self._count += len(points)

    def failure(self, what: str) -> DecodeFailed:
        """An error about this file."""
        return DecodeFailed(what, where=self._name, fix="Export it again.")

    def mesh(self) -> Mesh:
        """All parts in a row."""
        notes = {key: count for key, count in self.notes.items() if count}
        vertices, faces = np.concatenate(self._vertices), np.concatenate(self._faces)
        return Mesh(vertices, faces, self._kind, notes, appearance=self._appearance())

    def _appearance(self) -> Appearance | None:
        """The UV of all corners; those of parts without share one row of NaN."""
        if all(uv is None for uv in self._uv):
            return None
        rows = [np.full((1, 2), np.nan, np.float32)]
        corners = []
        count = 1
        for faces, uv, uv_faces in zip(self._faces, self._uv, self._uv_faces, strict=True):
            if uv is None or uv_faces is None:
                corners.append(np.zeros((len(faces), 3), np.int32))
                continue
            if not 0 <= int(uv_faces.min(initial=0)) <= int(uv_faces.max(initial=0)) < len(uv):
                raise self.failure("a corner names texture coordinates that are not there")
            rows.append(uv)
            corners.append(uv_faces + np.int32(count))
            count += len(uv)
        return Appearance(uv=np.concatenate(rows), uv_faces=np.concatenate(corners))
