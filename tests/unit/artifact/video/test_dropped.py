"""Frames that are missing or doubled, told from rhythm, cuts and stillness."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.video.dropped import Dropped
from tests.unit.artifact.video.clips import RATE, Clip, moving, pan, watched

LOST = [20, 33, 47]


def total(clip: Clip, times: NDArray[np.float64] | None = None) -> float:
    return sum(one.value for one in watched(Dropped(), clip, times))


@pytest.fixture(scope="module")
def clip() -> Clip:
    return pan(64)


def test_all_frames_of_a_pan(clip: Clip) -> None:
    assert total(clip) == 0


def test_frames_that_left_a_gap_in_the_stamps(clip: Clip) -> None:
    kept = np.setdiff1d(np.arange(64), LOST)
    assert total(clip[kept], kept / RATE) == 3


def test_frames_whose_gap_was_stamped_over(clip: Clip) -> None:
    assert total(clip[np.setdiff1d(np.arange(64), LOST)]) == 3


def test_frames_that_repeat_the_one_before(clip: Clip) -> None:
    order = np.arange(64)
    order[LOST] -= 1
    found = watched(Dropped(), clip[order])
    assert sum(one.value for one in found) == 3
    assert found[0].detail == "0 missing, 3 shown twice"
    assert found[0].region is not None


@pytest.mark.parametrize("rhythm", [2, 3, 5])
def test_a_rhythm_of_repeats_is_how_it_was_made(clip: Clip, rhythm: int) -> None:
    """Animation on twos and threes, and a film of 24 frames at 30."""
    order = np.arange(64) // rhythm * rhythm if rhythm < 5 else np.arange(64) * 4 // 5
    assert total(clip[order]) == 0


def test_film_at_25_frames_a_second_repeats_one_of_them() -> None:
    order = np.arange(150) * 24 // 25
    assert total(pan(150, 1.5)[order]) <= 2  # at the ends the next one is too far to be seen


def test_a_varying_frame_rate_has_no_gaps() -> None:
    times = np.cumsum(np.random.default_rng(3).choice([0.02, 0.03, 0.04, 0.06], 64))
    clip = moving(64, lambda index: (20 + 40 * float(times[index]), 40.0, 1.0))
    assert total(clip, times) == 0


def test_a_gap_in_which_nothing_moves_is_none() -> None:
    rng = np.random.default_rng(1)
    still = np.clip(pan(1) + rng.normal(0, 1.5, (64, 180, 320)), 0, 255).astype(np.uint8)
    kept = np.setdiff1d(np.arange(64), LOST)
    assert total(still[kept], kept / RATE) == 0


def remade(clip: Clip, places: NDArray[np.intp] | list[int]) -> Clip:
    """Some frames with noise of their own, as an encoder leaves in what it makes anew."""
    worse = clip.copy()
    noise = np.random.default_rng(2).normal(0, 0.9, (len(places), *clip.shape[1:]))
    worse[places] = np.clip(np.rint(clip[places] + noise), 0, 255)
    return worse


def test_repeats_that_an_encoder_made_anew(clip: Clip) -> None:
    order = np.arange(64)
    order[LOST] -= 1
    found = watched(Dropped(), remade(clip[order], LOST))
    assert found[0].detail == "0 missing, 3 shown twice"


def test_a_rhythm_of_repeats_made_anew(clip: Clip) -> None:
    order = np.arange(64) * 4 // 5
    assert total(remade(clip[order], np.flatnonzero(np.diff(order) == 0)[::2] + 1)) == 0


def test_a_camera_that_turns_round_stands_for_a_moment() -> None:
    swing = moving(64, lambda index: (60 + 20 * float(np.sin(index / 4)), 40.0, 1.0), noise=0.0)
    assert total(swing) == 0
