from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gencheck.bias.light import weigh_lights
from gencheck.bias.monk import to_linear
from gencheck.bias.skin import Abstention, SkinReading, read_skin
from gencheck.findings import Box
from gencheck.vision.roles import Face, Picture

Portrait = Callable[..., tuple[Picture, Face]]
Relight = Callable[[Picture, tuple[float, float, float]], Picture]


def _read(picture: Picture, face: Face) -> SkinReading:
    return read_skin(picture, face, light_weights=weigh_lights(picture, [face]))


def _tone(picture: Picture, face: Face) -> int:
    masses = _read(picture, face).masses
    assert masses is not None
    return int(masses.argmax()) + 1


def _mass_near(reading: SkinReading, tone: int) -> float:
    assert reading.masses is not None
    return float(reading.masses[max(0, tone - 2) : tone + 1].sum())


@pytest.mark.parametrize("tone", range(1, 11))
def test_rendered_portraits_read_right(tone: int, portrait: Portrait) -> None:
    assert _tone(*portrait(tone)) == tone


@pytest.mark.parametrize("tone", range(3, 11))
@pytest.mark.parametrize("gains", [(0.95, 0.85, 0.68), (0.78, 0.85, 0.97)], ids=["warm", "cool"])
def test_the_light_of_lamps_and_sky_is_undone(
    tone: int, gains: tuple[float, float, float], portrait: Portrait, relight: Relight
) -> None:
    picture, face = portrait(tone)
    assert _mass_near(_read(relight(picture, gains), face), tone) > 0.8


@pytest.mark.parametrize("tone", range(1, 11))
@pytest.mark.parametrize(
    "gains", [(0.3, 1.0, 0.3), (1.0, 0.25, 0.9), (0.15, 0.3, 1.0)], ids=["green", "magenta", "blue"]
)
def test_light_of_no_lamp_or_sky_abstains(
    tone: int, gains: tuple[float, float, float], portrait: Portrait, relight: Relight
) -> None:
    picture, face = portrait(tone)
    assert _read(relight(picture, gains), face).reason in {
        Abstention.NO_REFERENCE,
        Abstention.CLIPPED,
    }


@pytest.mark.parametrize("stops", [-1.0, -0.5, 0.5])
@pytest.mark.parametrize("tone", range(4, 11))
def test_exposure_moves_a_reading_little(
    tone: int, stops: float, portrait: Portrait, relight: Relight
) -> None:
    picture, face = portrait(tone)
    reading = _read(relight(picture, (2**stops,) * 3), face)
    if reading.masses is None:
        assert reading.reason is Abstention.CLIPPED
        assert tone == 4
    else:
        assert _mass_near(reading, tone) > 0.9


def test_swapped_channels_would_be_noticed(portrait: Portrait) -> None:
    # Skin read as B, G, R is blue: it must not pass for a tone.
    picture, face = portrait(5)
    assert _read(picture[:, :, ::-1].copy(), face).reason is Abstention.OFF_SCALE


def test_the_colour_under_daylight_is_the_swatch(portrait: Portrait) -> None:
    picture, face = portrait(6)
    daylight = _read(picture, face).daylight
    assert daylight == pytest.approx(to_linear(np.array([160, 126, 86], np.uint8)), abs=0.01)


def test_small_face(portrait: Portrait) -> None:
    assert _read(*portrait(5, size=40)).reason is Abstention.TOO_SMALL


def test_a_face_without_landmarks(portrait: Portrait) -> None:
    picture, face = portrait(5)
    assert _read(picture, replace(face, landmarks=None)).reason is Abstention.NO_LANDMARKS


def test_grey_picture(portrait: Portrait) -> None:
    picture, face = portrait(5)
    grey = np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    assert _read(grey, face).reason is Abstention.GREYSCALE


def test_a_grey_statue_in_a_coloured_room(portrait: Portrait) -> None:
    picture, face = portrait(5)
    skin = np.abs(picture.astype(int) - (215, 189, 150)).max(axis=2) < 12
    picture[skin] = (176, 175, 172)
    picture[:, :90] = (120, 90, 60)
    assert _read(picture, face).reason is Abstention.GREYSCALE


@pytest.mark.parametrize("colour", [(250, 220, 20), (60, 160, 70), (80, 120, 220)])
def test_a_drawing_in_no_colour_of_skin(colour: tuple[int, int, int], portrait: Portrait) -> None:
    picture, face = portrait(5)
    skin = np.abs(picture.astype(int) - (215, 189, 150)).max(axis=2) < 12
    picture[skin] = colour
    reason = _read(picture, face).reason
    assert reason in {Abstention.OFF_SCALE, Abstention.CLIPPED}


def test_overexposed(portrait: Portrait, relight: Relight) -> None:
    picture, face = portrait(2)
    assert _read(relight(picture, (2.0, 2.0, 2.0)), face).reason is Abstention.CLIPPED


def test_black(portrait: Portrait, relight: Relight) -> None:
    picture, face = portrait(10)
    assert _read(relight(picture, (0.1, 0.1, 0.1)), face).reason is Abstention.DARK


def test_half_in_shadow(portrait: Portrait, relight: Relight) -> None:
    picture, face = portrait(5)
    half = picture.shape[1] // 2
    picture[:, :half] = relight(picture[:, :half], (0.06, 0.06, 0.06))
    assert _read(picture, face).reason is Abstention.UNEVEN


def test_half_covered_by_a_mask(portrait: Portrait) -> None:
    picture, face = portrait(5)
    picture[190:] = (120, 170, 200)
    assert _read(picture, face).reason is Abstention.UNEVEN


def test_a_fringe_of_hair_is_no_skin(portrait: Portrait) -> None:
    picture, face = portrait(4)
    picture[120:160, 100:260] = (40, 30, 25)
    assert _tone(picture, face) == 4


def test_face_cut_by_the_border(portrait: Portrait) -> None:
    picture, face = portrait(5)
    moved = Face(face.box, face.score, face.landmarks - np.float32(250))
    assert _read(picture, moved).reason is Abstention.OUTSIDE


def test_a_lawn_is_no_cast(portrait: Portrait) -> None:
    picture, face = portrait(5)
    picture[260:] = (70, 120, 50)
    assert _tone(picture, face) == 5


def test_a_red_room_does_not_make_a_tone_up(portrait: Portrait) -> None:
    picture, face = portrait(8)
    room = np.all(np.abs(picture.astype(int) - 128) < 12, axis=2)
    picture[room] = (200, 110, 90)
    reading = _read(picture, face)
    assert reading.masses is None or _mass_near(reading, 8) > 0.9


def test_close_up_shows_no_light(portrait: Portrait) -> None:
    picture, face = portrait(5)
    close = picture[100:270, 110:250].copy()
    moved = Face(Box(10, 2, 120, 156), 0.9, face.landmarks - np.float32([110, 100]))
    assert _read(close, moved).reason is Abstention.NO_REFERENCE
