"""Clipping, silence and clicks on sounds made for it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.sound.clicks import measure_clicks
from gencheck.artifact.sound.loudness import measure_clipping, measure_silence
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import TimeSpan
from gencheck.media.types import Sound

RATE = 48_000


def sound(samples: NDArray[np.floating]) -> Sound:
    return Sound(np.atleast_2d(samples).astype(np.float32), RATE, "pcm")


def tone(frequency: float, seconds: float = 2.0, level: float = 0.8) -> NDArray[np.float64]:
    return level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def burst() -> NDArray[np.float64]:
    """A tone that fades in and out over 20 ms, in digital silence."""
    wave, fade = tone(1000, 1.0), np.hanning(int(0.04 * RATE))
    half = len(fade) // 2
    wave[:half] *= fade[:half]
    wave[-half:] *= fade[-half:]
    return np.concatenate([np.zeros(RATE // 2), wave, np.zeros(RATE // 2)])


def clicks(samples: NDArray[np.floating]) -> float:
    return measure_clicks(sound(samples), NO_DEADLINE).value


@pytest.mark.parametrize("frequency", [20, 50, 440, 3000])
def test_a_clean_tone_at_full_scale_is_not_clipped(frequency: float) -> None:
    wave = np.rint(tone(frequency, level=1.0) * 32767) / 32768
    assert measure_clipping(sound(wave)).value == 0


@pytest.mark.parametrize("ceiling", [1.0, 0.6])
def test_a_flattened_tone_is_clipped_also_below_full_scale(ceiling: float) -> None:
    wave = np.clip(tone(220, level=2.0), -1, 1)
    found = measure_clipping(sound(wave * ceiling))
    # |2 sin| exceeds 1 for two thirds of a period.
    assert found.value == pytest.approx(2 / 3, abs=0.02)
    assert isinstance(found.region, TimeSpan)


def test_the_worst_channel_counts() -> None:
    stereo = np.stack([tone(220) * 0.5, np.clip(tone(220, level=2.0), -1, 1)])
    assert measure_clipping(sound(stereo)).value > 0.5


def test_a_hole_torn_into_sound_is_located() -> None:
    wave = tone(440)
    wave[RATE : RATE + 2400] = 0
    found = measure_silence(sound(wave))
    assert len(found) == 1
    assert found[0].value == pytest.approx(0.05, abs=0.001)
    assert found[0].region == TimeSpan(1.0, pytest.approx(1.05, abs=1e-3))  # type: ignore[arg-type]


def test_silence_around_a_burst_is_usual() -> None:
    assert measure_silence(sound(burst()))[0].value == 0


def test_silence_throughout_counts_whole() -> None:
    found = measure_silence(sound(np.zeros(3 * RATE)))
    assert found[0].value == pytest.approx(3.0)


def test_a_long_pause_counts_beyond_a_second() -> None:
    wave = np.concatenate([burst(), np.zeros(2 * RATE), burst()])
    assert measure_silence(sound(wave))[0].value == pytest.approx(2.0, abs=0.01)


def test_a_burst_with_a_smooth_fade_does_not_click() -> None:
    assert clicks(burst()) == 0


@pytest.mark.parametrize("count", [1, 7])
def test_clicks_are_counted(count: int) -> None:
    wave = tone(300, 3.0, 0.3) + np.random.default_rng(0).normal(0, 1e-4, 3 * RATE)
    places = np.linspace(0.4, 2.6, count) * RATE
    wave[places.astype(int)] += 0.2
    found = measure_clicks(sound(wave), NO_DEADLINE)
    assert found.value == count
    assert isinstance(found.region, TimeSpan)
    assert found.region.start == pytest.approx(0.4, abs=1e-3)


def test_a_click_in_both_channels_counts_once() -> None:
    wave = tone(300, 1.0, 0.3)
    wave[RATE // 2] += 0.3
    assert clicks(np.stack([wave, wave])) == 1


def test_the_attack_of_a_struck_bar_does_not_click() -> None:
    """A glockenspiel: partials that start at once and decay."""
    time = np.arange(RATE) / RATE
    note = sum(
        np.sin(2 * np.pi * f * time) * np.exp(-time * d)
        for f, d in ((2093, 6), (5760, 12), (11300, 25))
    )
    assert clicks(np.concatenate([np.zeros(RATE // 2), 0.25 * note, 0.25 * note])) == 0


def test_a_pulse_train_is_a_voice() -> None:
    pulses = np.zeros(RATE)
    pulses[:: RATE // 120] = 0.5
    assert clicks(pulses) == 0


def test_noise_does_not_click() -> None:
    assert clicks(np.random.default_rng(4).normal(0, 0.1, 2 * RATE)) == 0
