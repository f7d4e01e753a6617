"""Alignment beside scikit-image's similarity transform, an independent implementation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.transform import SimilarityTransform

from gencheck.findings import Box
from gencheck.vision.alignment import around_box, box_move, by_landmarks, similarity
from gencheck.vision.golden import golden_face


@pytest.mark.parametrize("seed", range(20))
def test_similarity_is_that_of_scikit_image(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.normal(0, 100, (5, 2))
    onto = points @ random.normal(0, 1, (2, 2)) + random.normal(0, 20, (5, 2))
    if np.linalg.det(np.linalg.lstsq(points, onto, rcond=None)[0]) < 0:
        onto[:, 0] *= -1  # mirrored faces do not occur
    expected = SimilarityTransform.from_estimate(points, onto).params[:2]
    np.testing.assert_allclose(similarity(points, onto), expected, atol=1e-6)


def test_points_that_coincide_give_something_finite() -> None:
    assert np.isfinite(similarity(np.zeros((5, 2)), np.eye(5, 2))).all()


def dot(landmarks: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    picture = np.zeros((size, size, 3), np.uint8)
    for x, y in landmarks.round().astype(int):
        picture[y - 2 : y + 3, x - 2 : x + 3] = 255
    return picture


def test_landmarks_come_to_where_arcface_has_them() -> None:
    expected = np.asarray([[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]])
    turn = np.asarray([[0.0, -2.0], [2.0, 0.0]])  # a quarter, and twice as large
    landmarks = (expected @ turn.T + (300, 60)).astype(np.float32)
    crop = by_landmarks(dot(landmarks, 400), landmarks)
    assert crop.shape == (112, 112, 3)
    for x, y in expected.round().astype(int):
        assert crop[y, x].min() > 200
    assert crop[10:30].max() == 0


def test_the_drawn_face_is_upright_and_fills_the_crop() -> None:
    picture, (face,) = golden_face()
    assert face.landmarks is not None
    crop = by_landmarks(picture, face.landmarks)
    eye, cheek = crop[52, 38].astype(int), crop[75, 30].astype(int)
    assert eye.sum() < cheek.sum() - 150


def test_a_square_around_a_box() -> None:
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[40:60, 45:55] = 255
    crop = around_box(picture, Box(45, 40, 10, 20), 64, margin=2.0)
    assert crop[32, 32].min() == 255
    bright = np.argwhere(crop[..., 0] > 127)
    np.testing.assert_allclose(bright.min(axis=0), [16, 24], atol=1)
    np.testing.assert_allclose(bright.max(axis=0), [47, 39], atol=1)


def test_beyond_the_picture_is_black() -> None:
    crop = around_box(np.full((10, 10, 3), 255, np.uint8), Box(-40, -40, 10, 10), 32, margin=1)
    assert crop.max() == 0


def test_an_empty_box_gives_something_finite() -> None:
    assert np.isfinite(box_move(Box(5, 5, 0, 0), 96, margin=1.5)).all()
