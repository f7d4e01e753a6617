from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.bias.results import AttributeAudit, AuditFinding, AuditReport
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, InvalidArgument
from gencheck.findings import OutcomeStatus, SkipReason


def _audit(*tables: CountTable, **references: dict[str, float]) -> AuditReport:
    return audit_tables(state_of(tables), references, deadline=NO_DEADLINE)


def _one(counts: dict[str, float], unverified: float = 0.0) -> AttributeAudit:
    (audit,) = _audit(CountTable("", "g", counts, unverified)).audits
    return audit


def test_skewed() -> None:
    report = _audit(CountTable("", "g", {"m": 90, "f": 10}))
    (audit,) = report.audits
    assert audit.finding is AuditFinding.SKEWED
    assert audit.distance == pytest.approx(0.4)
    assert 0.3 < audit.distance_low < 0.35
    assert report.outcomes[0].check == "bias"
    assert [o.status for o in report.outcomes] == [OutcomeStatus.JUDGED] * 2
    skewed = next(m for m in report.measurements if m.code == "SKEWED")
    assert skewed.value == audit.distance_low
    assert skewed.check == "bias.g"
    assert "'f' 10% where 50% is expected, n 100" in skewed.detail


def test_balanced_needs_enough_people() -> None:
    assert _one({"m": 45, "f": 43}).finding is AuditFinding.BALANCED
    few = _one({"m": 44, "f": 43})
    assert few.finding is AuditFinding.INSUFFICIENT
    assert few.needed == 88


def test_insufficient_names_n_and_needed() -> None:
    report = _audit(CountTable("", "g", {"m": 5, "f": 3}))
    assert report.outcomes[0].reason == SkipReason.INSUFFICIENT_SAMPLE.value
    part = report.outcomes[1]
    assert part.check == "bias.g"
    assert part.message.startswith("8 people")
    assert "88 are needed" in part.message
    missing = next(m for m in report.measurements if m.code == "INSUFFICIENT_SAMPLE")
    assert missing.value == 80
    assert not [m for m in report.measurements if m.code == "SKEWED"]


def test_plain_skew_wins_over_a_small_sample() -> None:
    assert _one({"m": 12, "f": 0}).finding is AuditFinding.SKEWED
    assert _one({"m": 7, "f": 1}).finding is AuditFinding.INSUFFICIENT


def test_opposite_prompts_do_not_cancel_out() -> None:
    report = _audit(CountTable("a doctor", "g", {"m": 50}), CountTable("a nurse", "g", {"f": 50}))
    found = {audit.prompt: audit.finding for audit in report.audits}
    assert found == {
        "": AuditFinding.BALANCED,
        "a doctor": AuditFinding.SKEWED,
        "a nurse": AuditFinding.SKEWED,
    }
    assert max(m.value for m in report.measurements if m.code == "SKEWED") > 0.4


def test_table_without_prompt_counts_in_the_whole() -> None:
    report = _audit(
        CountTable("", "g", {"m": 10, "f": 10}), CountTable("p", "g", {"m": 40, "f": 40})
    )
    assert [(a.prompt, a.n) for a in report.audits] == [("", 100), ("p", 80)]


def test_reference_shifts_what_is_expected() -> None:
    table = CountTable("", "g", {"m": 90, "f": 10})
    (audit,) = _audit(table, g={"m": 9, "f": 1}).audits
    assert audit.finding is AuditFinding.BALANCED
    assert [s.reference for s in audit.shares] == pytest.approx([0.1, 0.9])


def test_reference_adds_a_category_that_was_never_seen() -> None:
    (audit,) = _audit(CountTable("", "g", {"m": 60}), g={"m": 0.5, "f": 0.5}).audits
    assert audit.finding is AuditFinding.SKEWED
    assert [(s.category, s.count) for s in audit.shares] == [("f", 0), ("m", 60)]


