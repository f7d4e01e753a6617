from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.confusion import Confusion
from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.bias.options import DEFAULT_OPTIONS, AuditOptions
from gencheck.bias.results import AttributeAudit, AuditFinding, AuditReport
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import Cancelled, InvalidArgument
from gencheck.findings import OutcomeStatus, SkipReason


def _audit(*tables: CountTable, **references: dict[str, float]) -> AuditReport:
    return audit_tables(state_of(tables), references, deadline=NO_DEADLINE)


def _one(counts: dict[str, float], options: AuditOptions = DEFAULT_OPTIONS) -> AttributeAudit:
    state = state_of([CountTable("", "g", counts)])
    (audit,) = audit_tables(state, {}, options=options, deadline=NO_DEADLINE).audits
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
    enough = _one({"m": 46, "f": 44})
    assert enough.finding is AuditFinding.BALANCED
    assert enough.power == pytest.approx(0.812, abs=0.001)
    few = _one({"m": 45, "f": 44})
    assert few.finding is AuditFinding.INSUFFICIENT
    assert few.needed == 90


def test_a_smaller_effect_needs_more_people() -> None:
    asked = AuditOptions(effect=0.05)
    few = _one({"m": 46, "f": 44}, asked)
    assert (few.finding, few.needed) == (AuditFinding.INSUFFICIENT, 786)
    enough = _one({"m": 393, "f": 393}, asked)
    assert enough.finding is AuditFinding.BALANCED
    assert any("no departure of 5% of the people" in note for note in enough.notes)


def test_repeated_looks_ask_for_more_and_give_e_values() -> None:
    often = AuditOptions(repeated_looks=True)
    skewed = _one({"m": 90, "f": 10}, often)
    assert skewed.finding is AuditFinding.SKEWED
    assert skewed.e_value is not None
    assert skewed.p_value == pytest.approx(1 / skewed.e_value)
    assert _one({"m": 90, "f": 10}).e_value is None
    # Significant by a single test, not by one of many looks.
    counts = {"m": 62.0, "f": 38.0}
    assert _one(counts).finding is AuditFinding.SKEWED
    looked = _one(counts, often)
    assert (looked.finding, looked.needed) == (AuditFinding.INSUFFICIENT, 161)
    assert _one({"m": 81, "f": 80}, often).finding is AuditFinding.BALANCED
    once = _one(counts)
    assert all(a.low < b.low for a, b in zip(looked.shares, once.shares, strict=True))


def test_corrected_counts_are_looked_at_once() -> None:
    matrix = Confusion("g", ("m", "f"), ((80.0, 20.0), (10.0, 90.0)))
    state = state_of([CountTable("", "g", {"m": 60, "f": 40})])
    often = AuditOptions(repeated_looks=True)
    with pytest.raises(InvalidArgument, match="once only"):
        audit_tables(state, {}, [matrix], options=often, deadline=NO_DEADLINE)


def test_effects_of_an_ordered_attribute() -> None:
    ages = {"60+": 10.0, "0-19": 60.0, "20-59": 30.0}
    assert [e.name for e in _one(ages).effects] == ["cramers_v", "earth_movers_distance"]
    assert _one(ages).effects[1].value == pytest.approx(0.6 - 1 / 3 + 0.9 - 2 / 3)
    assert [e.name for e in _one({"a": 60.0, "b": 40.0}).effects] == ["cramers_v"]
    assert _one(ages, AuditOptions(repeated_looks=True)).effects == ()
    assert [e.name for e in _one({"1": 2.0, "2": 1.0, "3": 1.0}).effects] == [
        "earth_movers_distance"
    ]


def test_an_order_of_what_was_not_counted() -> None:
    with pytest.raises(InvalidArgument, match="order of 'age', which was not counted"):
        _one({"m": 1, "f": 1}, AuditOptions(orders={"age": ("young", "old")}))


