from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import ModelSpec, TensorSpec
from gencheck.inference.fake import FakeBackend
from gencheck.vision.geometry import Placement
from gencheck.vision.yolov8 import (
    InputSize,
    YoloDetector,
    decode,
    input_size,
    letterbox,
)

F32 = np.dtype(np.float32)
LABELS = ("cat", "dog")
FREE = InputSize(640, 32)


def spec_of(
    square: int = -1, *, rows: int = 6, labels: tuple[str, ...] = LABELS, **parameters: str
) -> ModelSpec:
    return ModelSpec(
        "yolov8n",
        "1",
        (TensorSpec("images", F32, (-1, 3, square, square)),),
        (TensorSpec("output0", F32, (-1, rows, -1)),),
        max_batch=8,
        labels=labels,
        parameters=parameters,
    )


def rows_of(*things: tuple[float, float, float, float, int, float]) -> NDArray[np.float32]:
    """The raw output for boxes x1, y1, x2, y2 with a class and a score; a cell of nothing first."""
    raw = np.zeros((6, len(things) + 1), np.float32)
    for cell, (x1, y1, x2, y2, kind, score) in enumerate(things, start=1):
        raw[:4, cell] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
        raw[4 + kind, cell] = score
    return raw


@pytest.mark.parametrize(
    ("shape", "size", "expected", "place"),
    [
        ((480, 640), FREE, (480, 640), Placement(1, 1, 0, 0)),
        ((427, 640), FREE, (448, 640), Placement(1, 1, 0, 10)),
        ((300, 200), FREE, (640, 448), Placement(427 / 200, 640 / 300, 10, 0)),
        ((1, 3000), FREE, (32, 640), Placement(640 / 3000, 1, 0, 15)),
        ((240, 320), InputSize(320, 0), (320, 320), Placement(1, 1, 0, 40)),
    ],
)
def test_letterbox_puts_the_picture_in_the_middle(
    shape: tuple[int, int], size: InputSize, expected: tuple[int, int], place: Placement
) -> None:
    blob, found = letterbox(np.full((*shape, 3), (255, 51, 0), np.uint8), size)
    assert blob.shape == (1, 3, *expected)
    assert blob.dtype == np.float32
    assert dataclasses.astuple(found) == pytest.approx(dataclasses.astuple(place))
    inside = blob[0, :, found.top, found.left]
    np.testing.assert_allclose(inside, [1, 0.2, 0], atol=1e-6)
    if found.top:
        np.testing.assert_allclose(blob[0, :, found.top - 1, found.left], 114 / 255, atol=1e-6)


def test_boxes_come_back_to_the_picture_that_was_placed() -> None:
    place = Placement(0.5, 0.5, 0, 16)
    found = decode(
        rows_of((10, 26, 60, 116, 1, 0.9)), classes=2, place=place, shape=(300, 200), score=0.1
    )
    np.testing.assert_allclose(found.boxes, [[20, 20, 120, 200]], atol=1e-4)
    assert found.classes.tolist() == [1]
    assert found.factors.shape == (1, 0)


def test_boxes_end_where_the_picture_ends() -> None:
    found = decode(
        rows_of((-50, -50, 900, 900, 0, 0.5)),
        classes=2,
        place=Placement(1, 1, 0, 0),
        shape=(100, 200),
        score=0.1,
    )
    np.testing.assert_allclose(found.boxes, [[0, 0, 200, 100]])


def test_suppresses_within_a_class_only() -> None:
    raw = rows_of(
        (100, 100, 200, 200, 0, 0.8),
        (102, 101, 202, 201, 0, 0.9),
        (101, 100, 201, 200, 1, 0.6),
        (400, 400, 500, 500, 0, 0.05),
    )
    found = decode(raw, classes=2, place=Placement(1, 1, 0, 0), shape=(640, 640), score=0.1)
    assert found.scores.tolist() == pytest.approx([0.9, 0.6])
    assert found.classes.tolist() == [0, 1]


def test_nothing_is_found_in_nothing() -> None:
    found = decode(rows_of(), classes=2, place=Placement(1, 1, 0, 0), shape=(9, 9), score=0.1)
    assert found.boxes.shape == (0, 4)


async def test_detects_through_a_backend() -> None:
    raw = rows_of((10, 26, 60, 116, 1, 0.9), (10, 26, 60, 116, 0, 0.3))
    backend = FakeBackend({"yolov8n": (spec_of(), lambda inputs: {"output0": raw[None]})})
    used = ModelUsed("object_detector", "yolov8n", "1")
    detector = YoloDetector(backend, used, spec_of())
    picture = np.zeros((640, 640, 3), np.uint8)
    found = await detector.detect(picture, deadline=Deadline.after(10))
    assert [(thing.label, round(thing.score, 2)) for thing in found] == [("dog", 0.9), ("cat", 0.3)]
    assert (found[0].box.x, found[0].box.width) == pytest.approx((10, 50))
    with pytest.raises(ModelNotReady, match="dog, not stop sign"):
        await detector.self_check(deadline=Deadline.after(10))
    await backend.aclose()


def test_the_size_comes_from_the_shape_or_the_recipe() -> None:
    assert input_size(spec_of(320)) == InputSize(320, 0)
    assert input_size(spec_of()) == FREE
    assert input_size(spec_of(side="1280", stride="64")) == InputSize(1280, 64)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (spec_of(side="640", stride="48"), "no multiple"),
        (spec_of(side="1e9"), "no numbers"),
        (spec_of(side="640000"), "no multiple"),
        (spec_of(stride="0"), "no multiple"),
        (spec_of(rows=7), "2 labels"),
        (spec_of(labels=()), "0 labels"),
        (dataclasses.replace(spec_of(), outputs=()), "no output"),
        (dataclasses.replace(spec_of(), inputs=()), "no input"),
        (
            dataclasses.replace(spec_of(), inputs=(TensorSpec("images", F32, (-1, 3, 320, 640)),)),
            "not a square",
        ),
    ],
)
def test_a_configuration_that_does_not_do_is_said(spec: ModelSpec, words: str) -> None:
    with pytest.raises(ModelNotReady, match=words):
        YoloDetector(FakeBackend({}), ModelUsed("object_detector", "yolov8n", "1"), spec)
