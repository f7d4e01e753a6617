"""Pages in a row are one stretch."""

from __future__ import annotations

from gencheck.artifact.sound.stretch import Stretches, Trouble


def page(number: int, value: float) -> Trouble:
    return Trouble(number + 0.25, number + 0.75, value, 2, channel=number % 2, level=value)


def test_a_stretch_is_as_bad_as_its_worst_page() -> None:
    stretches = Stretches()
    assert stretches.add(page(3, 0.1)) == []
    assert stretches.add(page(4, 0.5)) == []
    assert stretches.add(page(5, 0.2)) == []
    assert stretches.add(None) == [Trouble(3.25, 5.75, 0.5, 6, channel=0, level=0.5)]
    assert stretches.add(None) == []
    assert stretches.close() == []


def test_a_long_one_is_told_of_piece_by_piece() -> None:
    stretches = Stretches()
    told = [one for number in range(25) for one in stretches.add(page(number, 0.1))]
    told += stretches.close()
    assert [(one.start, one.end) for one in told] == [(0.25, 9.75), (10.25, 19.75), (20.25, 24.75)]
