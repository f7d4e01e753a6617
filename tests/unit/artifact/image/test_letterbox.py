"""Bars behind a straight edge are bars, whatever coding did to them; a backdrop is none."""

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.image.letterbox import find_bars, measure_letterbox
from gencheck.artifact.image.picture import prepare
from gencheck.artifact.reading import Reading
from gencheck.findings import Box
from gencheck.media.types import Image

Pixels = NDArray[np.uint8]


def measure(pixels: Pixels) -> Reading:
    return measure_letterbox(prepare(Image(np.ascontiguousarray(pixels), None, "PNG")))


def worst(pixels: Pixels) -> float:
    return max(m.value for m in measure(pixels).measurements)


def bars(pixels: Pixels) -> dict[str, int]:
    return find_bars(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY))


def photo() -> Pixels:
    return np.asarray(skimage.data.astronaut()).copy()


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def test_bars_are_measured_and_placed() -> None:
    barred = photo()
    barred[:40] = 0
    barred[-60:] = 2
    assert bars(barred) == {"top": 40, "bottom": 60}
    reading = measure(barred)
    assert {m.region for m in reading.measurements} == {Box(0, 0, 512, 40), Box(0, 452, 512, 60)}
    assert worst(barred) == pytest.approx(100 / 512)
    assert reading.level is not None
    assert reading.level[:40].min() >= 1


@pytest.mark.parametrize("quality", [95, 60, 30])
@pytest.mark.parametrize("level", [0, 16, 255])
@pytest.mark.parametrize("rows", [20, 37])
def test_a_block_that_rings_into_a_bar_does_not_hide_it(
    quality: int, level: int, rows: int
) -> None:
    barred = photo()
    barred[:rows], barred[-rows:] = level, level
    found = bars(jpeg(barred, quality))
    assert set(found) == {"top", "bottom"}
    assert all(abs(count - rows) <= 2 for count in found.values())


def test_a_frame_has_four_bars() -> None:
    framed = np.full((560, 600, 3), 245, np.uint8)
    framed[24:536, 44:556] = photo()
    assert bars(framed) == {"top": 24, "bottom": 24, "left": 44, "right": 44}


def test_one_bar_alone_counts() -> None:
    barred = photo()
    barred[:, -31:] = 0
    assert bars(barred) == {"right": 31}


def test_bars_that_match_may_border_on_darkness() -> None:
    """Half of the edge has no step, for the picture is dark there: the other bar is the witness."""
    dark = photo()
    dark[:, 220:] //= 60
    dark[:40], dark[-40:] = 0, 0
    assert bars(dark) == {"top": 40, "bottom": 40}
    alone = dark.copy()
    alone[-40:] = photo()[-40:]
    assert bars(alone) == {}


def test_a_studio_backdrop_is_no_bar() -> None:
    studio = np.full((512, 512, 3), 200, np.uint8)
    studio[100:400, 150:350] = photo()[100:400, 150:350]
    assert worst(studio) == 0


def test_a_sky_that_brightens_is_no_bar() -> None:
    sky = np.repeat(np.linspace(10, 200, 512)[:, None], 512, axis=1)
    assert worst(np.repeat(sky[:, :, None], 3, axis=2).astype(np.uint8)) == 0


def test_the_photo_alone_has_none() -> None:
    assert worst(photo()) == 0


def test_a_title_above_flat_fields_is_no_bar() -> None:
    screen = np.full((400, 500, 3), 245, np.uint8)
    screen[:, :120] = 228
    screen[:40] = (40, 60, 90)
    assert bars(screen) == {}
    alone = photo()
    alone[:40] = 0
    assert bars(alone) == {"top": 40}


def test_a_wall_with_a_sensors_noise_is_no_bar() -> None:
    wall = photo()
    wall[:90] = np.clip(180 + np.random.default_rng(0).normal(0, 0.9, (90, 512, 1)), 0, 255)
    assert bars(wall) == {}
    wall[:90] = 180
    assert bars(jpeg(wall, 80)).keys() == {"top"}


def test_windows_on_a_desktop_leave_no_bars() -> None:
    desktop = np.full((400, 640, 3), 60, np.uint8)
    desktop[20:380, 30:360], desktop[50:380, 330:600] = 240, 225
    for x in range(50, 580, 12):
        desktop[120:128, x : x + 8] = 90
    assert bars(desktop) == {}
