"""Levels over time in few values."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.sound.page import Pager
from gencheck.artifact.sound.track import LevelTrack
from gencheck.artifact.timeline import Track


def tracks_of(wave: np.ndarray, rate: int) -> tuple[Track, ...]:
    pager, levels = Pager(rate, len(wave)), LevelTrack(rate)
    for page in [*pager.add(wave), *pager.rest()]:
        levels.listen(page)
    return levels.finish()


@pytest.mark.parametrize(
    ("seconds", "rate"), [(0.05, 8000), (1.0, 11_025), (37.3, 4001), (900, 4000)]
)
def test_the_values_are_few_and_cover_the_sound(seconds: float, rate: int) -> None:
    count = int(seconds * rate)
    wave = np.linspace(0, 1, count, dtype=np.float32)[None]
    peak, power = tracks_of(wave, rate)
    assert len(peak.values) == len(power.values) <= 240
    assert (len(peak.values) - 1) * peak.step < seconds <= (len(peak.values) + 1) * peak.step
    groups = [wave[0, int(k * peak.step * rate) :][: int(peak.step * rate)] for k in range(3, 9)]
    if len(groups[-1]):
        expected = [20 * np.log10(max(float(group.max()), 1e-6)) for group in groups]
        np.testing.assert_allclose(peak.values[3:9], expected, atol=1.5)


def test_peak_and_rms_of_a_sine() -> None:
    wave = (0.5 * np.sin(np.arange(80_000) * 0.3)).astype(np.float32)
    peak, power = tracks_of(np.stack([wave, wave]), 8000)
    assert peak.values[50] == pytest.approx(-6.02, abs=0.05)
    assert power.values[50] == pytest.approx(-9.03, abs=0.1)
    assert (peak.check, power.check) == ("artifact.audio_clipping", "artifact.silence")
