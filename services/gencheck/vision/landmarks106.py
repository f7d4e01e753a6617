"""106 points of a face by the ``2d106det.onnx`` of InsightFace's packs, for research only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend
from gencheck.vision.alignment import around_box, box_move
from gencheck.vision.roles import Face, Picture

_SIDE, _MARGIN = 192, 1.5


class Landmarks106:
    """Plays ``FaceLandmarker``."""

    def __init__(self, backend: InferenceBackend, model: ModelUsed) -> None:
        self.model = model
        self._backend = backend

    async def locate(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[NDArray[np.float32]]:
        """For each face 106 points, ``float32 [106, 2]`` in pixels."""
        return [await self._locate(picture, face, deadline) for face in faces]

    async def _locate(
        self, picture: Picture, face: Face, deadline: Deadline
    ) -> NDArray[np.float32]:
        crop = await asyncio.to_thread(around_box, picture, face.box, _SIDE, margin=_MARGIN)
        blob = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], dtype=np.float32)
        outputs = await self._backend.infer(self.model.name, {"data": blob}, deadline=deadline)
        return decode(np.asarray(outputs["fc1"], np.float32)[0], face)


def decode(output: NDArray[np.float32], face: Face) -> NDArray[np.float32]:
    """Points of -1..1 across the square, as pixels of the picture."""
    move = box_move(face.box, _SIDE, margin=_MARGIN)
    points = (output.reshape(-1, 2) + 1) * (_SIDE / 2)
    return np.asarray((points - move[:, 2]) / move[0, 0], np.float32)
