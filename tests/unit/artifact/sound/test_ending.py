"""A sound that stops in the middle."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.sound.panel import SoundPanel
from tests.unit.artifact.sound.waves import RATE, burst, hear, noise, of, tone


@pytest.mark.parametrize("padding", [0, 1000])
def test_a_cut_is_heard(padding: int) -> None:
    wave = np.concatenate([tone(440, 1.7, 0.4), np.zeros(padding)])
    found = of(hear(wave), "TRUNCATED")
    assert found[0].value == 0.001
    assert found[0].detail.startswith("stops at ")


def test_what_dies_away_or_is_faded_comes_to_an_end() -> None:
    time = np.arange(2 * RATE) / RATE
    for wave in (
        burst(),
        tone(440) * np.exp(-3 * time),
        tone(440) * (1 - time / 2),
        noise(2.0, 0.001),
    ):
        assert of(hear(wave), "TRUNCATED")[0].value == 0


@pytest.mark.parametrize(("pictures", "missing"), [(False, 0.2), (True, 0.0)])
def test_a_clip_may_stop_and_a_cut_file_is_told_of_once(pictures: bool, missing: float) -> None:
    panel = SoundPanel(RATE, 1, with_pictures=pictures)
    panel.hear(tone(440, 1.7, 0.4)[None].astype(np.float32))
    report = panel.finish(missing)
    assert of(report, "TRUNCATED") == []
    assert (
        next(o for o in report.outcomes if o.check == "artifact.ending").reason == "NOT_APPLICABLE"
    )
