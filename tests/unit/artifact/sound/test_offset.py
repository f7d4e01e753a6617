"""An offset that stays."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.findings import TimeSpan
from tests.unit.artifact.sound.waves import RATE, hear, noise, of, tone


@pytest.mark.parametrize("seconds", [0.5, 3.0, 8.5])
@pytest.mark.parametrize("offset", [0.03, -0.2])
def test_an_offset_is_measured(seconds: float, offset: float) -> None:
    found = of(hear(tone(440, seconds, 0.3) + offset), "DC_OFFSET")[0]
    assert found.value == pytest.approx(abs(offset), abs=0.002)


def test_the_worst_channel_counts() -> None:
    found = of(hear(np.stack([noise(3.0, 0.1), noise(3.0, 0.1) + 0.1])), "DC_OFFSET")[0]
    assert found.value == pytest.approx(0.1, abs=0.005)
    assert found.detail == "right"


def test_the_offset_is_located() -> None:
    wave = noise(20.0, 0.05)
    wave[10 * RATE : 16 * RATE] += 0.1
    found = of(hear(wave), "DC_OFFSET")[0]
    assert isinstance(found.region, TimeSpan)
    assert (found.region.start, found.region.end) == (10, 15)
    assert found.value == pytest.approx(0.1, abs=0.01)


def test_a_drum_has_no_offset() -> None:
    """A membrane that swings back once, every two seconds."""
    time = np.arange(2 * RATE) / RATE
    hit = 0.8 * np.exp(-time * 12) * np.cos(2 * np.pi * 9 * time)
    assert of(hear(np.tile(hit, 6)), "DC_OFFSET")[0].value < 0.003
