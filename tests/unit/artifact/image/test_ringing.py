"""Halos and ripples beside edges, told from outlines, text and texture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.edges import Edges
from gencheck.artifact.image.grid import best_phase
from gencheck.artifact.image.halos import overshoot
from gencheck.artifact.image.ringing import measure_ringing, ripple
from tests.unit.artifact.image.pictures import jpeg, photo, picture, rgb, texture, worst


def panels(seed: int = 0) -> NDArray[np.float64]:
    """Flat squares of 43 pixels, on no grid of 8, in random greys with lens-soft edges."""
    grey = np.random.default_rng(seed).choice([60.0, 100.0, 140.0, 190.0], (12, 12))
    return cv2.GaussianBlur(np.kron(grey, np.ones((43, 43))), (0, 0), 0.8)


def sharpened(values: NDArray[np.float64], sigma: float, amount: float) -> NDArray[np.float64]:
    return values + amount * (values - cv2.GaussianBlur(values, (0, 0), sigma))


@pytest.mark.parametrize(("sigma", "amount"), [(1.0, 1.5), (1.5, 2.0), (2.0, 1.5)])
def test_overshoot_of_a_known_filter(sigma: float, amount: float) -> None:
    step = cv2.GaussianBlur(np.tile(np.repeat([0.0, 1.0], 40), (80, 1)), (0, 0), 0.8)
    edge = sharpened(step, sigma, amount)[40, 39:]
    expected = edge.max() - 1
    _, measured = overshoot(Edges.of(rgb(sharpened(panels(), sigma, amount))[:, :, 0]))
    assert 0.6 * expected <= measured <= 1.1 * expected


def test_halos_grow_with_the_amount_and_clean_edges_have_none() -> None:
    values = [worst(measure_ringing(picture(sharpened(panels(), 1.5, a)))) for a in (0, 1, 2, 3)]
    assert values[0] < 0.1
    assert values == sorted(values)
    assert values[2] > 1


def test_a_cut_spectrum_rings() -> None:
    spectrum = np.fft.rfft2(panels())
    spectrum[np.abs(np.fft.fftfreq(516)) > 0.2] = 0
    spectrum[:, np.fft.rfftfreq(516) > 0.2] = 0
    rings = worst(measure_ringing(picture(np.fft.irfft2(spectrum))))
    assert rings > 0.3 > 3 * worst(measure_ringing(picture(panels())))


def test_outlines_and_strokes_are_no_halos() -> None:
    drawn = np.full((512, 512, 3), 190, np.uint8)
    for index in range(20):
        at = (60 + index * 97 % 400, 60 + index * 61 % 400)
        cv2.circle(drawn, at, 30, (90, 140, 60), -1, cv2.LINE_AA)
        cv2.circle(drawn, at, 30, (20, 20, 20), 3, cv2.LINE_AA)
    page = np.full((512, 512, 3), 250, np.uint8)
    for row in range(30, 500, 24):
        cv2.putText(page, "A page of plain words in ink", (10, row), 0, 0.7, (20,) * 3, 1, 16)
    assert worst(measure_ringing(picture(drawn))) < 1
    assert worst(measure_ringing(picture(page))) < 1
    assert worst(measure_ringing(picture(texture()))) < 1


def test_halos_are_told_where_one_side_of_most_edges_is_white() -> None:
    scene = np.clip(sharpened(panels(), 1.5, 2), 0, 255)
    scene[:, :172] = np.where(panels()[:, :172] > 120, 255, scene[:, :172])
    assert worst(measure_ringing(picture(scene))) > 1


def test_the_dots_of_a_print_are_no_halos() -> None:
    grey = cv2.cvtColor(photo(), cv2.COLOR_RGB2GRAY)
    y, x = np.mgrid[:512, :512] * (2 * np.pi / 6)
    ink = np.where(grey > 128 + 60 * (np.cos(x + y) + np.cos(x - y)), 230.0, 40.0)
    assert worst(measure_ringing(picture(cv2.GaussianBlur(ink, (0, 0), 0.8)))) < 1


def test_joints_in_steps_of_eight_are_no_ripples() -> None:
    rng = np.random.default_rng(0)
    wall = np.full((512, 640), 60.0)
    for top in range(0, 512, 32):
        for left in range(0, 640, 32):
            wall[top + 2 : top + 30, left + 2 : left + 30] = rng.uniform(150, 200)
    rough = cv2.GaussianBlur(rng.normal(0, 1, wall.shape), (0, 0), 1)
    wall = cv2.GaussianBlur(wall * (1 + 0.2 * rough), (0, 0), 0.8)
    assert worst(measure_ringing(picture(wall))) < 1


def test_ripples_of_compression_end_at_their_blocks() -> None:
    noisy = panels() + np.random.default_rng(1).normal(0, 1, (516, 516))
    clean, rippled = rgb(noisy)[:, :, 0], jpeg(rgb(noisy), 15)[:, :, 0]
    assert ripple(Edges.of(clean))[1] < 0.3
    assert ripple(Edges.of(rippled))[1] > 0.8
    assert worst(measure_ringing(picture(photo()))) < 1


@pytest.mark.parametrize("shift", [(0, 0), (3, 6), (7, 1)])
def test_the_grid_is_placed(shift: tuple[int, int]) -> None:
    cropped = np.ascontiguousarray(jpeg(photo(), 20)[shift[0] :, shift[1] :, 1])
    assert best_phase(cropped) == tuple(-side % 8 for side in shift)
