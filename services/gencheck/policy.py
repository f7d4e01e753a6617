"""From measurements to a verdict: two pure functions.

``grade`` turns measurements into findings by a policy's thresholds; ``judge`` turns findings and
outcomes into one verdict with reasons. Reading policies from TOML is in ``policy_file.py``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gencheck.codes import CODES, describe, number, quantity
from gencheck.errors import InvalidPolicy
from gencheck.findings import (
    Finding,
    Judgement,
    Measurement,
    Outcome,
    OutcomeStatus,
    Severity,
    SkipReason,
    Verdict,
    judged,
)

_NO_GAP = {SkipReason.NOT_APPLICABLE.value, SkipReason.NOT_REQUESTED.value}
_MAX_REASONS = 20

CONFIDENCE = 0.8
"""Of a claim, where a policy names none: one decided claim in five may be wrong at the worst."""

ALL_SERVICES = ("artifact", "consistency", "mesh", "bias")
CLAIM_KINDS = frozenset(
    ["object", "count", "attribute", "relation", "action", "text", "style", "scene", "absence"]
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Values from which on a code is minor and so on, or for information; ``None``: never."""

    minor: float | None = None
    major: float | None = None
    critical: float | None = None
    info: float | None = None

    @property
    def steps(self) -> list[float]:
        """Those that there are, from the least severity on."""
        rising = (self.info, self.minor, self.major, self.critical)
        return [step for step in rising if step is not None]

    def severity(self, value: float) -> tuple[Severity, float] | None:
        """The highest severity that the value reaches, with its threshold."""
        steps = (
            (Severity.CRITICAL, self.critical),
            (Severity.MAJOR, self.major),
            (Severity.MINOR, self.minor),
            (Severity.INFO, self.info),
        )
        for severity, threshold in steps:
            if threshold is not None and value >= threshold:
                return severity, threshold
        return None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A code that does not count until a day (inclusive, UTC), and why."""

    code: str
    until: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What an organisation minds.

    Attributes:
        min_coverage: smallest judged share of the claims' weight, 0..1, for a PASS.
        confidence: probability from which on a claim is decided, where it has one; 0.5..1.
        ask: the services that are asked at all; all that apply where empty.
        required: checks that must have judged for a PASS, where they are part of the plan.
        weights: weight of a claim by its kind; 1 where not named.
    """

    name: str
    version: str
    min_coverage: float = 0.5
    confidence: float = CONFIDENCE
    ask: tuple[str, ...] = ()
    required: tuple[str, ...] = ALL_SERVICES
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    fail_at: Severity = Severity.MAJOR
    review_at: Severity = Severity.MINOR
    waivers: tuple[Waiver, ...] = ()
    _sha256: str = field(default="", init=False, repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Digest of all that the policy says, whatever file it came from; made once."""
        if not self._sha256:
            text = json.dumps(_canonical(self), sort_keys=True, separators=(",", ":"))
            object.__setattr__(self, "_sha256", hashlib.sha256(text.encode()).hexdigest())
        return self._sha256


def _canonical(policy: Policy) -> dict[str, object]:
    return {
        "name": policy.name,
        "version": policy.version,
        "min_coverage": policy.min_coverage,
        **({"confidence": policy.confidence} if policy.confidence != CONFIDENCE else {}),
        **({"ask": sorted(policy.ask)} if policy.ask else {}),
        "required": sorted(policy.required),
        "thresholds": {
            code: [
                *(limits.minor, limits.major, limits.critical),
                *(() if limits.info is None else (limits.info,)),
            ]
            for code, limits in policy.thresholds.items()
        },
        "weights": dict(policy.weights),
        "fail_at": policy.fail_at.name,
        "review_at": policy.review_at.name,
        "waivers": [[w.code, w.until.isoformat(), w.reason] for w in policy.waivers],
    }


Key = tuple[str | int, ...]
"""Where something is in a policy: ``("waivers", 0, "until")``."""


def key_text(key: Key) -> str:
    """A key as a person writes it: ``waivers[0].until``."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
    return words.removeprefix(".")


def check_policy(policy: Policy, *, where: str) -> None:
    """What holds for a policy from anywhere. Raises ``InvalidPolicy`` with the key."""
    for key, what in problems_of(policy):
        text = key_text(key)
        raise InvalidPolicy(f"{text}: {what}", where=where, metadata={"key": text})


def problems_of(policy: Policy) -> Iterator[tuple[Key, str]]:
    """What contradicts itself or names something unknown: the key, and what is wrong with it."""
    if not policy.name or not policy.version:
        yield ("name",), "a policy needs a name and a version"
    if not 0 <= policy.min_coverage <= 1:
        yield ("min_coverage",), f"must be between 0 and 1, not {policy.min_coverage:g}"
    if not 0.5 <= policy.confidence <= 1:
        yield ("confidence",), f"must be between 0.5 and 1, not {policy.confidence:g}"
    yield from _problems_of_checks(policy)
    for code, limits in policy.thresholds.items():
        if code not in CODES:
            yield ("thresholds", code), "no such code"
        steps = limits.steps
        if not all(math.isfinite(step) and step >= 0 for step in steps) or steps != sorted(steps):
            yield ("thresholds", code), "info, minor, major and critical must rise from 0"
    for kind, weight in policy.weights.items():
        if kind not in CLAIM_KINDS or not (math.isfinite(weight) and weight >= 0):
            yield ("weights", kind), "needs a known claim and a weight from 0"
    for place, waiver in enumerate(policy.waivers):
        if waiver.code not in CODES:
            yield ("waivers", place, "code"), f"no such code: {waiver.code}"
    if policy.review_at > policy.fail_at:
        yield ("verdict", "review_at"), "must not be above fail_at"


def _problems_of_checks(policy: Policy) -> Iterator[tuple[Key, str]]:
    known = ", ".join(ALL_SERVICES)
    for name in policy.ask:
        if name not in ALL_SERVICES:
            yield ("checks", "ask"), f'no service is called "{name}"; known are {known}'
    for name in policy.required:
        if name in policy.ask:
            continue
        service = name.partition(".")[0]
        if service not in ALL_SERVICES:
            # It would never be in a plan, and so never be missed.
            yield ("checks", "required"), f'no service is called "{service}"; known are {known}'
        elif policy.ask and service not in policy.ask:
            yield ("checks", "required"), f"{name} is required but {service} is not asked"


def grade(
    measurements: Iterable[Measurement], policy: Policy, *, today: dt.date | None = None
) -> list[Finding]:
    """Findings for the measurements that reach a threshold, worst first, else in given order."""
    day = today or dt.datetime.now(dt.UTC).date()
    waivers = {w.code: w.reason for w in policy.waivers if day <= w.until}
    findings = [
        finding
        for measurement in measurements
        if (finding := _grade_one(measurement, policy, waivers)) is not None
    ]
    return sorted(findings, key=lambda finding: -finding.severity)


def _grade_one(
    measurement: Measurement, policy: Policy, waivers: Mapping[str, str]
) -> Finding | None:
    code = describe(measurement.code)
    limits = policy.thresholds.get(measurement.code) or policy.thresholds.get(code.family)
    reached = limits.severity(measurement.value) if limits else None
    if reached is None:
        return None
    severity, threshold = reached
    return Finding(
        code=measurement.code,
        severity=severity,
        check=measurement.check,
        message=f"{code.title}: {_told(measurement, code.unit, threshold)}",
        measured=measurement.value,
        threshold=threshold,
        unit=code.unit,
        method=measurement.method,
        remedy=code.remedy,
        region=measurement.region,
        confidence=measurement.confidence,
        waived=waivers.get(measurement.code) or waivers.get(code.family, ""),
    )


def _told(measurement: Measurement, unit: str, threshold: float) -> str:
    """The figures of a finding; the threshold in brackets, last."""
    value, detail, limit = measurement.value, measurement.detail, f"threshold {number(threshold)}"
    if detail.startswith("of "):  # such as "of 12 faces"
        return f"{number(value)} {detail} ({limit})"
    figures = quantity(value, unit)
    return f"{detail} ({figures}, {limit})" if detail else f"{figures}, {limit}"


def summarise(check: str, outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a whole service from those of its parts: the first gap, else judged."""
    for outcome in outcomes:
        if _is_gap(outcome):
            return Outcome(
                check,
                outcome.status,
                outcome.reason,
                f"{outcome.check}: {outcome.message}",
                outcome.grpc_code,
                outcome.metadata,
            )
    if any(outcome.status is OutcomeStatus.JUDGED for outcome in outcomes):
        return judged(check)
    return Outcome(
        check, OutcomeStatus.SKIPPED, SkipReason.NOT_APPLICABLE.value, "nothing here to check"
    )


def judge(
    outcomes: Sequence[Outcome],
    findings: Sequence[Finding],
    policy: Policy,
    *,
    coverage: float | None = None,
) -> Judgement:
    """One verdict: FAIL beats INCONCLUSIVE beats REVIEW beats PASS.

    Args:
        coverage: judged share of the claims' weight, 0..1; ``None`` where nothing was claimed.
    """
    counted = [finding for finding in findings if not finding.waived]
    failing = [f for f in counted if f.severity >= policy.fail_at]
    gaps = _gaps(outcomes, policy, coverage)
    review = [f for f in counted if policy.review_at <= f.severity < policy.fail_at]
    if failing:
        verdict, reasons = Verdict.FAIL, [_reason(f) for f in failing] + gaps
    elif gaps:
        verdict, reasons = Verdict.INCONCLUSIVE, gaps + [_reason(f) for f in review]
    elif review:
        verdict, reasons = Verdict.REVIEW, [_reason(f) for f in review]
    else:
        verdict, reasons = Verdict.PASS, ["every required check judged, nothing over a threshold"]
    return Judgement(
        verdict=verdict,
        reasons=_bounded(reasons),
        policy_name=policy.name,
        policy_version=policy.version,
        policy_sha256=policy.sha256,
    )


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of many: FAIL, INCONCLUSIVE, REVIEW, PASS in that order."""
    order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.REVIEW, Verdict.PASS)
    present = set(verdicts)
    return next((verdict for verdict in order if verdict in present), Verdict.INCONCLUSIVE)


def _is_gap(outcome: Outcome) -> bool:
    if outcome.status is OutcomeStatus.JUDGED:
        return False
    return outcome.status is OutcomeStatus.ERROR or outcome.reason not in _NO_GAP


def _gaps(outcomes: Sequence[Outcome], policy: Policy, coverage: float | None) -> list[str]:
    by_name = {outcome.check: outcome for outcome in outcomes}
    reasons = []
    for name in policy.required:
        outcome = by_name.get(name)
        if outcome is not None and _is_gap(outcome):
            reasons.append(f"{name} is required but did not judge: {outcome.message}")
        elif outcome is None and "." in name and name.partition(".")[0] in by_name:
            reasons.append(f"{name} is required but was not part of the answer")
    if coverage is not None and coverage < policy.min_coverage:
        reasons.append(
            f"{coverage:.0%} of the prompt's claims could be judged, "
            f"the policy asks for {policy.min_coverage:.0%}"
        )
    if not reasons and not any(o.status is OutcomeStatus.JUDGED for o in outcomes):
        reasons.append("no check could judge this asset")
    return reasons


def _reason(finding: Finding) -> str:
    return f"{finding.severity.name} {finding.code}: {finding.message}"


def _bounded(reasons: Sequence[str]) -> tuple[str, ...]:
    unique = list(dict.fromkeys(reasons))
    extra = len(unique) - _MAX_REASONS
    return (*unique[:_MAX_REASONS], *([f"and {extra} more"] if extra > 0 else []))
