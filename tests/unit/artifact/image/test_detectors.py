"""Each detector of pictures finds what was made for it, and stays calm on its trap."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.image.checkerboard import line_z, measure_checkerboard
from gencheck.artifact.image.duplicate import measure_duplicate
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
