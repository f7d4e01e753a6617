"""Noise told from texture, in luma, in colour and in places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gencheck.artifact.image.noise import colour_sigma, measure_noise, noise_sigma, repeats
from gencheck.findings import Box
from tests.unit.artifact.image.pictures import best_iou, photo, picture, rgb, texture, worst


@pytest.mark.parametrize("sigma", [4.0, 10.0, 25.0])
def test_sigma_of_known_noise_agrees_with_another_method(sigma: float) -> None:
    noise = 128 + np.random.default_rng(1).normal(0, sigma, (512, 512))
    grey = rgb(noise)[:, :, 0]
    measured = float(np.median(noise_sigma(grey)))
    assert measured == pytest.approx(sigma, rel=0.08)
    # Immerkaer, Fast noise variance estimation, CVIU 1996.
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float64)
    other = np.abs(cv2.filter2D(grey.astype(float), -1, kernel)).mean() * np.sqrt(np.pi / 2) / 6
    assert measured == pytest.approx(other, rel=0.08)


def test_sigma_of_colour_is_that_of_independent_channels() -> None:
    noise = 128 + np.random.default_rng(2).normal(0, 9, (512, 512, 3))
    assert float(np.median(colour_sigma(rgb(noise)))) == pytest.approx(9, rel=0.1)
    assert colour_sigma(rgb(texture())).max() < 1e-3


def test_texture_is_not_noise() -> None:
    noisy = texture() + np.random.default_rng(2).normal(0, 12, (512, 512))
    grass = texture()
    grass[:200] = np.linspace(120, 200, 200)[:, None]  # a sky above it
    assert worst(measure_noise(picture(grass))) < 1
    assert worst(measure_noise(picture(noisy))) > 8


def test_noise_grows_with_sigma() -> None:
    rng = np.random.default_rng(3)
    values = [
        worst(measure_noise(picture(photo() + rng.normal(0, sigma, photo().shape))))
        for sigma in (0, 6, 12, 25)
    ]
    assert values == sorted(values)
    assert values[0] < 3


def test_a_noisy_place_is_located() -> None:
    damaged = photo().astype(float)
    damaged[96:320, 160:416] += np.random.default_rng(4).normal(0, 20, (224, 256, 3))
    assert best_iou(measure_noise(picture(damaged)), Box(160, 96, 256, 224)) > 0.6


def test_a_halftone_repeats_and_noise_does_not() -> None:
    y, x = np.mgrid[:256, :256]
    dots = 128 + 100 * np.sign(np.cos(2 * np.pi * x / 6) * np.cos(2 * np.pi * y / 6))
    noise = 128 + np.random.default_rng(5).normal(0, 20, (256, 256))
    assert repeats(rgb(dots)[:, :, 0])
    assert not repeats(rgb(noise)[:, :, 0])
    assert worst(measure_noise(picture(dots))) < 3
