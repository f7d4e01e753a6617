"""A coloured light is a cast; coloured things, greys and toned pictures hardly."""

import cv2
import numpy as np
import pytest
import skimage.color
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.image.cast import _chroma, lights, measure_cast
from gencheck.artifact.image.picture import prepare
from gencheck.findings import Measurement
from gencheck.media.types import Image

MINOR, MAJOR = 11.0, 22.0


def measure(pixels: NDArray[np.generic]) -> Measurement:
    values = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return measure_cast(prepare(Image(np.ascontiguousarray(values), None, "PNG"))).measurements[0]


def tinted(pixels: NDArray[np.uint8], gains: tuple[float, float, float]) -> NDArray[np.float64]:
    linear = (pixels / 255) ** 2.2 * np.array(gains)
    return np.asarray(255 * np.clip(linear, 0, 1) ** (1 / 2.2))


def photo() -> NDArray[np.uint8]:
    return np.asarray(skimage.data.astronaut())


@pytest.mark.parametrize(
    ("gains", "hue"),
    [
        ((1.0, 0.6, 0.3), "orange"),
        ((0.5, 0.65, 1.0), "blue"),
        ((0.6, 1.0, 0.6), "green"),
        ((1.0, 0.55, 1.0), "magenta"),
    ],
)
def test_a_coloured_light_is_a_cast_of_its_hue(gains: tuple[float, float, float], hue: str) -> None:
    found = measure(tinted(photo(), gains))
    assert found.value > MINOR
    assert hue in found.detail or (hue == "magenta" and "violet" in found.detail)
    assert measure(photo()).value < MINOR / 2


def test_it_rises_with_the_tint() -> None:
    values = [measure(tinted(photo(), (1, g, g * g))).value for g in (1.0, 0.9, 0.8, 0.7, 0.6)]
    assert values == sorted(values)


def test_a_grey_thing_in_the_light_is_what_the_value_means() -> None:
    light = np.array([1.0, 0.8, 0.5])
    scaled = light * 0.28 / float(light @ [0.2126, 0.7152, 0.0722])
    shown = np.where(
        scaled <= 0.0031308, scaled * 12.92, 1.055 * scaled ** (1 / 2.4) - 0.055
    ).reshape(1, 1, 3)
    expected = skimage.color.rgb2lab(shown)[0, 0, 1:]
    np.testing.assert_allclose(_chroma(light), expected, atol=0.3)


def test_each_estimate_finds_the_light_on_grey_things() -> None:
    rng = np.random.default_rng(0)
    grey = cv2.GaussianBlur(rng.random((120, 160)).astype(np.float32), (0, 0), 3)[:, :, None]
    light = np.array([1.0, 0.7, 0.4], np.float32)
    for estimate in lights(grey * light):
        np.testing.assert_allclose(estimate / estimate[0], light, rtol=1e-3)


def test_grey_pictures_have_no_cast() -> None:
    grey = np.repeat(np.asarray(skimage.data.camera())[:, :, None], 3, axis=2)
    assert measure(grey).value == 0


def test_a_meadow_is_green_and_its_light_is_not() -> None:
    """Grass below a white house with a red door: grass alone fills most of the picture."""
    rng = np.random.default_rng(1)
    noise = cv2.GaussianBlur(rng.normal(size=(300, 400)), (0, 0), 1.5)[:, :, None]
    meadow = np.array([70, 130, 50]) + 120 * noise * np.array([0.6, 1.0, 0.5])
    meadow[60:140, 120:260] = 235 + 8 * noise[60:140, 120:260]
    meadow[90:140, 150:175] = (170, 30, 30)
    assert measure(meadow).value < MINOR


def test_sepia_is_minor_at_most() -> None:
    to_sepia = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    found = measure(photo() @ to_sepia.T)
    assert 0 < found.value < MAJOR
    assert "may be meant" in found.detail


@pytest.mark.parametrize("level", [0, 128, 255])
def test_one_tone_has_no_cast(level: int) -> None:
    assert measure(np.full((64, 64, 3), level)).value == pytest.approx(0, abs=0.05)


def test_a_lamp_colours_its_surroundings_and_not_the_picture() -> None:
    night = skimage.data.astronaut().astype(np.float64) * 0.25
    y, x = np.mgrid[:512, :512]
    for at_y, at_x in ((60, 90), (150, 400), (70, 250)):
        glow = 230 / (1 + ((y - at_y) ** 2 + (x - at_x) ** 2) / 200)
        night += glow[:, :, None] * np.array([1, 0.7, 0.35])
    assert measure(night).value < 11
    assert measure(skimage.data.astronaut() * np.array([1, 0.8, 0.5])).value > 22


def test_a_strip_and_sparks_are_judged() -> None:
    strip = np.full((32, 1024, 3), 9.0)
    strip[::8, ::8] = 255
    assert measure(strip).value == 0.0
