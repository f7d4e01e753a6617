"""Objects of COCO's 80 classes by YOLOX (Ge et al. 2021, arXiv:2107.08430)."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.vision.calibration import LEAST_SCORE
from gencheck.vision.geometry import suppress, to_box
from gencheck.vision.golden import GOLDEN_OBJECT, drawn_stop_sign
from gencheck.vision.roles import DetectedObject, Picture

_STRIDES = (8, 16, 32)
_IOU = 0.45
_MOST_OBJECTS = 200
_MAX_LOG_SIZE = 8.0
_GREY = 114


class YoloxDetector:
    """Plays ``ObjectDetector``.

    Args:
        labels: the classes in the model's order.
        side: side of the network's square input in pixels.
        score: least score of an object, 0..1; callers choose their own above it.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        model: ModelUsed,
        labels: tuple[str, ...],
        *,
        side: int = 416,
        score: float = LEAST_SCORE,
    ) -> None:
        self.model = model
        self.labels = labels
        self._backend = backend
        self._side = side
        self._score = score

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        """Objects, best score first."""
        blob = await asyncio.to_thread(letterbox, picture, self._side)
        outputs = await self._backend.infer(self.model.name, {"images": blob}, deadline=deadline)
        raw = np.asarray(outputs["output"], np.float32)[0]
        return await asyncio.to_thread(self._decode, raw, picture.shape)

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn stop sign is taken for one."""
        objects = await self.detect(drawn_stop_sign(), deadline=deadline)
        best = objects[0].label if objects else "nothing"
        if best != GOLDEN_OBJECT:
            raise wrong_answer(self.model.name, self.model.role, best, GOLDEN_OBJECT)

    def _decode(self, raw: NDArray[np.float32], shape: tuple[int, ...]) -> list[DetectedObject]:
        height, width = shape[:2]
        boxes, scores, classes = decode(raw, side=self._side, score=self._score)
        boxes = np.clip(boxes / _factor(height, width, self._side), 0, [width, height] * 2)
        boxes = boxes.astype(np.float32)
        # Boxes of different classes are moved apart, so that one suppression serves all classes.
        apart = boxes + (classes * (max(height, width) + 1)).astype(np.float32)[:, None]
        kept = suppress(apart, scores, iou=_IOU, most=_MOST_OBJECTS)
        return [
            DetectedObject(self.labels[classes[i]], to_box(boxes[i]), float(scores[i]))
            for i in kept
        ]


def _factor(height: int, width: int, side: int) -> float:
    return min(side / height, side / width)


def letterbox(picture: Picture, side: int) -> NDArray[np.float32]:
    """``float32 [1, 3, side, side]``, BGR 0..255: scaled to fit, top left, grey beside it."""
    height, width = picture.shape[:2]
    factor = _factor(height, width, side)
    size = (max(1, int(width * factor)), max(1, int(height * factor)))
    canvas = np.full((side, side, 3), _GREY, np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(canvas[:, :, ::-1].transpose(2, 0, 1)[None], dtype=np.float32)


def decode(
    raw: NDArray[np.float32], *, side: int, score: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Boxes, scores and classes of the network's raw output ``float32 [cells, 5 + classes]``.

    The score is objectness times the class's own. Boxes are x1, y1, x2, y2 in the square input.
    """
    grid, stride = _cells(side)
    joint = raw[:, 4:5] * raw[:, 5:]
    classes = joint.argmax(axis=1)
    scores = joint[np.arange(len(joint)), classes]
    keep = scores >= score
    centre = (raw[keep, :2] + grid[keep]) * stride[keep]
    half = np.exp(np.clip(raw[keep, 2:4], -_MAX_LOG_SIZE, _MAX_LOG_SIZE)) * stride[keep] / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    return boxes, scores[keep], classes[keep]


def _cells(side: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Column, row ``[n, 2]`` and stride ``[n, 1]`` of every cell, in the network's order."""
    grids, strides = [], []
    for stride in _STRIDES:
        cells = side // stride
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        grids.append(np.stack([columns, rows], axis=1))
        strides.append(np.full((cells * cells, 1), stride))
    return (
        np.concatenate(grids).astype(np.float32),
        np.concatenate(strides).astype(np.float32),
    )
