"""Clicks told from what instruments and voices do."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.findings import TimeSpan
from tests.unit.artifact.sound.waves import RATE, burst, hear, noise, of, tone


def clicks(samples: np.ndarray) -> float:
    return of(hear(samples), "CLICK")[0].value


def test_a_burst_with_a_smooth_fade_does_not_click() -> None:
    assert clicks(burst()) == 0


@pytest.mark.parametrize("count", [1, 7])
def test_clicks_are_counted_and_located(count: int) -> None:
    wave = tone(300, 3.0, 0.3) + noise(3.0, 1e-4)
    places = np.linspace(0.4, 2.6, count)
    wave[(places * RATE).astype(int)] += 0.2
    found = of(hear(wave), "CLICK")
    assert [m.value for m in found] == list(range(count, 0, -1))
    for one, place in zip(found[::-1], places, strict=True):
        assert isinstance(one.region, TimeSpan)
        assert one.region.start == pytest.approx(place, abs=1e-3)


def test_clicks_a_minute_apart_do_not_add_up() -> None:
    wave = tone(300, 64.0, 0.3) + noise(64.0, 1e-4)
    wave[[RATE, 63 * RATE]] += 0.2
    assert [m.value for m in of(hear(wave[::6], RATE // 6), "CLICK")] == [1, 1]


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
    assert clicks(noise(2.0, 0.1, seed=4)) == 0


def test_the_edges_of_a_gap_are_the_gaps() -> None:
    wave = tone(300, 6.0, 0.3) + noise(6.0, 1e-4)
    for start, seconds in ((1.0, 0.02), (2.5, 0.9)):
        first, last = int(start * RATE) + 40, int((start + seconds) * RATE) + 40
        wave[first:last] = noise(6.0, 5e-4, 1)[first:last]
    wave[5 * RATE] += 0.2
    report = hear(wave)
    assert len(of(report, "DROPOUT")) == 2
    (click,) = of(report, "CLICK")
    assert isinstance(click.region, TimeSpan)
    assert click.region.start == pytest.approx(5.0, abs=1e-3)
