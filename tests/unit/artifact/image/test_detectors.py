"""Each detector of pictures finds what was made for it, and stays calm on its trap."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from skimage.measure import blur_effect

from gencheck.artifact.image.banding import _plateaus, banding_index, measure_banding
from gencheck.artifact.image.blocking import grid_ratio, measure_blocking
from gencheck.artifact.image.blur import blur_ratio, measure_blur
from gencheck.artifact.image.checkerboard import line_z, measure_checkerboard
from gencheck.artifact.image.duplicate import measure_duplicate
from gencheck.artifact.image.noise import measure_noise, noise_sigma
from gencheck.artifact.image.picture import Picture, prepare
from gencheck.artifact.reading import Reading
from gencheck.findings import Box
from gencheck.media.types import Image

Pixels = NDArray[np.uint8]


def picture(pixels: NDArray[np.generic]) -> Picture:
    """The prepared view of grey ``[H, W]`` or RGB ``[H, W, 3]`` values."""
    values = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    rgb = values if values.ndim == 3 else np.repeat(values[:, :, None], 3, axis=2)
    return prepare(Image(np.ascontiguousarray(rgb), None, "PNG"))


def worst(reading: Reading) -> float:
    return max(m.value for m in reading.measurements)


def iou(box: object, truth: Box) -> float:
    assert isinstance(box, Box)
    width = min(box.x + box.width, truth.x + truth.width) - max(box.x, truth.x)
    height = min(box.y + box.height, truth.y + truth.height) - max(box.y, truth.y)
    inside = max(width, 0) * max(height, 0)
    return inside / (box.width * box.height + truth.width * truth.height - inside)


@pytest.fixture(scope="module")
def photo() -> Pixels:
    """``uint8 [512, 512, 3]``, never compressed."""
    return np.asarray(skimage.data.astronaut())


@pytest.fixture(scope="module")
def texture() -> NDArray[np.float64]:
    """Noise of a natural spectrum, 1/f in amplitude: ``float64 [512, 512]`` around 128."""
    rng = np.random.default_rng(3)
    frequency = np.hypot(np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None, :])
    spectrum = np.fft.rfft2(rng.normal(size=(512, 512))) / np.maximum(frequency, 1 / 512)
    values = np.fft.irfft2(spectrum)
    return 128 + 35 * values / values.std()


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def test_blocking_rises_as_jpeg_quality_falls(photo: Pixels) -> None:
    values = [worst(measure_blocking(picture(jpeg(photo, q)))) for q in (95, 20, 10, 5)]
    assert values == sorted(values)
    assert values[-1] > 2 * values[0]


@pytest.mark.parametrize("shift", [(0, 0), (3, 5), (7, 1)])
def test_blocking_finds_the_grid_at_any_phase(photo: Pixels, shift: tuple[int, int]) -> None:
    cropped = jpeg(photo, 10)[shift[0] :, shift[1] :]
    assert worst(measure_blocking(picture(cropped))) > 2


def test_blocking_is_located(photo: Pixels) -> None:
    damaged = photo.copy()
    damaged[128:384, 160:416] = jpeg(np.ascontiguousarray(photo[128:384, 160:416]), 5)
    reading = measure_blocking(picture(damaged))
    assert iou(reading.measurements[0].region, Box(160, 128, 256, 256)) > 0.5


def test_a_fence_is_no_compression_grid() -> None:
    fence = np.tile((np.arange(512) // 8 % 2) * 120.0 + 60, (512, 1))
    assert grid_ratio(fence.astype(np.uint8)).max() < 1.6


def test_golden_blocks_measure_far_above_the_smooth_picture() -> None:
    row = np.linspace(0.0, 3.0 * np.pi, 256)
    waves = 128 + 60 * np.sin(row)[None, :] * np.cos(row)[:, None]
    blocks = waves.reshape(32, 8, 32, 8).mean(axis=(1, 3)).repeat(8, axis=0).repeat(8, axis=1)
    smooth = worst(measure_blocking(picture(waves)))
    assert worst(measure_blocking(picture(blocks))) > 2 * smooth


def test_blur_ratio_agrees_with_scikit_image(photo: Pixels) -> None:
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    for sigma in (1.0, 2.0, 4.0):
        soft = cv2.GaussianBlur(grey, (0, 0), sigma)
        ratio, energy = blur_ratio(soft)
        ours = float((ratio * energy).sum() / energy.sum())
        assert ours == pytest.approx(blur_effect(soft, h_size=11), abs=0.12)


def test_depth_of_field_is_no_blur(photo: Pixels) -> None:
    behind = cv2.GaussianBlur(photo, (0, 0), 6)
    behind[128:384, 128:384] = photo[128:384, 128:384]
    assert worst(measure_blur(picture(behind))) < 0.3
    assert worst(measure_blur(picture(cv2.GaussianBlur(photo, (0, 0), 6)))) > 0.55


@pytest.mark.parametrize("sigma", [4.0, 10.0, 25.0])
def test_noise_sigma_of_known_noise(sigma: float) -> None:
    noise = 128 + np.random.default_rng(1).normal(0, sigma, (512, 512))
    estimate = float(np.median(noise_sigma(np.clip(np.rint(noise), 0, 255).astype(np.uint8))))
    assert estimate == pytest.approx(sigma, rel=0.08)


def test_texture_is_not_noise(texture: NDArray[np.float64]) -> None:
    noisy = texture + np.random.default_rng(2).normal(0, 12, texture.shape)
    grass = texture.copy()
    grass[:200] = np.linspace(120, 200, 200)[:, None]  # a sky above it
    assert worst(measure_noise(picture(grass))) < 1
    assert worst(measure_noise(picture(noisy))) > 8


def gradient(step: int, dither: float = 0.0) -> NDArray[np.float64]:
    y, x = np.mgrid[:384, :512]
    ramp = 60 + 0.3 * y + 0.1 * x + np.random.default_rng(0).normal(0, 1, y.shape) * dither
    return np.rint(ramp / step) * step


def test_banding_grows_with_the_step_and_dither_removes_it() -> None:
    values = [worst(measure_banding(picture(gradient(step)))) for step in (1, 4, 8, 16)]
    assert values[0] == 0
    assert values[1:] == sorted(values[1:])
    assert values[2] > 2
    assert worst(measure_banding(picture(gradient(8, dither=4)))) < 0.5


def test_flat_blocks_of_jpeg_are_no_bands() -> None:
    ramp = np.tile(60 + (np.arange(512) // 8) * 3.0, (384, 1))
    assert banding_index(ramp.astype(np.uint8)).max() == 0
    ramp = np.tile(60 + (np.arange(512) // 11) * 3.0, (384, 1))
    assert banding_index(ramp.astype(np.uint8)).max() > 2


def test_plateaus_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(6)
    rows = np.repeat(rng.integers(0, 12, (60, 40)) * 3, rng.integers(1, 12, 40), axis=1)
    grey = np.sort(rows, axis=1).astype(np.uint8)
    grey[::2] = rows[::2]
    expected = np.zeros(grey.shape, np.float32)
    for y, row in enumerate(grey.astype(int)):
        edges = [x for x in range(1, len(row)) if row[x] != row[x - 1]]
        for start, stop in itertools.pairwise(edges):
            up, on = row[start] - row[start - 1], row[stop] - row[stop - 1]
            small = min(abs(up), abs(on)) >= 2 and max(abs(up), abs(on)) <= 24
            if up * on > 0 and small and 5 <= stop - start <= 160 and (stop - start) % 8:
                expected[y, start:stop] = (abs(up) + abs(on)) / 2
    assert expected.any()
    np.testing.assert_allclose(
        _plateaus(grey, 1), cv2.erode(expected, np.ones((3, 3), np.uint8)), atol=1e-4
    )


def test_flat_design_is_no_band() -> None:
    panels = np.full((384, 512), 230.0)
    panels[40:200, 40:300] = 215  # one step in, the same step out
    assert worst(measure_banding(picture(panels))) == 0


@pytest.mark.parametrize("period", [2, 4])
def test_checkerboard_is_found_and_located(texture: NDArray[np.float64], period: int) -> None:
    wave = np.cos(2 * np.pi * np.arange(256) / period)
    damaged = texture.copy()
    damaged[128:384, 128:384] += 5 * (wave[:, None] + wave[None, :])
    reading = measure_checkerboard(picture(damaged))
    assert worst(reading) > 3
    assert iou(reading.measurements[0].region, Box(128, 128, 256, 256)) > 0.4
    assert worst(measure_checkerboard(picture(texture))) < 3


def test_a_jpeg_grid_is_no_checkerboard(photo: Pixels) -> None:
    for quality in (5, 20, 60):
        assert worst(measure_checkerboard(picture(jpeg(photo, quality)))) < 3


def test_line_z_ignores_a_faint_line() -> None:
    rng = np.random.default_rng(5)
    faint = 128 + rng.normal(0, 0.3, (256, 256)) + 0.2 * (-1.0) ** np.arange(256)[None, :]
    assert line_z(np.rint(faint).astype(np.uint8)).max() < 3


def test_a_pasted_region_is_found_twice(photo: Pixels) -> None:
    pasted = photo.copy()
    pasted[380:500, 20:160] = photo[60:180, 170:310]
    reading = measure_duplicate(picture(pasted))
    best = max(iou(m.region, Box(20, 380, 140, 120)) for m in reading.measurements)
    source = max(iou(m.region, Box(170, 60, 140, 120)) for m in reading.measurements)
    assert min(best, source) > 0.5
    assert worst(measure_duplicate(picture(photo))) == 0


def test_windows_of_a_facade_are_a_pattern(texture: NDArray[np.float64]) -> None:
    window = texture[:64, :64].copy()
    window[8:56, 8:56] -= 60
    facade = np.tile(window, (8, 8)) + np.random.default_rng(8).normal(0, 2, (512, 512))
    assert worst(measure_duplicate(picture(facade))) < 0.006
