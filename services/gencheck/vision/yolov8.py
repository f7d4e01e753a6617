"""Objects by ultralytics' YOLO: version 8, 11, and all with the same anchor-free head.

The picture is prepared and the answer decoded as ultralytics does it (``LetterBox``,
``non_max_suppression``), which the tests of the recipe hold to a pixel. The design of the head:
Jocher et al. 2023, github.com/ultralytics/ultralytics.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec
from gencheck.inference.players import wrong_answer
from gencheck.vision.calibration import LEAST_SCORE
from gencheck.vision.geometry import Boxes, Placement, suppress, to_box
from gencheck.vision.golden import GOLDEN_OBJECT, drawn_stop_sign
from gencheck.vision.parameters import unusable
from gencheck.vision.roles import DetectedObject, Picture

INPUT, DETECTIONS = "images", "output0"
_IOU = 0.7
_MOST_OBJECTS = 300
_GREY = 114
_SIDE, _STRIDE = 640, 32
_LARGEST_SIDE = 4096


@dataclass(frozen=True, slots=True)
class InputSize:
    """What the network takes: a fixed square, or rectangles of a longest side.

    Attributes:
        side: height and width of the square, or the longest side of a rectangle, in pixels.
        stride: a rectangle's sides are multiples of this; 0 for a fixed square.
    """

    side: int
    stride: int


@dataclass(frozen=True, slots=True)
class Detections:
    """What the network sees, best score first.

    Attributes:
        boxes: in pixels of the picture.
        scores: ``float32 [n]``, 0..1.
        classes: ``int64 [n]``.
        factors: ``float32 [n, k]``, of the masks; k is 0 where the network only detects.
    """

    boxes: Boxes
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    factors: NDArray[np.float32]


class YoloDetector:
    """Plays ``ObjectDetector``.

    Args:
        score: least score of an object, 0..1; callers choose their own above it.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        model: ModelUsed,
        spec: ModelSpec,
        *,
        score: float = LEAST_SCORE,
    ) -> None:
        self.model = model
        self.labels = spec.labels
        self._backend = backend
        self._size = input_size(spec)
        self._score = score
        check_labels(spec, factors=0)

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        """Objects, best score first."""
        blob, place = await asyncio.to_thread(letterbox, picture, self._size)
        outputs = await self._backend.infer(self.model.name, {INPUT: blob}, deadline=deadline)
        raw = np.asarray(outputs[DETECTIONS], np.float32)[0]
        found = await asyncio.to_thread(
            decode,
            raw,
            classes=len(self.labels),
            place=place,
            shape=picture.shape,
            score=self._score,
        )
        return [
            DetectedObject(self.labels[kind], to_box(box), float(score))
            for kind, box, score in zip(found.classes, found.boxes, found.scores, strict=True)
        ]

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn stop sign is taken for one."""
        objects = await self.detect(drawn_stop_sign(), deadline=deadline)
        best = objects[0].label if objects else "nothing"
        if best != GOLDEN_OBJECT:
            raise wrong_answer(self.model.name, self.model.role, best, GOLDEN_OBJECT)


def input_size(spec: ModelSpec) -> InputSize:
    """What the model takes, from its input's shape, or else the parameters of its recipe.

    Raises:
        ModelNotReady: the configuration does not say it, or contradicts itself.
    """
    shapes = [tensor.shape for tensor in spec.inputs if tensor.name == INPUT]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise unusable(spec, f"it has no input {INPUT} of four dimensions")
    height, width = shapes[0][2:]
    if height != width:
        raise unusable(spec, f"its input is {height} by {width}, not a square")
    if height > 0:
        return InputSize(height, 0)
    side = spec.parameters.get("side", str(_SIDE))
    stride = spec.parameters.get("stride", str(_STRIDE))
    if not (side.isdecimal() and stride.isdecimal()):
        raise unusable(spec, "its side and stride are no numbers")
    if not 0 < int(stride) <= int(side) <= _LARGEST_SIDE or int(side) % int(stride):
        raise unusable(spec, f"its side {side} is no multiple of its stride {stride}")
    return InputSize(int(side), int(stride))


def check_labels(spec: ModelSpec, *, factors: int) -> None:
    """Raise ``ModelNotReady`` unless there is a label for every score that the network gives."""
    rows = [tensor.shape[1] for tensor in spec.outputs if tensor.name == DETECTIONS]
    if not rows:
        raise unusable(spec, f"it has no output {DETECTIONS}")
    expected = 4 + len(spec.labels) + factors
    if not spec.labels or rows[0] not in (-1, expected):
        raise unusable(spec, f"{len(spec.labels)} labels do not go with {rows[0]} rows of output")


def letterbox(picture: Picture, size: InputSize) -> tuple[NDArray[np.float32], Placement]:
    """``float32 [1, 3, h, w]``, RGB 0..1: scaled to fit, in the middle, grey around it.

    A small picture is enlarged. Of a rectangle no more than the stride demands is grey.
    """
    height, width = picture.shape[:2]
    factor = min(size.side / height, size.side / width)
    wide, tall = max(round(width * factor), 1), max(round(height * factor), 1)
    spare_x, spare_y = size.side - wide, size.side - tall
    if size.stride:
        spare_x, spare_y = spare_x % size.stride, spare_y % size.stride
    left, top = round(spare_x / 2 - 0.1), round(spare_y / 2 - 0.1)
    canvas = np.full((tall + spare_y, wide + spare_x, 3), _GREY, np.uint8)
    resized = picture
    if (wide, tall) != (width, height):
        resized = cv2.resize(picture, (wide, tall), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    canvas[top : top + tall, left : left + wide] = resized
    blob = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]).astype(np.float32)
    blob /= 255
    return blob, Placement(wide / width, tall / height, left, top)


def decode(
    raw: NDArray[np.float32],
    *,
    classes: int,
    place: Placement,
    shape: tuple[int, ...],
    score: float,
) -> Detections:
    """Objects of the network's raw output, suppressed within each class.

    Args:
        raw: ``float32 [4 + classes + k, cells]``: centre, size, scores, factors of masks.
        shape: height and width of the picture, in pixels.
    """
    scores = raw[4 : 4 + classes].max(axis=0)
    keep = np.flatnonzero(scores > score)
    rows = raw[:, keep].T
    kinds = rows[:, 4 : 4 + classes].argmax(axis=1)
    half = rows[:, 2:4] / 2
    boxes = np.concatenate([rows[:, :2] - half, rows[:, :2] + half], axis=1)
    # Boxes of different classes are moved apart, so that one suppression serves all classes.
    apart = boxes + (kinds * (2 * _LARGEST_SIDE)).astype(np.float32)[:, None]
    kept = suppress(apart, scores[keep], iou=_IOU, most=_MOST_OBJECTS)
    moved = boxes[kept] - np.asarray([place.left, place.top] * 2, np.float32)
    scaled = moved / np.asarray([place.wide, place.tall] * 2, np.float32)
    height, width = shape[:2]
    return Detections(
        np.clip(scaled, 0, np.asarray([width, height] * 2, np.float32)).astype(np.float32),
        scores[keep][kept],
        kinds[kept],
        rows[kept, 4 + classes :],
    )
