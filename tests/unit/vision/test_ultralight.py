from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.vision.ultralight import decode, prepare


def outputs(
    boxes: NDArray[np.float32], scores: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    both = np.stack([1 - scores, scores], axis=1)
    return {"boxes": boxes[None].astype(np.float32), "scores": both[None].astype(np.float32)}


def test_boxes_are_parts_of_the_picture_and_have_no_landmarks() -> None:
    boxes = np.asarray([[0.1, 0.2, 0.3, 0.6], [0.5, 0.5, 0.9, 0.9]], np.float32)
    (face,) = decode(
        outputs(boxes, np.asarray([0.9, 0.6], np.float32)), height=100, width=200, score=0.7
    )
    box = face.box
    assert (box.x, box.y, box.width, box.height) == pytest.approx((20, 20, 40, 40))
    assert face.landmarks is None
    assert face.score == pytest.approx(0.9)


def test_suppression_is_that_of_opencv() -> None:
    random = np.random.default_rng(3)
    start = random.random((300, 2)) * 0.7
    boxes = np.concatenate([start, start + 0.05 + random.random((300, 2)) * 0.2], axis=1)
    scores = random.random(300).astype(np.float32)
    found = decode(outputs(boxes, scores), height=1000, width=1000, score=0.5)
    plain = np.clip(boxes, 0, 1) * 1000
    sides = [(x, y, right - x, bottom - y) for x, y, right, bottom in plain.tolist()]
    expected = cv2.dnn.NMSBoxes(sides, scores.tolist(), 0.5, 0.3)
    assert len(found) == len(expected) > 10
    np.testing.assert_allclose(
        [face.score for face in found], scores[np.asarray(expected)], atol=1e-6
    )


def test_nothing_found_is_an_empty_list() -> None:
    boxes = np.zeros((4, 4), np.float32)
    assert decode(outputs(boxes, np.zeros(4, np.float32)), height=9, width=9, score=0.7) == []


def test_a_picture_is_stretched_in_rgb() -> None:
    picture = np.zeros((50, 10, 3), np.uint8)
    picture[:, 5:, 0] = 255
    blob = prepare(picture, 240, 320)
    assert blob.shape == (1, 3, 240, 320)
    assert blob[0, 0, 100, 300] == pytest.approx(1.0)
    assert blob[0, 2, 100, 300] == pytest.approx(-127 / 128)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3000, 2000)])
def test_any_size_fits(size: tuple[int, int]) -> None:
    assert prepare(np.zeros((*size, 3), np.uint8), 480, 640).shape == (1, 3, 480, 640)
