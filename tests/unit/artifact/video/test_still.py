"""A scene that stands still, told from a title, a slide, noise and moving lips."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.video.still import Frozen
from gencheck.findings import TimeSpan
from tests.unit.artifact.video.clips import RATE, Clip, pan, watched, worst


def held(clip: Clip, start: int, stop: int) -> Clip:
    clip = clip.copy()
    clip[start:stop] = clip[start]
    return clip


def test_a_repeated_frame_freezes() -> None:
    found = watched(Frozen(), held(pan(60), 20, 45))
    assert [one.region for one in found] == [TimeSpan(20 / RATE, 44 / RATE)]
    assert found[0].value == pytest.approx(24 / RATE)


def test_a_key_frame_in_a_frozen_stretch_does_not_split_it() -> None:
    clip = held(np.minimum(pan(60), 250), 20, 50)
    clip[35:50] += 1
    found = watched(Frozen(), clip)
    assert [one.value for one in found] == [pytest.approx(29 / RATE)]


def test_to_stand_still_at_the_end_is_to_freeze() -> None:
    found = watched(Frozen(), held(pan(60), 30, 60))
    assert found[0].region == TimeSpan(30 / RATE, 59 / RATE)


def test_a_clip_of_one_picture_is_frozen() -> None:
    assert worst(watched(Frozen(), np.repeat(pan(1), 40, axis=0))) == pytest.approx(39 / RATE)


def test_slides_between_cuts_are_none() -> None:
    first = pan(1)
    second = np.ascontiguousarray(first[:, ::-1, ::-1])
    clip = np.concatenate([np.repeat(slide, 20, axis=0) for slide in (first, second, first)])
    assert worst(watched(Frozen(), clip)) == 0


def test_camera_noise_is_not_frozen() -> None:
    rng = np.random.default_rng(1)
    still = np.clip(pan(1) + rng.normal(0, 1.5, (40, 180, 320)), 0, 255).astype(np.uint8)
    assert worst(watched(Frozen(), still)) == 0


def test_moving_lips_in_a_still_frame_are_not_frozen() -> None:
    clip = np.repeat(pan(1), 40, axis=0)
    clip[:, 60:70, 70:84] = np.random.default_rng(2).integers(90, 140, (40, 10, 14))
    assert worst(watched(Frozen(), clip)) == 0


def test_a_pan_and_an_animation_on_threes_are_not_frozen() -> None:
    assert worst(watched(Frozen(), pan())) == 0
    assert worst(watched(Frozen(), pan()[np.arange(48) // 3 * 3])) == 0
