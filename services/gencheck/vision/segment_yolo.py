"""Masks by ultralytics' YOLO: of the objects that it sees, those where they were asked for.

The network gives prototypes of masks and, for each object, factors to sum them with (YOLACT, Bolya
et al. 2019, arXiv:1904.02689). A mask is computed inside the object's box only, at the picture's
own size.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec
from gencheck.vision.geometry import Placement, overlaps
from gencheck.vision.roles import Picture, PixelMask
from gencheck.vision.segment import check_boxes, check_golden, corners, positive
from gencheck.vision.yolov8 import (
    DETECTIONS,
    INPUT,
    Detections,
    check_labels,
    decode,
    input_size,
    letterbox,
)

_PROTOTYPES = "output1"
_FACTORS = 32
_LEAST_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Basis:
    """What masks are summed from, and where the picture lies in it.

    Attributes:
        prototypes: ``float32 [32, h, w]``.
        step: pixels of the network's input to a pixel of the prototypes.
        place: of the picture in the network's input.
        shape: of the picture.
    """

    prototypes: NDArray[np.float32]
    step: float
    place: Placement
    shape: tuple[int, ...]


class YoloSegmenter:
    """Plays ``Segmenter``: a box gets the mask of the object whose own box overlaps it most.

    Args:
        score: least score of an object, 0..1.
    """

    def __init__(
        self, backend: InferenceBackend, model: ModelUsed, spec: ModelSpec, *, score: float = 0.1
    ) -> None:
        self.model = model
        self._classes = len(spec.labels)
        self._backend = backend
        self._size = input_size(spec)
        self._score = score
        check_labels(spec, factors=_FACTORS)

    async def segment(
        self, picture: Picture, boxes: Sequence[Box], *, deadline: Deadline
    ) -> list[PixelMask | None]:
        """A mask for each box; ``None`` where no object's box overlaps it by an IoU of 0.5."""
        check_boxes(boxes)
        if not boxes:
            return []
        blob, place = await asyncio.to_thread(letterbox, picture, self._size)
        outputs = await self._backend.infer(self.model.name, {INPUT: blob}, deadline=deadline)
        detections = np.asarray(outputs[DETECTIONS], np.float32)[0]
        prototypes = np.asarray(outputs[_PROTOTYPES], np.float32)[0]

        step = blob.shape[2] / prototypes.shape[1]
        basis = Basis(prototypes, step, place, picture.shape)

        def find() -> list[PixelMask | None]:
            found = decode(
                detections,
                classes=self._classes,
                place=place,
                shape=picture.shape,
                score=self._score,
            )
            return masks_for(boxes, found, basis, deadline)

        return await asyncio.to_thread(find)

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn stop sign is cut out along its edge."""
        await check_golden(self, deadline=deadline)


def masks_for(
    boxes: Sequence[Box], found: Detections, basis: Basis, deadline: Deadline
) -> list[PixelMask | None]:
    """The mask of the object under each box."""
    masks: list[PixelMask | None] = []
    for box in boxes:
        deadline.check()
        ious = overlaps(corners(box), found.boxes) if len(found.boxes) else np.zeros(1, np.float32)
        best = int(ious.argmax())
        if ious[best] < _LEAST_OVERLAP:
            masks.append(None)
            continue
        masks.append(cut_out(found.factors[best], found.boxes[best], basis))
    return masks


def cut_out(factors: NDArray[np.float32], box: NDArray[np.float32], basis: Basis) -> PixelMask:
    """The mask at the picture's size where the logits, interpolated, are positive in the box."""
    logits = np.tensordot(factors, basis.prototypes, axes=1).astype(np.float32)
    height, width = basis.shape[:2]
    left, top = (max(0, int(np.ceil(value))) for value in box[:2])
    right, bottom = (int(np.ceil(value)) for value in box[2:])
    right, bottom = min(right, width), min(bottom, height)
    mask = np.zeros((height, width), np.bool_)
    if right <= left or bottom <= top:
        return mask
    mask[top:bottom, left:right] = positive(
        logits,
        basis.place,
        step=basis.step,
        size=(bottom - top, right - left),
        corner=(left, top),
    )
    return mask
