"""What all segmenters share: their bounds, and the drawing that they must cut out rightly."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import LimitExceeded
from gencheck.findings import Box
from gencheck.inference.players import wrong_answer
from gencheck.vision.geometry import Placement
from gencheck.vision.golden import GOLDEN_SIGN, drawn_stop_sign, stop_sign_mask
from gencheck.vision.roles import PixelMask, Segmenter

MOST_BOXES = 64
"""Boxes of one call: each costs a mask of the picture's size."""

_GOLDEN_OVERLAP = 0.8


def check_boxes(boxes: Sequence[Box]) -> None:
    """Raise ``LimitExceeded`` where there are too many."""
    if len(boxes) > MOST_BOXES:
        raise LimitExceeded(
            f"{len(boxes)} boxes are to be segmented, and {MOST_BOXES} are the most",
            where="segment",
            fix="Ask for fewer at a time.",
            metadata={"boxes": str(len(boxes)), "limit": str(MOST_BOXES)},
        )


def corners(box: Box) -> NDArray[np.float32]:
    """x1, y1, x2, y2."""
    return np.asarray([box.x, box.y, box.x + box.width, box.y + box.height], np.float32)


def positive(
    logits: NDArray[np.float32],
    place: Placement,
    *,
    step: float,
    size: tuple[int, int],
    corner: tuple[int, int] = (0, 0),
) -> PixelMask:
    """Where logits, interpolated bilinearly, are positive in a rectangle of the picture.

    Args:
        logits: ``float32 [h, w]``, over the whole of a network's input.
        place: of the picture in the network's input.
        step: pixels of the network's input to a pixel of the logits.
        size: height and width of the rectangle, in pixels of the picture.
        corner: its left and top.
    """
    # From a pixel of the rectangle, by its centre, to the pixel of the logits under it.
    wide, tall = place.wide / step, place.tall / step
    across = ((corner[0] + 0.5) * place.wide + place.left) / step - 0.5
    down = ((corner[1] + 0.5) * place.tall + place.top) / step - 0.5
    matrix = np.asarray([[wide, 0, across], [0, tall, down]], np.float64)
    sampled = cv2.warpAffine(
        logits,
        matrix,
        size[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(np.asarray(sampled) > 0, np.bool_)


def mask_iou(one: PixelMask, other: PixelMask) -> float:
    """How far two masks agree, 0..1; two empty ones do not."""
    return int(np.sum(one & other)) / max(1, int(np.sum(one | other)))


async def check_golden(segmenter: Segmenter, *, deadline: Deadline) -> None:
    """Raise ``ModelNotReady`` unless a drawn stop sign is cut out with an IoU of 0.8."""
    (mask,) = await segmenter.segment(drawn_stop_sign(), [GOLDEN_SIGN], deadline=deadline)
    agreed = 0.0 if mask is None else mask_iou(mask, stop_sign_mask())
    if agreed < _GOLDEN_OVERLAP:
        found = "no mask" if mask is None else f"a mask of IoU {agreed:.2f}"
        raise wrong_answer(
            segmenter.model.name,
            segmenter.model.role,
            found,
            f"one of at least {_GOLDEN_OVERLAP}",
        )
