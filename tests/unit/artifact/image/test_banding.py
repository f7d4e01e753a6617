"""Staircases told from drawings and from the flat blocks of codecs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.banding import (
    _CONTRASTS,
    banding_index,
    flat_pixels,
    measure_banding,
    scale_index,
)
from gencheck.findings import Box
from tests.unit.artifact.image.pictures import best_iou, jpeg, photo, picture, rgb, texture, worst


def gradient(step: int, dither: float = 0.0) -> NDArray[np.float64]:
    y, x = np.mgrid[:384, :512]
    ramp = 60 + 0.3 * y + 0.1 * x + np.random.default_rng(0).normal(0, 1, y.shape) * dither
    return np.rint(ramp / step) * step


def test_bands_are_found_and_dither_removes_them() -> None:
    steps = (1, 4, 7, 8, 10, 11, 16, 18)
    values = [worst(measure_banding(picture(gradient(step)))) for step in steps]
    assert values[0] < 1
    assert min(values[1:]) > 3
    assert worst(measure_banding(picture(gradient(8, dither=4)))) < 1


def test_bands_are_located_also_after_light_compression() -> None:
    damaged = photo().copy()
    damaged[:256] = rgb(gradient(8))[:256]
    truth = Box(0, 0, 512, 256)
    assert best_iou(measure_banding(picture(damaged)), truth) > 0.6
    assert best_iou(measure_banding(picture(jpeg(damaged, 92))), truth) > 0.5


def test_flat_blocks_of_codecs_are_no_bands() -> None:
    ramp = np.tile(60 + (np.arange(512) // 8) * 3.0, (384, 1))
    assert banding_index(ramp.astype(np.uint8)).max() == 0
    ramp = np.tile(60 + (np.arange(512) // 11) * 3.0, (384, 1))
    assert banding_index(ramp.astype(np.uint8)).max() > 3
    assert worst(measure_banding(picture(jpeg(photo(), 10)))) < 2


def test_flat_design_and_texture_are_no_bands() -> None:
    panels = np.full((384, 512), 230.0)
    panels[40:200, 40:300] = 215  # one step in, the same step out
    assert worst(measure_banding(picture(panels))) < 0.5
    assert worst(measure_banding(picture(texture()))) == 0


def test_the_index_of_a_scale_agrees_with_a_plain_loop() -> None:
    grey = rgb(gradient(4))[100:170, 60:120, 0]
    grey[40:50, 20:50] = np.random.default_rng(1).integers(0, 256, (10, 30))
    tall, wide = grey.shape
    values = grey.astype(int)
    flat = np.zeros(grey.shape, bool)
    for y, x in itertools.product(range(tall), range(wide)):
        calm = 0
        for v, u in itertools.product(range(y - 3, y + 4), range(x - 3, x + 4)):
            inside = 0 <= v < tall - 1 and 0 <= u < wide - 1
            calm += inside and values[v, u] == values[v + 1, u] == values[v, u + 1]
        flat[y, x] = calm > 24
    np.testing.assert_array_equal(flat_pixels(np.ascontiguousarray(grey)), flat)
    expected = np.zeros((-(-tall // 16), -(-wide // 16)))
    for r, c in np.ndindex(expected.shape):
        window = (slice(max(0, 16 * r - 32), 16 * r + 48), slice(max(0, 16 * c - 32), 16 * c + 48))
        seen = values[window][flat[window]]
        here = (slice(16 * r, 16 * r + 16), slice(16 * c, 16 * c + 16))
        for v, count in zip(*np.unique(values[here][flat[here]], return_counts=True), strict=True):
            own, best = np.mean(seen == v), 0.0
            if own < 0.02:
                continue
            smooth = max(min(np.mean(seen == v - k), np.mean(seen == v + k)) for k in (1, 2))
            for low, high in _CONTRASTS:
                sides = [
                    np.mean((low <= s * (seen - v)) & (s * (seen - v) <= high)) for s in (-1, 1)
                ]
                if low > 8:
                    twice = [
                        (2 * low <= s * (seen - v)) & (s * (seen - v) <= 2 * high) for s in (-1, 1)
                    ]
                    sides.append(max(np.mean(one) for one in twice))
                q = max(min(sides) - smooth, 0)
                best = max(best, np.log2(1 + low) * own * q / (own + q))
            expected[r, c] += 24 * count * best / 256
    assert expected.max() > 3
    got = scale_index(np.ascontiguousarray(grey), flat.astype(np.uint8))
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(64, 64), (64, 3000), (3000, 70)])
def test_long_thin_pictures_measure(shape: tuple[int, int]) -> None:
    assert worst(measure_banding(picture(np.full(shape, 128.0)))) == 0
