"""Black that is not there to be seen, told from a fade and from the night."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.video.black import Black, is_dark
from gencheck.findings import TimeSpan
from tests.unit.artifact.video.clips import RATE, pan, watched, worst


def test_black_in_the_midst_counts_whole() -> None:
    clip = pan(75)
    clip[25:50] = 3
    found = watched(Black(), clip, compare=False)
    assert [one.region for one in found] == [TimeSpan(1.0, 2.0)]
    assert found[0].value == pytest.approx(1.0)


@pytest.mark.parametrize("black", [slice(0, 40), slice(35, 75)])
def test_at_an_end_a_second_belongs_to_a_fade(black: slice) -> None:
    clip = pan(75)
    clip[black] = 3
    found = watched(Black(), clip, compare=False)
    assert found[0].value == pytest.approx(40 / RATE - 1.0)
    assert "not counted" in found[0].detail


def test_a_fade_is_none() -> None:
    clip = pan(75)
    dimmed = np.clip(np.arange(75) / 20, 0, 1)[:, None, None] * clip
    assert worst(watched(Black(), dimmed.astype(np.uint8), compare=False)) == 0


def test_a_clip_of_nothing_but_black_counts_whole() -> None:
    clip = np.zeros((50, 180, 320), np.uint8)
    assert worst(watched(Black(), clip, compare=False)) == pytest.approx(2.0)


def test_night_with_a_lamp_is_not_black() -> None:
    night = np.full((180, 320), 8, np.uint8)
    night[40:60, 40:110] = 220
    assert not is_dark(night)
