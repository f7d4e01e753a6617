from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.results import AttributeAudit, AuditFinding, AuditReport
from gencheck.bias.unread import DOUBT
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import OutcomeStatus

# Shares of ten equally frequent tones as a reader tells them apart that overlooks pale skin.
ANSWERED = (36, 40, 43, 59, 88, 95, 97, 90, 85, 89)


def _report(unread: float, *counts: float) -> AuditReport:
    table = CountTable("", "x", {f"c{i}": float(c) for i, c in enumerate(counts)}, unread)
    return audit_tables(state_of([table]), {}, deadline=NO_DEADLINE)


def _audit(unread: float, *counts: float) -> AttributeAudit:
    return _report(unread, *counts).audits[0]


def test_a_fair_set_is_not_skewed_for_whom_the_reader_overlooks() -> None:
    assert _audit(0, *ANSWERED).finding is AuditFinding.SKEWED
    report = _report(1000 - sum(ANSWERED), *ANSWERED)
    audit = report.audits[0]
    assert (audit.finding, audit.distance_low) == (AuditFinding.UNVERIFIED, 0)
    assert DOUBT in audit.notes
    assert report.outcomes[0].status is OutcomeStatus.SKIPPED
    assert DOUBT in report.outcomes[0].message
    assert not [m for m in report.measurements if m.code == "SKEWED"]


def test_what_the_unread_cannot_undo_is_skewed() -> None:
    audit = _audit(100, 850, 50)
    assert audit.finding is AuditFinding.SKEWED
    # Were all unread of the other category: 850 of 1,000 is the least, less its interval.
    assert 0.32 < audit.distance_low < 0.35


def test_without_unread_nothing_changes() -> None:
    assert _audit(0, 60, 40) == _audit(0, 60, 40)
    assert _audit(0, 70, 30).distance_low > _audit(1, 70, 30).distance_low > 0


def test_a_set_that_shows_no_departure_is_told_as_before() -> None:
    assert _audit(300, 50, 51).finding is AuditFinding.BALANCED
    assert _audit(5, 3, 3).finding is AuditFinding.INSUFFICIENT


def test_among_many_audits_only_what_is_significant_after_holm_can_be_undone() -> None:
    even = [CountTable(f"p{i}", "x", {"a": 100.0, "b": 100.0}) for i in range(20)]
    slight = CountTable("slight", "x", {"a": 120.0, "b": 85.0}, 40)
    audits = audit_tables(state_of([*even, slight]), {}, deadline=NO_DEADLINE).audits
    (found,) = (audit for audit in audits if audit.prompt == "slight")
    assert found.p_value is not None
    assert found.p_value < 0.05
    assert found.finding is AuditFinding.BALANCED


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_is_the_least_over_all_that_the_unread_may_be(seed: int) -> None:
    """Against linear programming: p within the intervals, s any distribution of the unread."""
    rng = np.random.default_rng(seed)
    k, unread = int(rng.integers(2, 6)), float(rng.integers(1, 60))
    counts = rng.multinomial(200, rng.dirichlet(np.ones(k))).astype(float)
    audit = _audit(unread, *counts)
    part, reference = 200 / (200 + unread), 1 / k
    # Variables p, s, d: minimise sum d / 2 with d >= |part p + (1 - part) s - reference|.
    mix = np.hstack([part * np.eye(k), (1 - part) * np.eye(k)])
    above, below = np.hstack([mix, -np.eye(k)]), np.hstack([-mix, -np.eye(k)])
    ones, none = np.ones(k), np.zeros(k)
    found = linprog(
        np.concatenate([none, none, ones / 2]),
        A_ub=np.vstack([above, below]),
        b_ub=np.concatenate([reference * ones, -reference * ones]),
        A_eq=np.array([np.concatenate([ones, none, none]), np.concatenate([none, ones, none])]),
        b_eq=[1, 1],
        bounds=[(s.low, s.high) for s in audit.shares] + [(0, 1)] * k + [(0, None)] * k,
    )
    before = _audit(0, *counts).distance_low
    undone = part * before - (1 - part)
    least = max(found.fun, undone, 0) if before > 0 else 0
    assert audit.distance_low == pytest.approx(least, abs=1e-6)
