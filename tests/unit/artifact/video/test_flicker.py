"""Brightness that goes up and down, told from all else that changes brightness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gencheck.artifact.video.flicker import Flicker
from tests.unit.artifact.video.clips import Clip, flickering, moving, pan, watched, worst, zoom


def shake() -> Clip:
    return moving(48, lambda i: (80 + 9 * np.sin(1.7 * i), 50 + 5 * np.cos(2.3 * i), 1.0))


MOVES: dict[str, Callable[[], Clip]] = {"pan": pan, "zoom": zoom, "shake": shake}


@pytest.mark.parametrize("name", MOVES)
def test_a_camera_that_moves_is_no_flicker(name: str) -> None:
    assert worst(watched(Flicker(), MOVES[name]())) < 0.006


@pytest.mark.parametrize("name", MOVES)
def test_two_per_cent_are_found_whatever_the_camera_does(name: str) -> None:
    found = watched(Flicker(), flickering(MOVES[name](), 0.02))
    assert worst(found) == pytest.approx(0.02, abs=0.006)
    assert found[0].region is not None


def test_more_is_worse() -> None:
    values = [worst(watched(Flicker(), flickering(pan(), a))) for a in (0.005, 0.02, 0.08)]
    assert values == sorted(values)


@pytest.mark.parametrize("light", ["lamp", "flash", "fade", "exposure"])
def test_light_that_changes_is_no_flicker(light: str) -> None:
    t = np.arange(60)
    by = {
        "lamp": np.where(t < 30, 0.7, 1.0),
        "flash": np.where((t == 30) | (t == 31), 1.4, 0.8),
        "fade": np.clip(t / 25, 0, 1) * np.clip((59 - t) / 20, 0, 1),
        "exposure": 0.6 + 0.4 * t / 60,
    }[light]
    lit = np.clip(pan(60) * by[:, None, None], 0, 255).astype(np.uint8)
    assert worst(watched(Flicker(), lit)) < 0.006


def test_cuts_are_no_flicker() -> None:
    other = np.ascontiguousarray(pan(15)[:, ::-1, ::-1] // 2)
    assert worst(watched(Flicker(), np.concatenate([pan(15), other, zoom(15), other]))) < 0.006


def test_a_quarter_of_the_picture_is_enough() -> None:
    clip = pan()
    clip[:, :90, :160] = flickering(clip, 0.05)[:, :90, :160]
    found = watched(Flicker(), clip)
    assert worst(found) > 0.02
    assert found[0].detail == "a part of the picture"
