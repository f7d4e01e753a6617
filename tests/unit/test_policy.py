"""From measurements to a verdict."""

import datetime as dt
import itertools

import pytest

from gencheck.findings import (
    Measurement,
    Method,
    Outcome,
    OutcomeStatus,
    Severity,
    SkipReason,
    Verdict,
    judged,
    skipped,
)
from gencheck.policy import (
    Policy,
    Thresholds,
    Waiver,
    grade,
    judge,
    problems_of,
    summarise,
    worst,
)

METHOD = Method("test", "1", "none")
POLICY = Policy("p", "1", required=("artifact",), thresholds={"BLUR": Thresholds(0.5, 0.7, 0.9)})


def blur(value: float) -> Measurement:
    return Measurement("BLUR", value, "artifact.blur", METHOD)


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        (0.49, None),
        (0.5, Severity.MINOR),
        (0.7, Severity.MAJOR),
        (0.89, Severity.MAJOR),
        (0.9, Severity.CRITICAL),
    ],
)
def test_a_threshold_is_reached_from_its_value_on(value: float, severity: Severity | None) -> None:
    findings = grade([blur(value)], POLICY)
    assert [finding.severity for finding in findings] == ([severity] if severity else [])


def test_what_is_for_information_is_told_and_changes_no_verdict() -> None:
    policy = Policy("p", "1", thresholds={"BLUR": Thresholds(0.5, info=0.2)})
    told = grade([blur(0.3), blur(0.6), blur(0.1)], policy)
    assert [f.severity for f in told] == [Severity.MINOR, Severity.INFO]
    assert (told[1].threshold, told[1].measured) == (0.2, 0.3)
    assert judge([judged("artifact")], told[1:], policy).verdict is Verdict.PASS
    stricter = Policy("p", "1", thresholds=policy.thresholds, review_at=Severity.INFO)
    assert judge([judged("artifact")], told[1:], stricter).verdict is Verdict.REVIEW


def test_the_steps_rise_from_information_on() -> None:
    for steps in (Thresholds(0.5, info=0.6), Thresholds(info=-1.0), Thresholds(critical=1, info=2)):
        problems = list(problems_of(Policy("p", "1", thresholds={"BLUR": steps})))
        assert [key for key, _ in problems] == [("thresholds", "BLUR")]
    rising = Policy("p", "1", thresholds={"BLUR": Thresholds(0.5, 0.5, info=0.5)})
    assert list(problems_of(rising)) == []


def test_a_code_without_thresholds_is_never_minded() -> None:
    noise = Measurement("NOISE", 1e9, "artifact.noise", METHOD)
    assert grade([noise], POLICY) == []


def test_a_waiver_holds_to_its_last_day_and_no_longer() -> None:
    until = dt.date(2027, 1, 31)
    policy = Policy("p", "1", thresholds=POLICY.thresholds, waivers=(Waiver("BLUR", until, "old"),))
    on_the_day = grade([blur(0.8)], policy, today=until)
    after = grade([blur(0.8)], policy, today=until + dt.timedelta(days=1))
    assert (on_the_day[0].waived, after[0].waived) == ("old", "")
    assert judge([judged("artifact")], on_the_day, policy).verdict is Verdict.PASS
    assert judge([judged("artifact")], after, policy).verdict is Verdict.FAIL


def error(check: str) -> Outcome:
    return Outcome(check, OutcomeStatus.ERROR, "SERVICE_UNAVAILABLE", "it is down", 14)


def test_fail_beats_inconclusive_beats_review_beats_pass() -> None:
    down, fine = [error("artifact")], [judged("artifact")]
    major, minor = grade([blur(0.8)], POLICY), grade([blur(0.6)], POLICY)
    assert judge(down, major, POLICY).verdict is Verdict.FAIL
    assert judge(down, minor, POLICY).verdict is Verdict.INCONCLUSIVE
    assert judge(fine, minor, POLICY).verdict is Verdict.REVIEW
    assert judge(fine, [], POLICY).verdict is Verdict.PASS


