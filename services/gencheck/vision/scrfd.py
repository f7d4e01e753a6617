"""Faces by SCRFD (Guo et al. 2021, arXiv:2105.04714). Its weights are for research only."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, Tensors
from gencheck.vision.geometry import fit_side, suppress, to_box
from gencheck.vision.golden import check_face
from gencheck.vision.roles import Face, Picture

_SIDE = 640
_STRIDES = (8, 16, 32)
_ANCHORS = 2
_IOU = 0.4
_MOST_FACES = 200


class ScrfdDetector:
    """Plays ``FaceDetector``. A small picture is not enlarged: that costs it faces.

    Args:
        score: least score of a face, 0..1.
    """

    def __init__(self, backend: InferenceBackend, model: ModelUsed, *, score: float = 0.5) -> None:
        self.model = model
        self._backend = backend
        self.score = score

    async def detect(
        self, picture: Picture, *, least: float | None = None, deadline: Deadline
    ) -> list[Face]:
        """Faces, best score first, down to the score ``least``, or the detector's own."""
        least = self.score if least is None else least
        blob = await asyncio.to_thread(prepare, picture)
        outputs = await self._backend.infer(self.model.name, {"images": blob}, deadline=deadline)
        height, width = picture.shape[:2]
        return await asyncio.to_thread(decode, outputs, height=height, width=width, score=least)

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn face is found where it is, and none elsewhere."""
        await check_face(self, deadline=deadline)


def prepare(picture: Picture) -> NDArray[np.float32]:
    """``float32 [1, 3, 640, 640]``, RGB, about -1..1: shrunk to fit, top left, zero beside it."""
    height, width = picture.shape[:2]
    factor = fit_side(height, width, side=_SIDE)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    resized = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA if factor < 0.5 else cv2.INTER_LINEAR
    )
    blob = np.zeros((1, 3, _SIDE, _SIDE), np.float32)
    blob[0, :, : size[1], : size[0]] = (resized.transpose(2, 0, 1) - 127.5) / 128
    return blob


def decode(outputs: Tensors, *, height: int, width: int, score: float) -> list[Face]:
    """Faces from the nine outputs, in pixels of a picture of this size, best first."""
    boxes, scores, points = [], [], []
    for level, stride in enumerate(_STRIDES):
        found = np.asarray(outputs[f"out{level}"], np.float32)[0, :, 0]
        keep = np.flatnonzero(found >= score)
        cells = _SIDE // stride
        rows, columns = np.divmod(keep // _ANCHORS, cells)
        centre = np.stack([columns, rows], axis=1) * stride
        sides = np.asarray(outputs[f"out{level + 3}"], np.float32)[0, keep] * stride
        marks = np.asarray(outputs[f"out{level + 6}"], np.float32)[0, keep] * stride
        boxes.append(np.concatenate([centre - sides[:, :2], centre + sides[:, 2:]], axis=1))
        points.append(centre[:, None] + marks.reshape(-1, 5, 2))
        scores.append(found[keep])
    factor = fit_side(height, width, side=_SIDE)
    all_boxes = np.clip(np.concatenate(boxes) / factor, 0, [width, height] * 2).astype(np.float32)
    all_points = (np.concatenate(points) / factor).astype(np.float32)
    all_scores = np.concatenate(scores)
    kept = suppress(all_boxes, all_scores, iou=_IOU, most=_MOST_FACES)
    return [Face(to_box(all_boxes[i]), min(float(all_scores[i]), 1.0), all_points[i]) for i in kept]
