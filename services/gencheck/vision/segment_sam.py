"""Masks by Segment Anything (Kirillov et al. 2023, arXiv:2304.02643), asked with boxes.

An encoder looks at the picture once; a small decoder answers every box from what it saw. MobileSAM
(Zhang et al. 2023, arXiv:2306.14289) is the same with a smaller encoder. The picture is prepared as
``SamPredictor`` does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec
from gencheck.vision.geometry import Placement
from gencheck.vision.parameters import number, parameter, unusable
from gencheck.vision.roles import Picture, PixelMask
from gencheck.vision.segment import check_boxes, check_golden, corners, positive


class SamSegmenter:
    """Plays ``Segmenter``: a box gets the mask of what mostly fills it.

    Args:
        encoder, decoder: two models that one run of the recipe made.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        encoder: tuple[ModelUsed, ModelSpec],
        decoder: tuple[ModelUsed, ModelSpec],
    ) -> None:
        self.model = encoder[0]
        self._decoder = decoder[0]
        self._backend = backend
        self._side = int(number(encoder[1], "side"))
        if not 1 <= self._side <= 4096:
            raise unusable(encoder[1], f"its side is {self._side}")
        if parameter(encoder[1], "source") != parameter(decoder[1], "source"):
            raise unusable(decoder[1], f"it was not made with {encoder[1].name}")

    async def segment(
        self, picture: Picture, boxes: Sequence[Box], *, deadline: Deadline
    ) -> list[PixelMask | None]:
        """A mask for each box; ``None`` where not one pixel belongs to anything."""
        check_boxes(boxes)
        if not boxes:
            return []
        blob, place = await asyncio.to_thread(prepare, picture, self._side)
        seen = await self._backend.infer(self.model.name, {"picture": blob}, deadline=deadline)
        prompts = placed(boxes, place)
        answer = await self._backend.infer(
            self._decoder.name,
            {"embedding": seen["embedding"], "boxes": prompts},
            deadline=deadline,
        )
        logits = np.asarray(answer["masks"], np.float32)[:, 0]
        return await asyncio.to_thread(self._masks, logits, place, picture.shape, deadline)

    def _masks(
        self,
        logits: NDArray[np.float32],
        place: Placement,
        shape: tuple[int, ...],
        deadline: Deadline,
    ) -> list[PixelMask | None]:
        masks: list[PixelMask | None] = []
        for one in logits:
            deadline.check()
            step = self._side / one.shape[1]
            mask = positive(one, place, step=step, size=(shape[0], shape[1]))
            masks.append(mask if mask.any() else None)
        return masks

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn stop sign is cut out along its edge."""
        await check_golden(self, deadline=deadline)


def prepare(picture: Picture, side: int) -> tuple[NDArray[np.uint8], Placement]:
    """``uint8 [1, 3, h, w]``, RGB, the longer side being ``side``. The model does the rest."""
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    tall, wide = max(1, int(height * factor + 0.5)), max(1, int(width * factor + 0.5))
    # Pillow's bilinear filter, which takes in every pixel of a picture that shrinks.
    resized = Image.fromarray(picture).resize((wide, tall), Image.Resampling.BILINEAR)
    blob = np.ascontiguousarray(np.asarray(resized).transpose(2, 0, 1)[None])
    return blob, Placement(wide / width, tall / height, 0, 0)


def placed(boxes: Sequence[Box], place: Placement) -> NDArray[np.float32]:
    """Corners of the boxes in the network's input, ``float32 [n, 4]``."""
    scale = np.asarray([place.wide, place.tall] * 2, np.float32)
    return np.stack([corners(box) for box in boxes]).astype(np.float32) * scale
