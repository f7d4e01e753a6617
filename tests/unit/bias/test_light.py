from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gencheck.bias.light import chromaticity, lights, tint, weigh_lights
from gencheck.findings import Box
from gencheck.vision.roles import Face, Picture

Portrait = Callable[..., tuple[Picture, Face]]
Relight = Callable[[Picture, tuple[float, float, float]], Picture]

_NEUTRAL = 4


def _gains(index: int) -> tuple[float, float, float]:
    r, g, b = lights().matrices[index] @ np.ones(3)
    return float(r), float(g), float(b)


def test_one_light_is_that_of_srgb() -> None:
    assert lights().matrices[_NEUTRAL] == pytest.approx(np.eye(3), abs=2e-3)


def test_white_keeps_its_luminance_in_every_light() -> None:
    white = lights().matrices @ np.ones(3)
    assert white @ [0.2126, 0.7152, 0.0722] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("kelvin", "x", "y"),
    # CIE 15:2018: illuminant A, D50, D65, D75.
    [
        (2856, 0.4476, 0.4074),
        (5003, 0.3457, 0.3585),
        (6504, 0.3127, 0.3290),
        (7504, 0.2990, 0.3149),
    ],
)
def test_lights_lie_where_the_cie_says(kelvin: float, x: float, y: float) -> None:
    assert chromaticity(kelvin) == pytest.approx((x, y), abs=5e-4)


def test_exposure_does_not_change_the_tint() -> None:
    colour = np.array([0.4, 0.3, 0.2])
    assert tint(colour / 4) == pytest.approx(tint(colour))


@pytest.mark.parametrize("index", [2, 4, 10, 16, 20])
def test_the_light_of_a_grey_room_is_found(
    index: int, portrait: Portrait, relight: Relight
) -> None:
    picture, face = portrait(6, grey=100)
    weights = weigh_lights(relight(picture, _gains(index)), [face])
    assert weights is not None
    assert abs(int(weights.argmax()) - index) <= 1


def test_one_red_wall_does_not_outvote_a_room(portrait: Portrait) -> None:
    picture, face = portrait(6)
    picture[:, :90] = (170, 60, 50)
    weights = weigh_lights(picture, [face])
    assert weights is not None
    assert int(weights.argmax()) == _NEUTRAL


def test_faces_are_no_ground(portrait: Portrait) -> None:
    picture, _ = portrait(6)
    everywhere = Face(Box(0, 0, 360, 360), 0.9, None)
    assert weigh_lights(picture, [everywhere]) is None


@pytest.mark.parametrize("value", [0, 255])
def test_nothing_is_told_by_black_or_white(value: int, portrait: Portrait) -> None:
    _, face = portrait(6)
    assert weigh_lights(np.full((360, 360, 3), value, np.uint8), [face]) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 2), (40, 30)])
def test_odd_shapes(shape: tuple[int, int]) -> None:
    weights = weigh_lights(np.full((*shape, 3), 120, np.uint8), [])
    assert weights is None or np.isfinite(weights).all()
