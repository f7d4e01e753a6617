"""Audits whose counts are corrected: what becomes of the verdict."""

from __future__ import annotations

import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.confusion import Confusion
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.results import AttributeAudit, AuditFinding, AuditReport
from gencheck.deadline import NO_DEADLINE
from gencheck.errors import InvalidArgument
from gencheck.findings import SkipReason

ROWS = ((382.0, 198.0), (75.0, 507.0))


def _report(counts: dict[str, float], matrix: Confusion, **reference: float) -> AuditReport:
    state = state_of([CountTable("", "g", counts)])
    references = {"g": reference} if reference else {}
    return audit_tables(state, references, [matrix], deadline=NO_DEADLINE)


def _audit(
    m: float, f: float, *, elsewhere: bool = False, of_this_set: bool = False
) -> AuditReport:
    matrix = Confusion("g", ("m", "f"), ROWS, "crops", of_this_set, elsewhere)
    return _report({"m": m, "f": f}, matrix)


def _only(report: AuditReport) -> AttributeAudit:
    (audit,) = report.audits
    return audit


def test_a_set_that_only_looks_skewed_is_balanced() -> None:
    audit = _only(_audit(156, 244))
    assert audit.finding is AuditFinding.BALANCED
    male = audit.shares[0]
    assert (male.category, male.naive) == ("m", 0.39)
    assert male.share == pytest.approx(0.493, abs=0.001)
    assert male.low < 0.5 < male.high
    assert audit.correction is not None
    assert (audit.correction.source, audit.correction.people) == ("crops", 1162)


def test_a_set_that_only_looks_balanced_is_skewed() -> None:
    assert _only(_audit(200, 200)).finding is AuditFinding.SKEWED
    assert _only(_audit(221, 179)).distance == pytest.approx(0.3, abs=0.01)


def test_more_people_are_needed_than_of_a_perfect_classifier() -> None:
    few = _only(_audit(130, 200))
    assert few.finding is AuditFinding.INSUFFICIENT
    assert few.needed > 330


def test_labelled_people_of_the_set_tell_of_it_themselves() -> None:
    audit = _only(_audit(156, 244, of_this_set=True))
    assert audit.interval_method.name == "melded-ppi++"
    assert audit.finding is AuditFinding.BALANCED


def test_a_matrix_from_elsewhere_decides_nothing_alone() -> None:
    for counts in ((156, 244), (200, 200)):  # skewed only as counted, only as corrected
        report = _audit(*counts, elsewhere=True)
        audit = _only(report)
        assert audit.finding is AuditFinding.UNVERIFIED
        assert audit.shares[0].low < 0.5 < audit.shares[0].high
        assert report.outcomes[1].reason == SkipReason.UNCERTAIN.value
        assert "Label some hundred people" in report.outcomes[1].message
        assert not [m for m in report.measurements if m.code == "SKEWED"]
    assert _only(_audit(250, 150, elsewhere=True)).finding is AuditFinding.SKEWED
    assert _only(_audit(177, 223, elsewhere=True)).finding is AuditFinding.UNVERIFIED


def test_a_matrix_from_elsewhere_that_changes_nothing() -> None:
    matrix = Confusion("g", ("m", "f"), ((980, 20), (20, 980)), elsewhere=True)
    audit = _only(_report({"m": 200, "f": 200}, matrix))
    assert audit.finding is AuditFinding.BALANCED
    assert audit.correction is not None
    assert not audit.correction.refused


def test_counts_that_the_matrix_cannot_explain() -> None:
    # Of women alone, by this matrix, 87 % would be taken for women, and of men 34 %.
    audit = _only(_audit(2, 98))
    assert audit.finding is AuditFinding.SKEWED
    women = audit.shares[1]
    assert (women.share, women.high) == (1.0, 1.0)
    assert women.low < 0.98  # as counted it may be less, and the matrix is not to be trusted
    assert any("it errs otherwise here" in note for note in audit.notes)
    assert not any("it errs otherwise" in note for note in _only(_audit(156, 244)).notes)
    apart = {"m": 0.02, "f": 0.98}
    matrix = Confusion("g", ("m", "f"), ROWS, "crops")
    report = _report({"m": 20, "f": 980}, matrix, **apart)
    assert _only(report).finding is AuditFinding.UNVERIFIED
    assert "it errs otherwise here" in report.outcomes[1].message


def test_a_coin_is_refused_with_what_would_help() -> None:
    matrix = Confusion("g", ("m", "f"), ((30, 30), (29, 31)))
    report = _report({"m": 390, "f": 10}, matrix)
    audit = _only(report)
    assert audit.finding is AuditFinding.UNVERIFIED
    assert (audit.p_value, audit.shares[0].naive, audit.shares[0].share) == (None, None, 0.975)
    assert audit.correction is not None
    assert "Label more people" in audit.correction.refused
    assert report.outcomes[1].message == audit.correction.refused


def test_a_small_matrix_can_never_show_balance() -> None:
    matrix = Confusion("g", ("m", "f"), ((30, 10), (10, 30)))
    audit = _only(_report({"m": 2000, "f": 2000}, matrix))
    assert audit.finding is AuditFinding.UNVERIFIED
    assert audit.correction is not None
    assert "holds too few people (80)" in audit.correction.refused
    assert _only(_report({"m": 3000, "f": 1000}, matrix)).finding is AuditFinding.SKEWED


def test_nobody_counted_is_no_doubt_about_the_matrix() -> None:
    assert _only(_audit(0, 0)).finding is AuditFinding.INSUFFICIENT


def test_categories_follow_the_matrix() -> None:
    matrix = Confusion("g", ("m", "f", "x"), ((90, 5, 5), (5, 90, 5), (5, 5, 90)))
    audit = _only(_report({"f": 60, "m": 62}, matrix, m=0.5, f=0.5))
    assert [(s.category, s.count, s.reference) for s in audit.shares] == [
        ("m", 62, 0.5),
        ("f", 60, 0.5),
        ("x", 0, 0),
    ]
    with pytest.raises(InvalidArgument, match="no category 'y', which is expected"):
        _report({"f": 60, "m": 62}, matrix, m=0.5, f=0.4, y=0.1)
    with pytest.raises(InvalidArgument, match="no category 'y', which was counted"):
        _report({"f": 60, "y": 1}, matrix)


def test_matrices_that_do_not_fit_the_audit() -> None:
    state = state_of([CountTable("", "g", {"m": 3, "f": 3})])
    matrix = Confusion("g", ("m", "f"), ROWS)
    with pytest.raises(InvalidArgument, match="two confusion matrices for 'g'"):
        audit_tables(state, {}, [matrix, matrix], deadline=NO_DEADLINE)
    other = Confusion("age", ("old", "young"), ROWS)
    with pytest.raises(InvalidArgument, match="confusion matrix for 'age', which was not counted"):
        audit_tables(state, {}, [other], deadline=NO_DEADLINE)
