"""Hard cuts told from attacks and from what goes on."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from gencheck.artifact.sound.cuts import find_cuts
from gencheck.findings import TimeSpan
from tests.unit.artifact.sound.waves import RATE, hear, of


def voice(seconds: float, pitch: float = 120.0, seed: int = 0) -> np.ndarray:
    """Pulses and breath through three formants."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    phase = np.cumsum(pitch * (1 + 0.03 * np.sin(np.arange(count) / RATE * 30))) / RATE
    wave = np.diff(np.floor(phase), prepend=0) + rng.normal(0, 0.01, count)
    for frequency, width in ((600, 80), (1400, 120), (2600, 160)):
        radius, angle = np.exp(-np.pi * width / RATE), 2 * np.pi * frequency / RATE
        wave = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], wave)
    return np.asarray(0.5 * wave / np.abs(wave).max())


@pytest.mark.parametrize("level", [0.1, 0.2, 0.4])
def test_a_cut_into_a_louder_voice_is_found_where_it_is(level: float) -> None:
    place = 3 * RATE // 2
    wave = np.concatenate([level * voice(3.0)[:place], voice(3.0, 170.0, 9)[place:]])
    clicks = of(hear(wave), "CLICK")
    assert [one.value for one in clicks] == [1]
    assert isinstance(clicks[0].region, TimeSpan)
    assert clicks[0].region.start == pytest.approx(place / RATE, abs=1e-4)


def test_no_voice_and_no_music_has_cuts() -> None:
    for seed in range(3):
        assert of(hear(voice(3.0, 90.0 + 60 * seed, seed)), "CLICK")[0].value == 0


def test_an_attack_goes_on_for_longer_than_a_cut() -> None:
    rng = np.random.default_rng(0)
    wave = rng.normal(0, 1e-3, RATE)
    hit = rng.normal(0, 0.3, RATE // 2) * np.exp(-np.arange(RATE // 2) / (0.02 * RATE))
    wave[RATE // 2 :] += hit
    places = np.arange(RATE // 2 - 8, RATE // 2 + 8)
    found = find_cuts(np.float32([wave]), np.zeros(16, np.intp), places, RATE)
    assert found == []


def test_nowhere_to_look() -> None:
    none = np.zeros(0, np.intp)
    assert find_cuts(np.zeros((1, 100), np.float32), none, none, RATE) == []
