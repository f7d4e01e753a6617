"""The panel answers in the order of its table, and stops when nobody waits any more."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from gencheck.artifact.image import panel
from gencheck.artifact.image.panel import DETECTORS, run_panel
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled
from gencheck.findings import OutcomeStatus, SkipReason
from tests.unit.artifact.image.pictures import photo, picture


def test_the_order_is_that_of_the_table_and_the_answer_that_of_each_alone() -> None:
    shown = picture(photo()[:256, :256])
    result = run_panel(shown, NO_DEADLINE)
    assert [outcome.check for outcome in result.outcomes] == [d.check for d in DETECTORS]
    judging = {o.check for o in result.outcomes if o.status is OutcomeStatus.JUDGED}
    judged = [detector for detector in DETECTORS if detector.check in judging]
    assert [timing.stage for timing in result.timings] == [detector.check for detector in judged]
    for detector, reading in zip(judged, result.readings, strict=True):
        assert reading.measurements == detector.measure(shown).measurements


def test_what_is_left_out_has_no_outcome() -> None:
    left = frozenset(d.code for d in DETECTORS[1:])
    result = run_panel(picture(np.zeros((100, 100))), NO_DEADLINE, leave_out=left)
    assert [outcome.check for outcome in result.outcomes] == [DETECTORS[0].check]


def test_a_drawing_is_not_asked_for_repeated_pixels() -> None:
    squares = np.kron(np.indices((16, 16)).sum(axis=0) % 2, np.full((16, 16), 255.0))
    outcomes = {o.check: o for o in run_panel(picture(squares), NO_DEADLINE).outcomes}
    assert outcomes["artifact.aliasing"].reason == SkipReason.NOT_APPLICABLE.value
    assert "few shades" in outcomes["artifact.aliasing"].message


def test_no_detector_begins_after_a_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    deadline, began = Deadline(), []
    lock = threading.Lock()

    def cancelling(_: object) -> object:
        with lock:
            began.append(1)
        deadline.cancel()
        raise ValueError

    table = tuple(replace(detector, measure=cancelling) for detector in DETECTORS)
    monkeypatch.setattr(panel, "DETECTORS", table)
    with pytest.raises((Cancelled, ValueError)):
        run_panel(picture(photo()), deadline)
    assert len(began) <= 2


def test_what_needs_more_room_than_an_icon_has_is_no_gap() -> None:
    outcomes = run_panel(picture(photo()[:100, :100]), NO_DEADLINE).outcomes
    reasons = {o.reason for o in outcomes if o.status is OutcomeStatus.SKIPPED}
    assert reasons == {SkipReason.NOT_APPLICABLE.value}
    outcomes = run_panel(picture(photo()[:40, :40]), NO_DEADLINE).outcomes
    assert SkipReason.TOO_SMALL.value in {o.reason for o in outcomes}
