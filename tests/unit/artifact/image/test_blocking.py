"""Blocks of codecs told from texture and from what is built in squares."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gencheck.artifact.image.blocking import NOTICE, _lying, _upright, grid_ratio, measure_blocking
from gencheck.findings import Box
from tests.unit.artifact.image.pictures import best_iou, jpeg, photo, picture, texture, worst


def test_blocking_rises_as_jpeg_quality_falls() -> None:
    values = [worst(measure_blocking(picture(jpeg(photo(), q)))) for q in (95, 30, 20, 10, 5)]
    assert values == sorted(values)
    assert values[0] < 1.5
    assert values[1] > 2


@pytest.mark.parametrize("shift", [(0, 0), (3, 5), (7, 1)])
def test_the_grid_is_found_at_any_phase(shift: tuple[int, int]) -> None:
    cropped = jpeg(photo(), 20)[shift[0] :, shift[1] :]
    assert worst(measure_blocking(picture(cropped))) > 2


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_the_grid_of_an_enlarged_picture_is_found(factor: float) -> None:
    large = cv2.resize(jpeg(photo()[:320, :320], 15), None, fx=factor, fy=factor)
    plain = cv2.resize(photo()[:320, :320], None, fx=factor, fy=factor)
    assert worst(measure_blocking(picture(large))) > 1.9
    assert worst(measure_blocking(picture(plain))) < 1.5


def test_a_compressed_patch_is_located() -> None:
    damaged = photo().copy()
    damaged[128:384, 160:416] = jpeg(np.ascontiguousarray(photo()[128:384, 160:416]), 10)
    assert best_iou(measure_blocking(picture(damaged)), Box(160, 128, 256, 256)) > 0.5


def test_fences_and_texture_are_no_compression_grid() -> None:
    fence = np.tile((np.arange(512) // 8 % 2) * 120.0 + 60, (512, 1))
    assert grid_ratio(fence.astype(np.uint8)).max() < 1.6
    assert worst(measure_blocking(picture(texture()))) < 1.4


def test_golden_blocks_measure_far_above_the_smooth_picture() -> None:
    row = np.linspace(0.0, 3.0 * np.pi, 256)
    waves = 128 + 60 * np.sin(row)[None, :] * np.cos(row)[:, None]
    blocks = waves.reshape(32, 8, 32, 8).mean(axis=(1, 3)).repeat(8, axis=0).repeat(8, axis=1)
    smooth = worst(measure_blocking(picture(waves)))
    assert worst(measure_blocking(picture(blocks))) > 2 * smooth


def test_what_is_drawn_in_steps_of_eight_has_no_blocks() -> None:
    sheet = np.full((480, 640), 235.0)
    sheet[40:440, 40:600] = 250
    for y in range(64, 416, 48):
        sheet[y : y + 24, 56:584] = 228
    assert worst(measure_blocking(picture(sheet))) < NOTICE


def test_breaks_agree_with_a_plain_loop() -> None:
    grey = np.random.default_rng(4).integers(0, 256, (64, 96), dtype=np.uint8)
    values = grey.astype(float)
    breaks = np.zeros(values.shape)
    for y in range(64):
        for x in range(96):
            left2, left, right = (values[y, abs(x - k)] for k in (2, 1, 0))
            right2 = values[y, x + 1] if x < 95 else values[y, 94]
            step = (right - left) - ((left - left2) + (right2 - right)) / 2
            breaks[y, x] = step
    common = breaks.reshape(2, 32, 96).mean(axis=1).repeat(32, axis=0)
    breaks = np.minimum(np.abs(breaks), np.abs(breaks - common)).clip(0, 127.5)
    expected = np.zeros((2, 3, 8))
    for y in range(64):
        for x in range(2, 95):
            near = [k if k >= 0 else -k - 1 for k in range(x - 7, x + 8)]
            near = [k if k < 96 else 191 - k for k in near]
            share = breaks[y, x] / (np.mean([breaks[y, k] for k in near]) + 2)
            expected[y // 32, x // 32, x % 8] += min(share, 6)
    np.testing.assert_allclose(_upright(grey).cells, expected, rtol=1e-2)
    turned = _lying(np.ascontiguousarray(grey.T))
    np.testing.assert_allclose(turned.cells, expected.transpose(1, 0, 2), rtol=1e-2)
    np.testing.assert_allclose(turned.profile, _upright(grey).profile, rtol=1e-4)


def test_strips_of_a_tall_picture_leave_no_trace() -> None:
    grey = np.random.default_rng(5).integers(90, 160, (4100, 48), dtype=np.uint8)
    wide, tall = _upright(np.ascontiguousarray(grey.T)), _lying(grey)
    np.testing.assert_allclose(tall.cells.transpose(1, 0, 2), wide.cells, rtol=1e-4)
    np.testing.assert_allclose(tall.profile, wide.profile, rtol=1e-4)