@pytest.mark.parametrize("wrong", [{"effect": 0.0}, {"effect": 0.6}, {"minimum_people": 0}])
def test_options_out_of_bounds(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidArgument, match=r"effect|minimum"):
        AuditOptions(**wrong)


def test_never_skewed_below_the_minimum() -> None:
    nine = _one({"m": 9, "f": 0})
    assert nine.p_value == pytest.approx(2 / 2**9)
    assert (nine.finding, nine.minimum, nine.needed) == (AuditFinding.INSUFFICIENT, 10, 10)
    assert _one({"m": 9, "f": 0}, AuditOptions(minimum_people=6)).finding is AuditFinding.SKEWED
    hundred = _one({"m": 90, "f": 10}, AuditOptions(minimum_people=101))
    assert (hundred.finding, hundred.needed) == (AuditFinding.INSUFFICIENT, 101)


def test_the_minimum_is_never_below_what_the_test_can_tell() -> None:
    assert _one({"m": 5, "f": 0}, AuditOptions(minimum_people=1)).minimum == 6


def test_insufficient_names_n_and_needed() -> None:
    report = _audit(CountTable("", "g", {"m": 5, "f": 3}))
    assert report.outcomes[0].reason == SkipReason.INSUFFICIENT_SAMPLE.value
    part = report.outcomes[1]
    assert part.check == "bias.g"
    assert part.message.startswith("8 people")
    assert "90 are needed" in part.message
    missing = next(m for m in report.measurements if m.code == "INSUFFICIENT_SAMPLE")
    assert missing.value == 82
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
        ({"m": 0.5, "f": 0.4}, "sum to 0.9, neither to 1 nor to 100"),
        ({"m": 45.5, "f": 44.5}, "sum to 90, neither"),
    ],
)
def test_wrong_references(reference: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        _audit(CountTable("", "g", {"m": 1, "f": 1}), g=reference)


@pytest.mark.parametrize(
    "reference",
    [{"m": 0.33, "f": 0.66}, {"m": 33.3, "f": 66.7}, {"m": 1, "f": 2}, {"m": 300.0, "f": 600.0}],
)
def test_rounded_shares_percents_and_people_are_references(reference: dict[str, float]) -> None:
    (audit,) = _audit(CountTable("", "g", {"m": 30, "f": 60}), g=reference).audits
    assert [s.reference for s in audit.shares] == pytest.approx([2 / 3, 1 / 3], abs=0.001)


def test_reference_of_an_uncounted_attribute() -> None:
    with pytest.raises(InvalidArgument, match="Counted are: g"):
        _audit(CountTable("", "g", {"m": 1, "f": 1}), age={"old": 1.0})


def test_one_category_is_never_balanced() -> None:
    report = _audit(CountTable("", "g", {"m": 1000}, unverified=5))
    assert report.audits[0].finding is AuditFinding.INSUFFICIENT
    assert report.outcomes[0].reason == SkipReason.UNCERTAIN.value
    assert "Fewer than two categories" in report.outcomes[1].message


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


def test_a_diffuse_departure_is_shown() -> None:
    # Ten categories, each slightly off: every interval holds its reference, the test does not.
    counts = [27.0, 13.0] * 5
    audit = _one({str(i): c for i, c in enumerate(counts)})
    assert all(share.low <= share.reference <= share.high for share in audit.shares)
    assert audit.finding is AuditFinding.SKEWED
    assert 0 < audit.distance_low < audit.distance


def test_a_departure_whose_size_is_open_asks_for_more() -> None:
    # Expected counts are below 5, so that the limit of the test bounds nothing.
    counts = {str(i): 6.0 if i < 20 else 1.0 for i in range(40)}
    audit = _one(counts, AuditOptions(effect=0.5))
    assert audit.p_adjusted is not None
    assert audit.p_adjusted < 0.01
    assert audit.distance_low == 0
    assert audit.finding is AuditFinding.INSUFFICIENT
    assert 200 < audit.needed < 1000


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
