"""Faces by CenterFace (Xu et al. 2019, arXiv:1911.03599): a heat map of centres, no anchors."""

from __future__ import annotations

import asyncio
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, Tensors
from gencheck.vision.geometry import fit_side, suppress, to_box
from gencheck.vision.golden import check_face
from gencheck.vision.roles import Face, Picture

_STRIDE = 4
_IOU = 0.3
_MOST_FACES = 200
_MAX_LOG_SIZE = 8.0


class CenterFaceDetector:
    """Plays ``FaceDetector``.

    Args:
        side: longer side in pixels at which a picture is looked at. The network misses faces that
            fill a very large picture; a smaller side misses smaller faces.
        score: least score of a face, 0..1.
    """

    def __init__(
        self, backend: InferenceBackend, model: ModelUsed, *, side: int = 960, score: float = 0.5
    ) -> None:
        self.model = model
        self._backend = backend
        self._side = side
        self.score = score

    async def detect(
        self, picture: Picture, *, least: float | None = None, deadline: Deadline
    ) -> list[Face]:
        """Faces, best score first, down to the score ``least``, or the detector's own."""
        least = self.score if least is None else least
        blob = await asyncio.to_thread(prepare, picture, self._side)
        outputs = await self._backend.infer(self.model.name, {"input.1": blob}, deadline=deadline)
        height, width = picture.shape[:2]
        return await asyncio.to_thread(decode, outputs, height=height, width=width, score=least)

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn face is found where it is, and none elsewhere."""
        await check_face(self, deadline=deadline)


def prepare(picture: Picture, side: int) -> NDArray[np.float32]:
    """The picture as the network takes it: ``float32 [1, 3, H, W]``, RGB 0..255.

    Each side is rounded up to a multiple of 32, which changes the aspect a little.
    """
    height, width = picture.shape[:2]
    factor = fit_side(height, width, side=side)
    size = [max(32, math.ceil(length * factor / 32) * 32) for length in (width, height)]
    resized = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if factor < 0.5 else cv2.INTER_LINEAR
    )
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], dtype=np.float32)


def decode(outputs: Tensors, *, height: int, width: int, score: float) -> list[Face]:
    """Faces from the network's four maps, in pixels of a picture of this size, best first."""
    heat = np.asarray(outputs["537"], np.float32)[0, 0]
    rows, columns = np.nonzero(heat >= score)
    scores = heat[rows, columns]
    size = np.asarray(outputs["538"], np.float32)[0][:, rows, columns]
    offset = np.asarray(outputs["539"], np.float32)[0][:, rows, columns]
    marks = np.asarray(outputs["540"], np.float32)[0][:, rows, columns]
    tall, wide = np.exp(np.clip(size, -_MAX_LOG_SIZE, _MAX_LOG_SIZE)) * _STRIDE
    top = (rows + offset[0] + 0.5) * _STRIDE - tall / 2
    left = (columns + offset[1] + 0.5) * _STRIDE - wide / 2
    # The maps have the size of the resized picture over the stride; this takes back to pixels.
    to_x = width / (heat.shape[1] * _STRIDE)
    to_y = height / (heat.shape[0] * _STRIDE)
    boxes = np.stack([left * to_x, top * to_y, (left + wide) * to_x, (top + tall) * to_y], axis=1)
    boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
    points = np.stack(
        [(marks[1::2] * wide + left) * to_x, (marks[0::2] * tall + top) * to_y], axis=2
    ).astype(np.float32)
    kept = suppress(boxes, scores, iou=_IOU, most=_MOST_FACES)
    return [Face(to_box(boxes[i]), float(scores[i]), points[:, i]) for i in kept]
