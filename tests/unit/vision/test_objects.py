from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import ModelSpec, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision.objects import YoloxDetector, decode, letterbox

F32 = np.dtype(np.float32)
LABELS = ("cat", "dog")


def raw_output() -> NDArray[np.float32]:
    return np.zeros((3549, 5 + len(LABELS)), np.float32)


def place(
    raw: NDArray[np.float32],
    *,
    box: tuple[float, float, float, float],
    label: int,
    score: float,
    stride: int = 8,
) -> None:
    """Write a box (x1, y1, x2, y2 in 416 pixels) into the cell that it is the business of."""
    x, y = (box[0] + box[2]) / 2 / stride, (box[1] + box[3]) / 2 / stride
    before = {8: 0, 16: 52 * 52, 32: 52 * 52 + 26 * 26}[stride]
    cells = 416 // stride
    row = raw[before + int(y) * cells + int(x)]
    row[:2] = x - int(x), y - int(y)
    row[2:4] = math.log((box[2] - box[0]) / stride), math.log((box[3] - box[1]) / stride)
    row[4] = 1.0
    row[5 + label] = score


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_decodes_a_box_that_was_encoded(stride: int) -> None:
    raw = raw_output()
    place(raw, box=(30, 50, 130, 250), label=1, score=0.7, stride=stride)
    boxes, scores, classes = decode(raw, side=416, score=0.5)
    np.testing.assert_allclose(boxes, [[30, 50, 130, 250]], atol=1e-3)
    assert scores.tolist() == pytest.approx([0.7])
    assert classes.tolist() == [1]


def test_letterbox_puts_the_picture_top_left_in_bgr() -> None:
    blob = letterbox(np.full((100, 200, 3), (10, 20, 30), np.uint8), 416)
    assert blob.shape == (1, 3, 416, 416)
    assert blob[0, :, 0, 0].tolist() == [30, 20, 10]
    assert blob[0, :, 207, 415].tolist() == [30, 20, 10]
    assert blob[0, :, 208, 0].tolist() == [114, 114, 114]


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
def test_odd_pictures_fit(size: tuple[int, int]) -> None:
    assert letterbox(np.zeros((*size, 3), np.uint8), 416).shape == (1, 3, 416, 416)


def backend_of(raw: NDArray[np.float32]) -> FakeBackend:
    spec = ModelSpec(
        "yolox_nano",
        "1",
        (TensorSpec("images", F32, (1, 3, 416, 416)),),
        (TensorSpec("output", F32, (1, 3549, 7)),),
    )
    return FakeBackend({"yolox_nano": (spec, lambda inputs: {"output": raw[None]})})


async def test_suppresses_within_a_class_only_and_scales_to_the_picture() -> None:
    raw = raw_output()
    place(raw, box=(104, 104, 208, 208), label=0, score=0.9)
    place(raw, box=(108, 112, 212, 208), label=0, score=0.8)  # the same cat again
    place(raw, box=(120, 104, 208, 208), label=1, score=0.6)  # a dog in its place
    backend = backend_of(raw)
    detector = YoloxDetector(backend, ModelUsed("object_detector", "yolox_nano", "1"), LABELS)
    picture = np.zeros((832, 416, 3), np.uint8)  # shrinks by 2
    found = await detector.detect(picture, deadline=Deadline.after(10))
    assert [(thing.label, round(thing.score, 2)) for thing in found] == [("cat", 0.9), ("dog", 0.6)]
    box = found[0].box
    assert (box.x, box.y, box.width, box.height) == pytest.approx((208, 208, 208, 208), abs=0.01)
    await backend.aclose()


async def test_a_model_that_sees_no_stop_sign_fails_the_self_check() -> None:
    raw = raw_output()
    place(raw, box=(100, 100, 200, 200), label=0, score=0.9)
    backend = backend_of(raw)
    detector = YoloxDetector(backend, ModelUsed("object_detector", "yolox_nano", "1"), LABELS)
    with pytest.raises(ModelNotReady, match="cat, not stop sign"):
        await detector.self_check(deadline=Deadline.after(10))
    await backend.aclose()
