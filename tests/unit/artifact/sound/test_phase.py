"""A channel turned over, told from what is wide."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.findings import OutcomeStatus, TimeSpan
from tests.unit.artifact.sound.waves import RATE, hear, noise, of


def value(left: np.ndarray, right: np.ndarray) -> float:
    return of(hear(np.stack([left, right])), "PHASE_INVERSION")[0].value


def test_opposite_channels_cancel() -> None:
    wave = noise(5.0, 0.1)
    assert value(wave, -wave) == pytest.approx(1.0)
    assert value(wave, wave) == 0
    assert value(wave, -0.5 * wave) == pytest.approx(0.8, abs=0.01)


def test_turned_stereo_cancels_by_what_its_channels_share() -> None:
    middle, side = noise(5.0, 0.1, 1), noise(5.0, 0.05, 2)
    # (M² - S²) / (M² + S²) for half the side.
    assert value(middle + side, -(middle - side)) == pytest.approx(0.6, abs=0.02)
    assert value(middle + side, middle - side) == 0


def test_unlike_channels_and_a_delay_are_only_wide() -> None:
    assert value(noise(5.0, 0.1, 1), noise(5.0, 0.1, 2)) < 0.1
    wave = noise(5.0, 0.1, 3)
    assert value(wave, np.roll(wave, 29)) < 0.2


def test_the_stretch_is_located() -> None:
    left = noise(12.0, 0.1)
    right = left.copy()
    right[4 * RATE : 8 * RATE] *= -1
    found = of(hear(np.stack([left, right])), "PHASE_INVERSION")[0]
    assert found.value == pytest.approx(1.0)
    assert isinstance(found.region, TimeSpan)
    assert 3 <= found.region.start <= 5
    assert 7 <= found.region.end <= 9.5


def test_a_second_is_enough() -> None:
    wave = noise(0.8, 0.1)
    assert value(wave, -wave) == pytest.approx(1.0)


@pytest.mark.parametrize("wave", [noise(2.0, 0.1)[None], np.zeros((2, RATE))])
def test_one_channel_and_silence_are_not_judged(wave: np.ndarray) -> None:
    outcome = next(o for o in hear(wave).outcomes if o.check == "artifact.phase_inversion")
    assert outcome.status is OutcomeStatus.SKIPPED
    assert outcome.reason == "NOT_APPLICABLE"
