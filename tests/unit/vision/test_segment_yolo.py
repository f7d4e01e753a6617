from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, LimitExceeded, ModelNotReady
from gencheck.findings import Box, ModelUsed
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision.golden import GOLDEN_SIGN, stop_sign_mask
from gencheck.vision.segment import MOST_BOXES, mask_iou
from gencheck.vision.segment_yolo import YoloSegmenter

F32 = np.dtype(np.float32)
USED = ModelUsed("segmenter", "yolov8n_seg", "1")
SPEC = ModelSpec(
    "yolov8n_seg",
    "1",
    (TensorSpec("images", F32, (-1, 3, -1, -1)),),
    (TensorSpec("output0", F32, (-1, 37, -1)), TensorSpec("output1", F32, (-1, 32, -1, -1))),
    max_batch=8,
    labels=("disc",),
)
SECONDS = 10


def network(inputs: Tensors) -> Tensors:
    """Sees a disc at (320, 240) of radius 100 in its own pixels, and a flat thing at the left."""
    height, width = inputs["images"].shape[2:]
    detections = np.zeros((1, 37, 2), np.float32)
    detections[0, :, 0] = [320, 240, 200, 200, 0.9, 1, *[0] * 31]
    detections[0, :, 1] = [50, 240, 40, 300, 0.8, 0, -1, *[0] * 30]
    y, x = np.mgrid[2:height:4, 2:width:4]
    prototypes = np.zeros((1, 32, height // 4, width // 4), np.float32)
    prototypes[0, 0] = 100 - np.hypot(x - 320, y - 240)
    prototypes[0, 1] = 1
    return {"output0": detections, "output1": prototypes}


@pytest.fixture
async def segmenter() -> AsyncIterator[YoloSegmenter]:
    backend = FakeBackend({"yolov8n_seg": (SPEC, network)})
    yield YoloSegmenter(backend, USED, SPEC)
    await backend.aclose()


def disc(scale: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[0 : int(480 * scale), 0 : int(640 * scale)] + 0.5
    return np.asarray(np.hypot(columns / scale - 320, rows / scale - 240) < 100)


@pytest.mark.parametrize("scale", [1, 0.5, 2.5])
async def test_cuts_out_what_lies_in_the_box_at_the_pictures_size(
    segmenter: YoloSegmenter, scale: float
) -> None:
    picture = np.zeros((int(480 * scale), int(640 * scale), 3), np.uint8)
    box = Box(225 * scale, 145 * scale, 190 * scale, 190 * scale)
    nowhere = Box(450 * scale, 10 * scale, 100 * scale, 100 * scale)
    masks = await segmenter.segment(picture, [nowhere, box, box], deadline=Deadline.after(SECONDS))
    assert masks[0] is None
    for mask in masks[1:]:
        assert mask is not None
        assert mask.shape == picture.shape[:2]
        assert mask_iou(mask, disc(scale)) > 0.97


async def test_an_object_without_a_pixel_has_an_empty_mask(segmenter: YoloSegmenter) -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    (mask,) = await segmenter.segment(
        picture, [Box(30, 90, 40, 300)], deadline=Deadline.after(SECONDS)
    )
    assert mask is not None
    assert not mask.any()


async def test_no_boxes_cost_nothing_and_too_many_are_refused(segmenter: YoloSegmenter) -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    assert await segmenter.segment(picture, [], deadline=Deadline.after(SECONDS)) == []
    many = [Box(0, 0, 9, 9)] * (MOST_BOXES + 1)
    with pytest.raises(LimitExceeded, match="65 boxes"):
        await segmenter.segment(picture, many, deadline=Deadline.after(SECONDS))
    with pytest.raises(DeadlineExceeded):
        await segmenter.segment(picture, many[1:], deadline=Deadline.after(0))


async def test_a_model_that_sees_no_sign_fails_the_self_check(segmenter: YoloSegmenter) -> None:
    with pytest.raises(ModelNotReady, match="golden input"):
        await segmenter.self_check(deadline=Deadline.after(SECONDS))


def test_the_golden_mask_fills_its_box() -> None:
    rows, columns = np.nonzero(stop_sign_mask())
    assert (columns.min(), rows.min()) == pytest.approx((GOLDEN_SIGN.x, GOLDEN_SIGN.y), abs=2)
    assert np.ptp(columns) == pytest.approx(GOLDEN_SIGN.width, abs=3)
    assert np.ptp(rows) == pytest.approx(GOLDEN_SIGN.height, abs=3)
    assert mask_iou(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 0
