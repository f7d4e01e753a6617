"""The panel: the same answer however the sound is cut, odd input, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gencheck.artifact.sound.panel import SoundPanel, SoundReport
from gencheck.findings import Measurement, OutcomeStatus, SkipReason, TimeSpan
from tests.unit.artifact.sound.waves import RATE, hear, noise, of, tone

SLOW = 8000


def damaged() -> np.ndarray:
    """Seven seconds in stereo at 8 kHz with something of everything."""
    time = np.arange(7 * SLOW) / SLOW
    wave = 0.3 * np.sin(2 * np.pi * 310 * time) + np.random.default_rng(1).normal(
        0, 1e-3, len(time)
    )
    wave[SLOW + 77] += 0.4
    wave[int(1.99 * SLOW) : int(2.03 * SLOW)] = 0
    wave[int(2.9 * SLOW) : int(3.3 * SLOW)] *= 5
    wave[4 * SLOW : int(5.5 * SLOW)] = 0
    return np.clip(np.stack([wave, -0.8 * wave]), -1, 1).astype(np.float32)


def hear_in_blocks(
    wave: np.ndarray, sizes: list[int], rate: int
) -> tuple[list[Measurement], SoundReport]:
    panel, start = SoundPanel(rate, len(wave)), 0
    early = []
    for size in [*sizes, wave.shape[1]]:
        early += panel.hear(wave[:, start : start + size])
        start += size
    return early, panel.finish()


WHOLE = hear_in_blocks(damaged(), [], SLOW)[1]


@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(0, 9000), max_size=20))
def test_any_blocks_give_the_same_answer(sizes: list[int]) -> None:
    early, report = hear_in_blocks(damaged(), sizes, SLOW)
    assert report.measurements == WHOLE.measurements
    assert report.outcomes == WHOLE.outcomes
    assert report.timeline == WHOLE.timeline
    assert set(early) <= set(report.measurements)


def test_findings_come_while_the_sound_is_heard() -> None:
    early, _ = hear_in_blocks(damaged(), [3 * SLOW], SLOW)
    assert {"CLICK"} <= {m.code for m in early}
    assert all(isinstance(m.region, TimeSpan) for m in early)


def test_every_detector_answers() -> None:
    report = hear(tone(440) + noise(2.0, 0.01))
    assert all(
        o.status is OutcomeStatus.JUDGED or o.reason == "NOT_APPLICABLE" for o in report.outcomes
    )
    assert [o.check for o in report.outcomes] == [t.stage for t in report.timings]


@pytest.mark.parametrize(
    ("rate", "channels", "count"),
    [(3999, 1, 9000), (10**7, 1, 9000), (48_000, 0, 9000), (48_000, 65, 2000), (48_000, 1, 1023)],
)  # fmt: skip
def test_what_cannot_be_judged_is_skipped_with_a_reason(
    rate: int, channels: int, count: int
) -> None:
    report = hear(np.zeros((channels, count)), rate)
    assert report.measurements == ()
    assert {o.reason for o in report.outcomes} == {SkipReason.TOO_SMALL.value}
    assert all("it needs" in o.message for o in report.outcomes)


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(["zero", "one", "noise", "square", "huge", "nan"]),
    count=st.integers(0, 30_000), channels=st.integers(1, 6),
    rate=st.sampled_from([4000, 8000, 11_025, 44_100, 192_000]),
)  # fmt: skip
def test_odd_sounds_measure_finite_and_inside(
    kind: str, count: int, channels: int, rate: int
) -> None:
    wave = {
        "zero": np.zeros((channels, count)),
        "one": np.ones((channels, count)),
        "noise": np.random.default_rng(count).uniform(-1, 1, (channels, count)),
        "square": np.broadcast_to(
            np.where(np.arange(count) % 100 < 50, 1.0, -1.0), (channels, count)
        ),
        "huge": np.full((channels, count), 3e38),
        "nan": np.full((channels, count), np.nan),
    }[kind]
    for one in hear(wave, rate).measurements:
        assert np.isfinite(one.value)
        assert one.value >= 0
        if one.region is not None:
            assert isinstance(one.region, TimeSpan)
            assert 0 <= one.region.start <= one.region.end <= count / rate + 1e-6


def test_the_list_is_bounded_and_the_rest_counted() -> None:
    wave = tone(300, 15.0, 0.3) + noise(15.0, 1e-4)
    wave[(np.linspace(0.5, 14, 90) * RATE).astype(int)] += 0.3
    report = hear(wave)
    found = of(report, "CLICK")
    assert 24 <= len(found) <= 40
    assert found[0].value >= 72  # of 90, the worst is named or one nearly as bad
    outcome = next(o for o in report.outcomes if o.check == "artifact.click")
    assert outcome.message == f"{90 - len(found)} more places are not listed"
