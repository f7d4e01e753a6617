"""Tones cut off by exposure are clipping; backdrops, cartoons and night are not."""

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.image.clipping import measure_clipping
from gencheck.artifact.image.picture import prepare
from gencheck.artifact.reading import Reading
from gencheck.findings import Mask
from gencheck.media.types import Image


def measure(pixels: NDArray[np.generic]) -> Reading:
    values = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    rgb = values if values.ndim == 3 else np.repeat(values[:, :, None], 3, axis=2)
    return measure_clipping(prepare(Image(np.ascontiguousarray(rgb), None, "PNG")))


def value(pixels: NDArray[np.generic]) -> float:
    return measure(pixels).measurements[0].value


def photo() -> NDArray[np.float64]:
    """A photo with the tones of both ends taken in, so that it begins unclipped."""
    return 12 + np.asarray(skimage.data.coffee(), np.float64) * 0.88


def brightened(gain: float) -> NDArray[np.float64]:
    return 255 - (255 - photo()) / gain if gain < 1 else photo() * gain


def test_a_whole_photo_is_not_clipped() -> None:
    assert value(photo()) < 0.01


@pytest.mark.parametrize("is_dark", [False, True])
def test_it_rises_with_what_is_cut_off(is_dark: bool) -> None:
    tones = 255 - photo() if is_dark else photo()
    cut = [np.clip(tones * gain, 0, 255) for gain in (1.0, 1.4, 1.8, 2.4)]
    values = [value(255 - one if is_dark else one) for one in cut]
    assert values == sorted(values)
    assert values[-1] > 0.1


def test_channels_that_clip_one_by_one_tell_exposure_from_a_backdrop() -> None:
    """A sky burnt to white up to a hard roof: at its border blue is at its end before red."""
    y, x = np.mgrid[:300, :400]
    sky = (
        np.stack([150 + 0.45 * y, 170 + 0.45 * y, 215 + 0.45 * y], 2)
        + 8 * np.sin(x / 40)[..., None]
    )
    sky[200:] = 60
    assert value(sky * 1.45) > 0.15
    assert value(sky) < 0.01


def test_what_is_cut_off_has_a_mask() -> None:
    y, x = np.mgrid[:200, :300]
    lamp = 300 - 3 * np.hypot(x - 80, y - 90)
    region = measure(np.clip(lamp, 20, None)).measurements[0].region
    assert isinstance(region, Mask)
    mask = cv2.imdecode(np.frombuffer(region.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert mask.shape == (200, 300)
    assert mask[90, 80] == 255
    assert mask[10, 290] == 0


@pytest.mark.parametrize("level", [0, 255])
def test_a_backdrop_is_not_clipping(level: int) -> None:
    backdrop = np.full((512, 512, 3), float(level))
    backdrop[150:350, 150:350] = np.asarray(skimage.data.astronaut())[0:200, 150:350] * 0.6 + 50
    assert value(backdrop) < 0.01


def test_a_page_of_text_is_not_clipping() -> None:
    page = np.asarray(skimage.data.page(), np.float64)
    assert value(np.where(page > 128, 255.0, 0.0)) < 0.01


def test_a_picture_of_one_tone_measures_nothing() -> None:
    assert value(np.zeros((64, 64))) == 0
    assert value(np.full((64, 64), 255.0)) == 0


def test_a_near_white_field_beside_white_is_no_ramp() -> None:
    screen = np.full((400, 500, 3), 245.0)
    for row in range(20, 360, 60):
        screen[row : row + 40, 40:460] = 255
        screen[row, 40:460] = screen[row + 39, 40:460] = 215  # a line of one pixel around it
        screen[row + 15 : row + 24, 60:200:7] = 60
    assert value(screen) == 0


def test_a_large_picture_of_which_every_second_pixel_is_asked_measures_the_same() -> None:
    y, x = np.mgrid[:900, :901]
    lamp = 253.5 + 3 * (215 - np.hypot(x - 400, y - 450))
    disc = np.pi * 215**2 / (900 * 901)
    assert value(np.clip(lamp, 20, None)) == pytest.approx(disc, rel=0.02)
    bars = np.full((900, 901), 130.0)
    bars[:, :121] = bars[:, 800:] = 0  # of odd and even width
    assert value(bars) == 0
