from __future__ import annotations

import cv2
import numpy as np
import pytest

from gencheck.vision.geometry import fit_side, multiple_of, overlaps, suppress


def test_overlap_of_known_boxes() -> None:
    box = np.asarray([0, 0, 10, 10], np.float32)
    others = np.asarray(
        [[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30], [3, 3, 3, 3]], np.float32
    )
    np.testing.assert_allclose(overlaps(box, others), [1, 1 / 3, 0, 0], atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_suppression_agrees_with_opencv(seed: int) -> None:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 80, (60, 2))
    size = random.uniform(10, 40, (60, 2))
    boxes = np.concatenate([corner, corner + size], axis=1).astype(np.float32)
    scores = random.permutation(np.linspace(0.1, 0.9, 60)).astype(np.float32)
    theirs = cv2.dnn.NMSBoxes(np.concatenate([corner, size], axis=1), scores, 0.0, 0.4)
    assert suppress(boxes, scores, iou=0.4, most=60).tolist() == list(theirs)


def test_suppression_keeps_no_more_than_asked() -> None:
    boxes = np.asarray([[i * 20, 0, i * 20 + 10, 10] for i in range(9)], np.float32)
    scores = np.linspace(0.1, 0.9, 9).astype(np.float32)
    assert suppress(boxes, scores, iou=0.5, most=3).tolist() == [8, 7, 6]
    assert suppress(boxes[:0], scores[:0], iou=0.5, most=3).tolist() == []


def test_sizes() -> None:
    assert fit_side(1000, 4000, side=1000) == 0.25
    assert fit_side(10, 20, side=1000) == 1.0
    assert [multiple_of(size, 32) for size in (1, 47, 49, 960)] == [32, 32, 64, 960]
