from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import AuditState, CountTable, merge, state_of
from gencheck.bias.detection import CHECK, found_table, measure_detection, people_of
from gencheck.bias.monk import GROUPS
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import OutcomeStatus

LIGHT, MEDIUM, DARK = GROUPS


def _state(model: str = "d@1", **people: tuple[int, int]) -> AuditState:
    """Groups by their first letter: people found faintly, and all."""
    names = {name[0]: name for name in GROUPS}
    tables = [
        found_table(names[letter], clear=i >= faint, model=model)
        for letter, (faint, every) in people.items()
        for i in range(every)
    ]
    return state_of(tables, images=len(tables))


def test_a_gap_is_bounded_from_below() -> None:
    (found,), (outcome,) = measure_detection(_state(l=(0, 100), m=(2, 100), d=(30, 100)))
    assert found.code == "DETECTION_GAP"
    most, least = (binomtest(k, 100).proportion_ci(1 - 0.05 / 3) for k in (30, 0))
    assert found.value == pytest.approx(most.low - least.high, abs=0.01)
    assert "dark (7-10) 30 of 100" in found.detail
    assert outcome.status is OutcomeStatus.JUDGED


def test_equal_shares_show_no_gap() -> None:
    (found,), _ = measure_detection(_state(l=(5, 100), m=(6, 100), d=(7, 100)))
    assert found.value == 0


def test_an_equal_detector_is_seldom_accused() -> None:
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(200):
        m, d = rng.binomial(60, 0.1, 2)
        (found,), _ = measure_detection(_state(m=(int(m), 60), d=(int(d), 60)))
        alarms += found.value > 0
    assert alarms <= 10


def test_few_people_say_nothing() -> None:
    found, (outcome,) = measure_detection(_state(l=(0, 100), d=(29, 29)))
    assert found == []
    assert outcome.check == CHECK
    assert outcome.status is OutcomeStatus.SKIPPED


def test_detectors_are_measured_one_by_one() -> None:
    state = merge(_state("a", l=(0, 50), d=(0, 50)), _state("b", l=(0, 50), d=(40, 50)))
    first, second = measure_detection(state)[0]
    assert (first.value, second.value > 0.4) == (0, True)


def test_sets_without_pictures_are_not_measured() -> None:
    state = state_of([CountTable("", "gender", {"a": 10, "b": 10})])
    assert measure_detection(state) == ([], [])


def test_they_are_no_attribute_but_stay_in_the_state() -> None:
    people = state_of([CountTable("", "skin_tone_group", dict.fromkeys(GROUPS, 60.0))])
    state = merge(people, _state(l=(0, 60), m=(0, 60), d=(40, 60)))
    report = audit_tables(state, {}, deadline=NO_DEADLINE)
    assert {audit.attribute for audit in report.audits} == {"skin_tone_group"}
    assert report.state == state
    assert people_of(state).tables == people.tables
    assert [m.value > 0.3 for m in report.measurements if m.code == "DETECTION_GAP"] == [True]
