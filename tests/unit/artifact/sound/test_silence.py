"""Silence told from pauses, by its length and by how the sound stops."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.findings import TimeSpan
from tests.unit.artifact.sound.waves import RATE, burst, hear, of, tone


def test_silence_around_a_burst_is_usual() -> None:
    assert of(hear(burst()), "SILENCE")[0].value == 0


def test_silence_throughout_counts_whole() -> None:
    found = of(hear(np.zeros(3 * RATE)), "SILENCE")
    assert found[0].value == pytest.approx(3.0)
    assert found[0].detail.startswith("throughout")


def test_a_long_pause_counts_beyond_a_second() -> None:
    wave = np.concatenate([burst(), np.zeros(2 * RATE), burst()])
    assert of(hear(wave), "SILENCE")[0].value == pytest.approx(2.0, abs=0.01)


def test_a_long_hole_counts_whole_and_is_located() -> None:
    wave = tone(440, 5.0)
    wave[RATE : 3 * RATE] = 0
    found = of(hear(wave), "SILENCE")
    assert len(found) == 1
    assert found[0].value == pytest.approx(2.0, abs=0.001)
    assert found[0].region == TimeSpan(pytest.approx(1.0, abs=1e-3), pytest.approx(3.0, abs=1e-3))  # type: ignore[arg-type]


@pytest.mark.parametrize("lead", [1.5, 4.0])
def test_silence_at_the_ends_counts_beyond_two_seconds(lead: float) -> None:
    silence = np.zeros(int(lead * RATE) - RATE // 2)
    found = of(hear(np.concatenate([silence, burst(), silence])), "SILENCE")
    if lead < 2:
        assert [m.value for m in found] == [0]
    else:
        assert [m.value for m in found] == pytest.approx([2.0, 2.0], abs=0.01)
        assert {m.detail.split(",")[0] for m in found} == {"at the beginning", "at the end"}


def test_silence_of_one_channel_alone_is_none() -> None:
    assert of(hear(np.stack([tone(440), np.zeros(2 * RATE)])), "SILENCE")[0].value == 0
