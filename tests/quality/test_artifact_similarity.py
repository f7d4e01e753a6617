"""The full-reference measures against scikit-image's, and against what they must do."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data
from artifact_similarity import colour_difference, ms_ssim, seen_at, ssim_parts
from skimage.metrics import structural_similarity

PHOTO = np.ascontiguousarray(skimage.data.coffee())


def test_one_scale_is_the_ssim_of_scikit_image() -> None:
    other = cv2.GaussianBlur(PHOTO, (0, 0), 2)
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (PHOTO, other))
    luminance, structure = ssim_parts(a.astype(np.float32), b.astype(np.float32))
    expected = structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert (luminance * structure).mean() == pytest.approx(expected, abs=0.002)


def test_more_blur_is_less_alike() -> None:
    assert ms_ssim(PHOTO, PHOTO) == pytest.approx(1.0, abs=1e-6)
    values = [ms_ssim(PHOTO, cv2.GaussianBlur(PHOTO, (0, 0), s)) for s in (1, 2, 4, 8)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.95
    assert values[-1] < 0.8


def test_small_pictures_use_fewer_scales() -> None:
    small = PHOTO[:40, :60]
    assert 0 < ms_ssim(small, 255 - small) < 1


def test_colours_and_sizes() -> None:
    assert colour_difference(PHOTO, PHOTO) == 0
    warmer = PHOTO.copy()
    warmer[:, :, 2] //= 2
    assert colour_difference(PHOTO, warmer) > 3
    assert seen_at(PHOTO, 300).shape == (200, 300, 3)
    assert seen_at(PHOTO, 900) is PHOTO
