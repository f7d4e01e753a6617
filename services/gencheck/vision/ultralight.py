"""Faces by Ultra-Light-Fast-Generic-Face-Detector-1MB (Linzaer, MIT): fast, without landmarks."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec, Tensors
from gencheck.vision.geometry import suppress, to_box
from gencheck.vision.golden import check_face
from gencheck.vision.roles import Face, Picture

_IOU = 0.3
_MOST_FACES = 200


class UltraLightDetector:
    """Plays ``FaceDetector``.

    Args:
        spec: of the model, which knows its size.
        score: least score of a face, 0..1; the authors' own by default.
    """

    def __init__(
        self, backend: InferenceBackend, model: ModelUsed, spec: ModelSpec, *, score: float = 0.7
    ) -> None:
        self.model = model
        self._backend = backend
        self._height, self._width = spec.inputs[0].shape[-2:]
        self.score = score

    async def detect(
        self, picture: Picture, *, least: float | None = None, deadline: Deadline
    ) -> list[Face]:
        """Faces, best score first, down to the score ``least``, or the detector's own."""
        least = self.score if least is None else least
        blob = await asyncio.to_thread(prepare, picture, self._height, self._width)
        outputs = await self._backend.infer(self.model.name, {"input": blob}, deadline=deadline)
        height, width = picture.shape[:2]
        return decode(outputs, height=height, width=width, score=least)

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn face is found where it is, and none elsewhere."""
        await check_face(self, deadline=deadline)


def prepare(picture: Picture, height: int, width: int) -> NDArray[np.float32]:
    """``float32 [1, 3, height, width]``, RGB, about -1..1: stretched to fit, as it was trained."""
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    blob = (resized.transpose(2, 0, 1)[None].astype(np.float32) - 127) / 128
    return np.ascontiguousarray(blob)


def decode(outputs: Tensors, *, height: int, width: int, score: float) -> list[Face]:
    """Faces from scores and boxes of the priors, in pixels of a picture of this size."""
    scores = np.asarray(outputs["scores"], np.float32)[0, :, 1]
    keep = np.flatnonzero(scores >= score)
    scale = np.asarray([width, height] * 2, np.float32)
    boxes = np.clip(np.asarray(outputs["boxes"], np.float32)[0, keep], 0, 1) * scale
    kept = suppress(boxes, scores[keep], iou=_IOU, most=_MOST_FACES)
    return [Face(to_box(boxes[i]), min(float(scores[keep][i]), 1.0), None) for i in kept]
