"""Tracks of what goes by, in few values however long it is."""

from __future__ import annotations

import numpy as np
import pytest

from gencheck.artifact.timeline import MAX_VALUES, Gauge


def test_a_minute_and_four_hours_have_as_many_values() -> None:
    for seconds in (60, 14_400):
        gauge = Gauge("artifact.flicker", "level", "levels")
        for time in np.linspace(5.0, 5.0 + seconds, 4_000):
            gauge.add(float(time), float(time))
        track = gauge.track()
        assert track is not None
        assert MAX_VALUES / 2 <= len(track.values) <= MAX_VALUES
        assert track.start == 5.0
        middle = track.start + track.step * (len(track.values) // 2 + 0.5)
        assert track.values[len(track.values) // 2] == pytest.approx(middle, rel=0.02)


def test_totals_are_kept() -> None:
    gauge = Gauge("artifact.cuts", "cuts", "cuts", total=True)
    for time in range(1_000):
        gauge.add(float(time), float(time % 10 == 0))
    track = gauge.track()
    assert track is not None
    assert sum(track.values) == 100


def test_nothing_has_no_track() -> None:
    assert Gauge("artifact.cuts", "cuts", "cuts").track() is None