def test_worst_follows_the_same_order() -> None:
    order = [Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.REVIEW, Verdict.PASS]
    for first, second in itertools.combinations(order, 2):
        assert worst([second, first]) is first


def test_an_optional_check_that_is_down_does_not_block() -> None:
    outcomes = [judged("artifact"), error("mesh")]
    assert judge(outcomes, [], POLICY).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [
        (SkipReason.NOT_APPLICABLE, Verdict.PASS),
        (SkipReason.NOT_REQUESTED, Verdict.PASS),
        (SkipReason.MODEL_MISSING, Verdict.INCONCLUSIVE),
        (SkipReason.TOO_SMALL, Verdict.INCONCLUSIVE),
        (SkipReason.UNCERTAIN, Verdict.INCONCLUSIVE),
    ],
)
def test_only_a_skip_that_is_no_gap_lets_a_required_check_pass(
    reason: SkipReason, verdict: Verdict
) -> None:
    outcomes = [skipped("artifact", reason, "because"), judged("mesh")]
    assert judge(outcomes, [], POLICY).verdict is verdict


def test_a_required_part_must_be_in_the_answer() -> None:
    policy = Policy("p", "1", required=("artifact.blur",))
    missing = judge([judged("artifact")], [], policy)
    assert missing.verdict is Verdict.INCONCLUSIVE
    assert "artifact.blur" in missing.reasons[0]


def test_nothing_judged_is_never_a_pass() -> None:
    outcomes = [skipped("artifact", SkipReason.NOT_APPLICABLE, "a mesh")]
    assert judge(outcomes, [], POLICY).verdict is Verdict.INCONCLUSIVE
    assert judge([], [], POLICY).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("coverage", "verdict"),
    [(None, Verdict.PASS), (0.49, Verdict.INCONCLUSIVE), (0.5, Verdict.PASS)],
)
def test_coverage_decides_from_the_minimum_on(coverage: float | None, verdict: Verdict) -> None:
    judgement = judge([judged("artifact")], [], POLICY, coverage=coverage)
    assert judgement.verdict is verdict


def test_a_summary_names_the_first_gap() -> None:
    parts = [judged("artifact.blur"), skipped("artifact.noise", SkipReason.TOO_SMALL, "64 px")]
    summary = summarise("artifact", parts)
    assert (summary.status, summary.reason) == (OutcomeStatus.SKIPPED, "TOO_SMALL")
    assert "artifact.noise" in summary.message
    assert summarise("artifact", parts[:1]) == judged("artifact")


def test_reasons_are_bounded_and_say_so() -> None:
    findings = grade([blur(0.7 + i / 1000) for i in range(50)], POLICY)
    reasons = judge([judged("artifact")], findings, POLICY).reasons
    assert len(reasons) == 21
    assert reasons[-1] == "and 30 more"


def test_the_digest_is_of_what_a_policy_says_not_of_its_order() -> None:
    a = Policy("p", "1", required=("mesh", "bias"), weights={"text": 2.0, "count": 1.0})
    b = Policy("p", "1", required=("bias", "mesh"), weights={"count": 1.0, "text": 2.0})
    assert a.sha256 == b.sha256
    assert a.sha256 != Policy("p", "1", min_coverage=0.6).sha256
    assert a.sha256 != Policy("p", "1", confidence=0.9).sha256


def test_the_digest_of_a_policy_without_information_is_as_it_was_without_such_a_step() -> None:
    digest = "9743d3be4c87276cdb537295a5c29467ce2d7c1dfcaa9f1a02b91b5fbd36712f"
    thresholds = {"BLUR": Thresholds(0.5, 0.7, 0.9)}
    assert Policy("p", "1", thresholds=thresholds).sha256 == digest
    thresholds["BLUR"] = Thresholds(0.5, 0.7, 0.9, info=0.1)
    assert Policy("p", "1", thresholds=thresholds).sha256 != digest