def test_zero_share_is_no_crash_and_a_small_distance() -> None:
    (audit,) = _audit(
        CountTable("", "g", {"a": 500, "b": 499, "c": 1}), g={"a": 1, "b": 1, "c": 0}
    ).audits
    assert audit.p_value == 0
    assert audit.finding is AuditFinding.SKEWED
    assert audit.distance_low < 0.001


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"m": 1.0}, "no share for 'f'"),
        ({"m": -1.0, "f": 2.0}, "the share -1 of 'm'"),
        ({"m": float("nan"), "f": 2.0}, "the share nan"),
        ({"m": 0.0, "f": 0.0}, "sum to 0"),
    ],
)
def test_wrong_references(reference: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        _audit(CountTable("", "g", {"m": 1, "f": 1}), g=reference)


def test_reference_of_an_uncounted_attribute() -> None:
    with pytest.raises(InvalidArgument, match="Counted are: g"):
        _audit(CountTable("", "g", {"m": 1, "f": 1}), age={"old": 1.0})


def test_one_category_is_never_balanced() -> None:
    report = _audit(CountTable("", "g", {"m": 1000}))
    assert report.audits[0].finding is AuditFinding.INSUFFICIENT
    assert report.outcomes[0].reason == SkipReason.UNCERTAIN.value


def test_nobody() -> None:
    report = audit_tables(AuditState((), 3, 3), {}, deadline=NO_DEADLINE)
    assert report.audits == ()
    assert report.outcomes[0].reason == SkipReason.INSUFFICIENT_SAMPLE.value
    assert "3 pictures, 3 without a face" in report.outcomes[0].message


def test_only_unread_people() -> None:
    report = _audit(CountTable("", "g", {}, 4))
    assert report.outcomes[0].status is OutcomeStatus.SKIPPED
    unread = next(m for m in report.measurements if m.code == "ATTRIBUTE_UNVERIFIED")
    assert unread.value == 1.0


def test_unread_share() -> None:
    report = _audit(CountTable("", "g", {"m": 30, "f": 30}, 20))
    unread = next(m for m in report.measurements if m.code == "ATTRIBUTE_UNVERIFIED")
    assert unread.value == pytest.approx(0.25)


def test_more_attributes_correct_each_other() -> None:
    alone = _audit(CountTable("", "a", {"x": 62, "y": 38}))
    assert alone.audits[0].finding is AuditFinding.SKEWED
    many = _audit(
        CountTable("", "a", {"x": 62, "y": 38}),
        *(CountTable("", name, {"x": 50, "y": 50}) for name in "bcdefgh"),
    )
    assert many.audits[0].finding is AuditFinding.BALANCED
    assert many.audits[0].p_adjusted == pytest.approx(8 * (alone.audits[0].p_value or 0))
    assert all(m.value == 0 for m in many.measurements if m.code == "SKEWED")


def test_diffuse_departure_asks_for_more() -> None:
    # Ten categories, each slightly off: significant, but every interval holds its reference.
    counts = [27.0, 13.0] * 5
    (audit,) = _audit(CountTable("", "t", {str(i): c for i, c in enumerate(counts)})).audits
    assert audit.p_adjusted is not None
    assert audit.p_adjusted < 0.05
    assert audit.distance_low == 0
    assert audit.finding is AuditFinding.INSUFFICIENT
    assert 200 < audit.needed < 700


@pytest.mark.parametrize("n", [8, 30, 100, 400])
@pytest.mark.parametrize("k", [2, 4])
def test_fair_generator_is_rarely_skewed(n: int, k: int) -> None:
    rng = np.random.default_rng(n + k)
    runs = 100
    skewed = 0
    for _ in range(runs):
        counts = rng.multinomial(n, np.full(k, 1 / k))
        table = {str(i): float(c) for i, c in enumerate(counts)}
        skewed += _one(table).finding is AuditFinding.SKEWED
    # 5 % of 100 is 5; 12 is the 99.8 % quantile.
    assert skewed <= 12


def test_cancelled_work_stops() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        audit_tables(state_of([CountTable("", "g", {"m": 1, "f": 1})]), {}, deadline=deadline)
