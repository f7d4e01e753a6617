"""Gaps torn into sound, told from pauses, pulses and fades."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.findings import TimeSpan
from tests.unit.artifact.sound.waves import RATE, burst, hear, noise, of, tone


def gaps(samples: np.ndarray) -> list[TimeSpan]:
    found = [m.region for m in of(hear(samples), "DROPOUT")]
    return sorted((r for r in found if isinstance(r, TimeSpan)), key=lambda r: r.start)


@pytest.mark.parametrize("seconds", [0.006, 0.05, 0.4, 0.95])
@pytest.mark.parametrize("filling", [0.0, 0.001])
@pytest.mark.parametrize("start", [1.0, 1.937])
def test_a_gap_is_located(seconds: float, filling: float, start: float) -> None:
    wave = tone(440, 4.0, 0.3) + noise(4.0, 0.05)
    place = slice(int(start * RATE), int((start + seconds) * RATE))
    wave[place] = noise(4.0, filling, 1)[place]
    found = of(hear(wave), "DROPOUT")
    assert len(found) == 1
    assert found[0].value == pytest.approx(seconds, abs=0.002)
    assert found[0].region == TimeSpan(
        pytest.approx(start, abs=0.002), pytest.approx(start + seconds, abs=0.002)  # type: ignore[arg-type]
    )  # fmt: skip


def test_each_gap_counts_and_those_of_both_channels_once() -> None:
    wave = np.stack([noise(4.0, 0.1, 1), noise(4.0, 0.1, 2)])
    wave[:, RATE : RATE + 2400] = 0
    wave[1, 3 * RATE : 3 * RATE + 4800] = 0
    report = hear(wave)
    assert len(gaps(wave)) == 2
    assert of(report, "DROPOUT")[0].detail == "100.0 ms from 3.000 s, right"


def test_the_clicks_at_its_edges_are_part_of_it() -> None:
    wave = tone(300, 3.0, 0.4)
    wave[RATE : RATE + 3000] = 0
    assert of(hear(wave), "CLICK")[0].value == 0


def test_pauses_and_fades_are_none() -> None:
    assert gaps(np.concatenate([burst()[RATE // 4 : -RATE // 3], burst()])) == []


def test_pulses_are_no_sound_that_is_torn() -> None:
    pulses = np.zeros(3 * RATE)
    pulses[:: RATE // 60] = 0.7
    assert gaps(pulses) == []


def test_decaying_notes_are_none() -> None:
    time = np.arange(RATE // 2) / RATE
    note = 0.7 * np.sin(2 * np.pi * 500 * time) * np.exp(-time * 30)
    assert gaps(np.tile(note, 6)) == []
