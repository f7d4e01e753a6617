"""Frozen and black stretches on clips made for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gencheck.artifact.video.frames import changes, measure_black, measure_frozen
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Measurement, TimeSpan
from gencheck.media.types import Video

RATE = 25


def pan(count: int = 100) -> Video:
    """A texture that moves two pixels a frame."""
    wide = np.random.default_rng(0).integers(40, 220, (120, 160 + 2 * count), dtype=np.uint8)
    small = np.stack([wide[:, 2 * i : 2 * i + 160] for i in range(count)])
    times = np.arange(count) / RATE
    return Video(small, times, np.zeros((0, 120, 160, 3), np.uint8), np.zeros(0), "h264")


def frozen(video: Video) -> list[Measurement]:
    return measure_frozen(video, changes(video, NO_DEADLINE)[1])


def test_a_repeated_frame_freezes() -> None:
    video = pan()
    small = video.small.copy()
    small[30:60] = small[30]
    found = frozen(replace(video, small=small))
    assert len(found) == 1
    assert found[0].value == pytest.approx(29 / RATE)
    assert found[0].region == TimeSpan(30 / RATE, 59 / RATE)


def test_a_key_frame_in_a_frozen_stretch_does_not_split_it() -> None:
    video = pan()
    small = video.small.copy()
    small[30:60] = small[30]
    small[45:60] = small[45] + np.uint8(1)
    found = frozen(replace(video, small=small))
    assert found[0].value == pytest.approx(29 / RATE)


def test_a_still_scene_with_camera_noise_is_not_frozen() -> None:
    rng = np.random.default_rng(1)
    still = np.clip(pan(1).small + rng.normal(0, 1.5, (60, 120, 160)), 0, 255).astype(np.uint8)
    video = replace(pan(60), small=still)
    assert frozen(video)[0].value == 0


def test_moving_lips_in_a_still_frame_are_not_frozen() -> None:
    small = np.repeat(pan(1).small, 60, axis=0)
    small[:, 60:70, 70:84] = np.random.default_rng(2).integers(90, 140, (60, 10, 14))
    assert frozen(replace(pan(60), small=small))[0].value == 0


def test_moving_video_has_neither() -> None:
    assert frozen(pan())[0].value == 0
    assert measure_black(pan())[0].value == 0


def test_black_is_black_and_not_frozen() -> None:
    video = pan()
    small = video.small.copy()
    small[50:75] = 3
    video = replace(video, small=small)
    assert measure_black(video)[0].region == TimeSpan(2.0, 3.0)
    assert measure_black(video)[0].value == pytest.approx(1.0)
    assert frozen(video)[0].value == 0


def test_night_with_a_lamp_is_not_black() -> None:
    small = np.full((50, 120, 160), 8, np.uint8)
    small[:, 40:60, 40:60] = 220
    assert measure_black(replace(pan(50), small=small))[0].value == 0
