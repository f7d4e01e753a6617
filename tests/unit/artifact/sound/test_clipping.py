"""Tops cut off, and peaks between the samples."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from gencheck.findings import TimeSpan
from tests.unit.artifact.sound.waves import RATE, hear, of, tone


def clipping(samples: np.ndarray) -> float:
    return of(hear(samples), "AUDIO_CLIPPING")[0].value


@pytest.mark.parametrize("frequency", [20, 50, 440, 3000])
def test_a_clean_tone_at_full_scale_is_not_clipped(frequency: float) -> None:
    assert clipping(np.rint(tone(frequency, level=1.0) * 32767) / 32768) == 0


@pytest.mark.parametrize("ceiling", [1.0, 0.6, 0.15])
def test_a_flattened_tone_is_clipped_also_below_full_scale(ceiling: float) -> None:
    wave = np.clip(tone(220, level=2.0), -1, 1)
    found = of(hear(wave * ceiling), "AUDIO_CLIPPING")[0]
    # |2 sin| exceeds 1 for two thirds of a period.
    assert found.value == pytest.approx(2 / 3, abs=0.04)
    assert isinstance(found.region, TimeSpan)


def test_the_worst_channel_counts() -> None:
    stereo = np.stack([tone(220) * 0.5, np.clip(tone(220, level=2.0), -1, 1)])
    found = of(hear(stereo), "AUDIO_CLIPPING")[0]
    assert found.value > 0.5
    assert found.detail.endswith("right")


def test_the_clipped_second_is_located() -> None:
    wave = tone(330, 8.0, 0.5)
    wave[int(4.2 * RATE) : int(4.5 * RATE)] *= 4
    found = of(hear(np.clip(wave, -1, 1)), "AUDIO_CLIPPING")
    assert len(found) == 1
    assert isinstance(found[0].region, TimeSpan)
    assert found[0].region.start == pytest.approx(4.2, abs=0.005)
    assert found[0].region.end == pytest.approx(4.5, abs=0.005)


def test_a_tone_that_peaks_between_its_samples_is_over() -> None:
    """A quarter of the rate, 45° off: samples at 0.707 of the peak (the standard's example)."""
    wave = 1.3 * np.sin(2 * np.pi * 0.25 * np.arange(2 * RATE) + np.pi / 4)
    assert np.abs(wave).max() < 0.93
    found = of(hear(wave), "AUDIO_CLIPPING")[0]
    assert "true peak +2.4 dBTP" in found.detail
    assert found.value > 0.2


@pytest.mark.parametrize(("decibel", "least"), [(6, 0.01), (12, 0.05)])
def test_tops_that_a_codec_made_rough_are_still_flat(decibel: float, least: float) -> None:
    """Clipped, then without what is over 12 kHz, as a codec leaves it, and with its noise."""
    rng = np.random.default_rng(0)
    band = scipy.signal.butter(4, 900, fs=RATE, output="sos")
    slow = scipy.signal.sosfiltfilt(band, rng.normal(0, 1, 3 * RATE))
    low = scipy.signal.butter(8, 12_000, fs=RATE, output="sos")
    for gain, expected in ((1.0, False), (10 ** (decibel / 20), True)):
        cut = np.clip(slow * gain / np.abs(slow).max(), -1, 1)
        rough = 0.8 * scipy.signal.sosfiltfilt(low, cut) + rng.normal(0, 0.003, len(cut))
        value = clipping(rough)
        assert (value > least) if expected else (value < 0.0005)
