"""Softness that no depth of field explains."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage.measure import blur_effect

from gencheck.artifact.image.blur import NOTICE, blur_ratio, measure_blur
from gencheck.findings import Box
from tests.unit.artifact.image.pictures import best_iou, photo, picture, texture, worst


def test_blur_ratio_agrees_with_scikit_image() -> None:
    grey = cv2.cvtColor(photo(), cv2.COLOR_RGB2GRAY)
    for sigma in (1.0, 2.0, 4.0):
        soft = cv2.GaussianBlur(grey, (0, 0), sigma)
        ratio, energy = blur_ratio(soft)
        ours = float((ratio * energy).sum() / energy.sum())
        assert ours == pytest.approx(blur_effect(soft, h_size=11), abs=0.12)


def test_the_ratio_rises_with_the_blur() -> None:
    soft = [cv2.GaussianBlur(photo(), (0, 0), sigma) for sigma in (0.5, 1, 2, 3, 5)]
    values = [worst(measure_blur(picture(pixels))) for pixels in soft]
    assert values == sorted(values)
    assert values[0] < 0.3
    assert values[3] > 0.5


def test_depth_of_field_is_no_blur() -> None:
    behind = cv2.GaussianBlur(photo(), (0, 0), 6)
    behind[128:384, 128:384] = photo()[128:384, 128:384]
    assert worst(measure_blur(picture(behind))) < 0.3
    assert worst(measure_blur(picture(cv2.GaussianBlur(photo(), (0, 0), 6)))) > 0.55


def test_a_soft_patch_within_sharp_detail_is_found_and_located() -> None:
    sharp = texture()
    damaged = sharp.copy()
    damaged[160:352, 128:320] = cv2.GaussianBlur(sharp, (0, 0), 3)[160:352, 128:320]
    reading = measure_blur(picture(damaged))
    assert best_iou(reading, Box(128, 160, 192, 192)) > 0.6
    assert worst(reading) > 0.4
    assert all(m.region is None for m in measure_blur(picture(sharp)).measurements)


def test_a_flat_patch_is_no_blur() -> None:
    plain = texture()
    plain[160:352, 128:320] = np.linspace(90, 120, 192)[:, None]
    assert all(m.region is None for m in measure_blur(picture(plain)).measurements)


@pytest.mark.parametrize("shape", [(32, 32), (33, 400), (400, 37)])
def test_small_pictures_measure(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape)
    assert 0 <= worst(measure_blur(picture(noise))) < 0.3


def test_a_camera_that_moved_one_way_is_soft() -> None:
    moved = cv2.blur(photo(), (13, 1))
    assert worst(measure_blur(picture(moved))) > 1.5 * worst(measure_blur(picture(photo())))
    assert worst(measure_blur(picture(moved))) > NOTICE
