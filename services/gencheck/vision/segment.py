"""What all segmenters share: their bounds, and the drawing that they must cut out rightly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import LimitExceeded
from gencheck.findings import Box
from gencheck.inference.players import wrong_answer
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
