from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gencheck.bias.monk import (
    MONK_HEX,
    group_of,
    individual_typology_angle,
    nearest_tone,
    rgb_to_lab,
    swatches,
)
from gencheck.bias.skin import Abstention, SkinReading, cast_degrees, estimate_light, read_skin
from gencheck.findings import Box
from gencheck.vision.roles import Face, Picture

Portrait = Callable[..., tuple[Picture, Face]]
Relight = Callable[[Picture, tuple[float, float, float]], Picture]

_LAB = [
    (94.21, 1.50, 5.43, 83.0),
    (92.27, 2.06, 7.29, 80.2),
    (93.09, 0.22, 14.21, 71.7),
    (87.57, 0.46, 17.75, 64.7),
    (77.90, 3.47, 23.14, 50.3),
    (55.14, 7.79, 26.74, 10.9),
    (42.47, 12.33, 20.53, -20.1),
    (30.68, 11.67, 13.34, -55.4),
    (21.07, 2.69, 5.97, -78.3),
    (14.61, 1.48, 3.53, -84.3),
]


def _read(picture: Picture, face: Face) -> SkinReading:
    return read_skin(picture, face, light=estimate_light(picture, [face]))


def test_scale_has_the_published_colours() -> None:
    lab = rgb_to_lab(swatches())
    assert lab == pytest.approx(np.array([row[:3] for row in _LAB]), abs=0.02)
    ita = [individual_typology_angle(colour) for colour in lab]
    assert ita == pytest.approx([row[3] for row in _LAB], abs=0.1)
    assert len(set(MONK_HEX)) == 10


@pytest.mark.parametrize("tone", range(1, 11))
def test_each_swatch_is_its_own_nearest(tone: int) -> None:
    assert nearest_tone(rgb_to_lab(swatches()[tone - 1])).tone == tone


@pytest.mark.parametrize("tone", range(1, 11))
def test_rendered_portraits_read_right(tone: int, portrait: Portrait) -> None:
    assert _read(*portrait(tone)).tone == tone


@pytest.mark.parametrize("tone", range(1, 11))
@pytest.mark.parametrize("gains", [(1.15, 1.0, 0.8), (0.85, 1.0, 1.2)], ids=["warm", "cool"])
def test_colour_cast_abstains(
    tone: int, gains: tuple[float, float, float], portrait: Portrait, relight: Relight
) -> None:
    picture, face = portrait(tone)
    reading = _read(relight(picture, gains), face)
    assert reading.tone is None
    # The palest tones also lose their red or blue channel to the stronger light.
    allowed = {Abstention.COLOUR_CAST} | ({Abstention.CLIPPED} if tone <= 3 else set())
    assert reading.reason in allowed


@pytest.mark.parametrize("tone", range(1, 11))
def test_one_stop_less_light_abstains_or_stays_close(
    tone: int, portrait: Portrait, relight: Relight
) -> None:
    picture, face = portrait(tone)
    reading = _read(relight(picture, (0.5, 0.5, 0.5)), face)
    assert reading.tone is None or abs(reading.tone - tone) <= 1


def test_swapped_channels_would_be_noticed(portrait: Portrait) -> None:
    # Skin read as B, G, R is blue: it must not pass for a tone.
    picture, face = portrait(5)
    assert read_skin(picture[:, :, ::-1].copy(), face, light=np.ones(3)).tone is None


def test_small_face(portrait: Portrait) -> None:
    picture, face = portrait(5, size=40)
    assert _read(picture, face).reason is Abstention.TOO_SMALL


def test_a_face_without_landmarks(portrait: Portrait) -> None:
    picture, face = portrait(5)
    assert _read(picture, replace(face, landmarks=None)).reason is Abstention.NO_LANDMARKS


def test_grey_picture(portrait: Portrait) -> None:
    picture, face = portrait(5)
    grey = np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert _read(grey, face).reason is Abstention.GREYSCALE


def test_overexposed(portrait: Portrait, relight: Relight) -> None:
    picture, face = portrait(2)
    assert _read(relight(picture, (2.0, 2.0, 2.0)), face).reason is Abstention.CLIPPED


def test_black(portrait: Portrait, relight: Relight) -> None:
    picture, face = portrait(10)
    assert _read(relight(picture, (0.2, 0.2, 0.2)), face).tone is None


def test_half_in_shadow(portrait: Portrait, relight: Relight) -> None:
    picture, face = portrait(5)
    half = picture.shape[1] // 2
    picture[:, :half] = relight(picture[:, :half], (0.3, 0.3, 0.3))
    assert _read(picture, face).reason is Abstention.UNEVEN


def test_face_cut_by_the_border(portrait: Portrait) -> None:
    picture, face = portrait(5)
    moved = Face(face.box, face.score, face.landmarks - np.float32(250))
    assert _read(picture, moved).reason is Abstention.OUTSIDE


def test_a_lawn_is_no_cast(portrait: Portrait) -> None:
    picture, face = portrait(5)
    picture[260:] = (70, 120, 50)
    light = estimate_light(picture, [face])
    assert light is not None
    assert cast_degrees(light) < 1.0
    assert _read(picture, face).tone == 5


def test_close_up_shows_no_light(portrait: Portrait) -> None:
    picture, face = portrait(5)
    close = picture[100:270, 110:250].copy()
    moved = Face(Box(10, 2, 120, 156), 0.9, face.landmarks - np.float32([110, 100]))
    assert _read(close, moved).reason is Abstention.NO_REFERENCE


def test_a_red_room_in_neutral_light_is_no_cast(portrait: Portrait) -> None:
    picture, face = portrait(8)
    room = np.all(np.abs(picture.astype(int) - 128) < 12, axis=2)
    picture[room] = (200, 110, 90)
    light = estimate_light(picture, [face])
    assert light is not None
    assert cast_degrees(light) > 10
    assert _read(picture, face).tone == 8


def test_groups() -> None:
    assert [group_of(t)[0] for t in range(1, 11)] == list("lllmmmdddd")
