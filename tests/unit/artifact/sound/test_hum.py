"""The mains told from notes."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.sound.hum import Hum
from gencheck.artifact.sound.page import Pager
from gencheck.findings import Measurement, Outcome, OutcomeStatus
from tests.unit.artifact.sound.waves import RATE, hear, noise, tone


def hum(base: float, seconds: float, level: float) -> np.ndarray:
    return sum(tone(base * k, seconds, level / k) for k in (1, 2, 3, 5))


def listened(wave: np.ndarray) -> Measurement:
    listener, pager = Hum(RATE, 1), Pager(RATE, 1)
    for page in [*pager.add(wave[None].astype(np.float32)), *pager.rest()]:
        assert listener.listen(page) == []
    found = listener.finish(len(wave))
    assert not isinstance(found, Outcome)
    return found[0]


def value(wave: np.ndarray) -> float:
    return listened(wave).value


@pytest.mark.parametrize("base", [50, 60, 49.95, 60.05])
@pytest.mark.parametrize("level", [0.01, 0.1])
def test_hum_is_found_under_noise(base: float, level: float) -> None:
    found = listened(hum(base, 12.0, level) + noise(12.0, 0.01))
    assert found.value > 20
    assert found.detail.startswith(f"{round(base)} Hz")


def test_it_rises_with_the_hum() -> None:
    values = [value(hum(50, 12.0, level) + noise(12.0, 0.003)) for level in (0.003, 0.01, 0.03)]
    assert values[1] - values[0] == pytest.approx(10.5, abs=3)
    assert values[2] - values[1] == pytest.approx(9.5, abs=3)


def test_hum_goes_on_while_somebody_speaks() -> None:
    time = np.arange(16 * RATE) / RATE
    pitch = 110 + 12 * np.sin(2 * np.pi * 0.31 * time) + 5 * np.sin(2 * np.pi * 1.7 * time)
    pulses = 0.5 * (np.diff(np.floor(np.cumsum(pitch) / RATE), prepend=0) > 0)
    pulses *= np.sin(2 * np.pi * 0.23 * time) > 0  # sentences and pauses
    assert value(pulses + hum(50, 16.0, 0.02) + noise(16.0, 0.001)) > 15
    assert value(pulses + noise(16.0, 0.001)) == 0


@pytest.mark.parametrize(
    "notes", [(49.0, 98.0, 146.8, 196.0), (61.74, 123.5, 185.0), (55, 110, 165)]
)
def test_an_organ_does_not_hum(notes: tuple[float, ...]) -> None:
    wave = sum(tone(f, 12.0, 0.1) for f in notes) + noise(12.0, 0.001)
    assert value(wave) == 0


def test_a_bass_that_plays_the_note_now_and_then_does_not_hum() -> None:
    wave = noise(24.0, 0.003)
    for second in range(0, 24, 6):
        wave[second * RATE : (second + 2) * RATE] += tone(50, 2.0, 0.3)
    assert value(wave) == 0


def test_nothing_and_noise_do_not_hum() -> None:
    assert value(np.zeros(8 * RATE)) == 0
    assert value(noise(8.0, 0.1)) == 0


def test_a_short_sound_is_not_judged() -> None:
    outcome = next(o for o in hear(noise(2.0, 0.1)).outcomes if o.check == "artifact.hum")
    assert outcome.status is OutcomeStatus.SKIPPED
    assert "4 s" in outcome.message
