"""The audit of a set: for every attribute and prompt BALANCED, SKEWED or INSUFFICIENT.

SKEWED needs both a significant test after Holm's correction and a distance whose lower 95 % bound
is over 0. BALANCED needs a sample that would have shown a departure that matters. All else is
INSUFFICIENT: a small set is never called fair for want of evidence.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.bias.effect import Distance, total_variation
from gencheck.bias.goodness import DETECTABLE_DISTANCE, Fit, goodness_of_fit, holm, needed_people
from gencheck.bias.intervals import ALPHA, Intervals, simultaneous_intervals
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import (
    Measurement,
    Method,
    Outcome,
    SkipReason,
    Timing,
    judged,
    skipped,
)
from gencheck.policy import summarise

DISTANCE = Method(
    "total-variation-lower-bound", "1", "distance to the nearest point of simultaneous intervals"
)
SAMPLE = Method("chi-square-power", "1", "Cohen 1988; w = 0.3, power 0.8, alpha 0.05")
UNREAD = Method("share-unread", "1", "people without a category over all people")

NOTES = (
    "Categories are perceived from pictures or given by the caller; they say nothing about how "
    "anybody identifies.",
    "BALANCED means that no departure of "
    f"{DETECTABLE_DISTANCE:.0%} of the people or more was shown, not that there is none.",
    "The set is taken as a random sample of what the generator makes: hand-picked pictures, or "
    "many from one seed, make the intervals too narrow.",
)


class AuditFinding(Enum):
    """How a set stands to its reference."""

    BALANCED = "BALANCED"
    SKEWED = "SKEWED"
    INSUFFICIENT = "INSUFFICIENT"


@dataclass(frozen=True, slots=True)
class AuditedShare:
    """One category: people, share 0..1 with its simultaneous 95 % interval, expected share."""

    category: str
    count: float
    share: float
    low: float
    high: float
    reference: float


@dataclass(frozen=True, slots=True)
class AttributeAudit:
    """The audit of one attribute, of one prompt or (``prompt`` empty) of all together.

    Attributes:
        n: people with a category.
        unverified: people without one.
        needed: the smallest n that would have let this audit judge; 0 where no n would.
        p_adjusted: after Holm's correction over all audits of the answer.
        notes: what the figures do not mean.
    """

    prompt: str
    attribute: str
    finding: AuditFinding
    shares: tuple[AuditedShare, ...]
    n: float
    unverified: float
    needed: int
    interval_method: Method
    test_method: Method
    p_value: float | None
    p_adjusted: float | None
    distance: float
    distance_low: float
    distance_high: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All that an audit found. ``outcomes[0]`` is the summary ``bias``."""

    audits: tuple[AttributeAudit, ...]
    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    state: AuditState
    timings: tuple[Timing, ...]


def audit_tables(
    state: AuditState, references: Mapping[str, Mapping[str, float]], *, deadline: Deadline
) -> AuditReport:
    """Audits every attribute of a state: all prompts together, then each prompt.

    Args:
        references: expected shares by attribute and category, scaled to sum to 1; an attribute
            without one is held against equal shares of its categories.

    Raises:
        InvalidArgument: a reference that does not fit its attribute.
    """
    start = time.perf_counter()
    drafts = [
        _draft(table, reference, deadline) for table, reference in _planned(state, references)
    ]
    tested = time.perf_counter()
    adjusted = holm([draft.fit for draft in drafts])
    audits = tuple(_conclude(draft, p, deadline) for draft, p in zip(drafts, adjusted, strict=True))
    attributes = list(dict.fromkeys(audit.attribute for audit in audits))
    by_attribute = {a: [x for x in audits if x.attribute == a] for a in attributes}
    parts = [_outcome(group) for group in by_attribute.values()] or [_nobody(state)]
    return AuditReport(
        audits=audits,
        measurements=tuple(m for group in by_attribute.values() for m in _measure(group)),
        outcomes=(summarise("bias", parts), *(part for part in parts if part.check != "bias")),
        state=state,
        timings=(
            Timing("bias.test", tested - start),
            Timing("bias.conclude", time.perf_counter() - tested),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    table: CountTable
    categories: tuple[str, ...]
    counts: NDArray[np.float64]
    reference: NDArray[np.float64]
    intervals: Intervals
    distance: Distance
    fit: Fit


def _planned(
    state: AuditState, references: Mapping[str, Mapping[str, float]]
) -> list[tuple[CountTable, dict[str, float]]]:
    by_attribute: dict[str, list[CountTable]] = {}
    for table in state.tables:
        by_attribute.setdefault(table.attribute, []).append(table)
    unknown = sorted(set(references) - set(by_attribute))
    if unknown and by_attribute:
        raise InvalidArgument(
            f"a reference for '{unknown[0]}', which was not counted",
            where="references",
            fix=f"Counted are: {', '.join(sorted(by_attribute))}.",
        )
    planned = []
    for attribute, tables in by_attribute.items():
        pooled = state_of(CountTable("", attribute, t.counts, t.unverified) for t in tables)
        whole = pooled.tables[0]
        reference = _reference(attribute, whole.counts, references.get(attribute))
        # Where some tables name a prompt and one does not, that one counts in the whole only.
        several = [whole, *(table for table in tables if table.prompt)]
        planned += [(table, reference) for table in (tables if len(tables) == 1 else several)]
    return planned


def _reference(
    attribute: str, counts: Mapping[str, float], given: Mapping[str, float] | None
) -> dict[str, float]:
    if given is None:
        return {category: 1 / len(counts) for category in counts}
    where = f"reference of '{attribute}'"
    for category, share in given.items():
        if not math.isfinite(share) or share < 0:
            raise InvalidArgument(
                f"the share {share:g} of '{category}'",
                where=where,
                fix="Shares have to be finite and not negative.",
            )
    missing = [category for category, count in counts.items() if category not in given and count]
    if missing:
        raise InvalidArgument(
            f"no share for '{missing[0]}', which was counted",
            where=where,
            fix="Give every category a share; 0 where nobody is expected.",
        )
    total = math.fsum(given.values())
    if not total > 0 or not math.isfinite(total):
        raise InvalidArgument(f"the shares sum to {total:g}", where=where, fix="Give one over 0.")
    return {category: share / total for category, share in sorted(given.items())}


def _draft(table: CountTable, reference: dict[str, float], deadline: Deadline) -> _Draft:
    deadline.check()
    categories = tuple(reference)
    counts = np.array([table.counts.get(category, 0.0) for category in categories], np.float64)
    expected = np.array([reference[category] for category in categories], np.float64)
    intervals = simultaneous_intervals(counts)
    n = counts.sum()
    if n > 0:
        distance = total_variation(counts / n, expected, intervals)
    else:
        distance = Distance(0.0, 0.0, 1.0)
    fit = goodness_of_fit(counts, expected, deadline=deadline)
    return _Draft(table, categories, counts, expected, intervals, distance, fit)


def _conclude(draft: _Draft, p_adjusted: float | None, deadline: Deadline) -> AttributeAudit:
    n = float(draft.counts.sum())
    needed = needed_people(int(np.count_nonzero(draft.reference)))
    significant = p_adjusted is not None and p_adjusted < ALPHA
    notes = list(NOTES)
    if significant and draft.distance.low > 0:
        finding = AuditFinding.SKEWED
    elif needed and n >= needed and not significant:
        finding = AuditFinding.BALANCED
    else:
        finding = AuditFinding.INSUFFICIENT
    if finding is AuditFinding.INSUFFICIENT and significant and n >= needed:
        needed = _needed_to_bound(draft, deadline)
        notes.append("The departure is significant, but its size cannot be bounded away from 0.")
    if not needed and finding is AuditFinding.INSUFFICIENT:
        notes.append(
            "Fewer than two categories: name the others by a reference, or by rows with count 0."
        )
    if np.any(draft.counts != np.floor(draft.counts)):
        notes.append("Fractional counts are read as soft labels: a person adds at most 1 in all.")
    if draft.table.unverified > 0:
        notes.append(f"Shares are of the {n:g} people read; {draft.table.unverified:g} were not.")
    share = draft.counts / n if n > 0 else draft.counts
    rows = zip(
        draft.categories,
        draft.counts,
        share,
        draft.intervals.low,
        draft.intervals.high,
        draft.reference,
        strict=True,
    )
    return AttributeAudit(
        prompt=draft.table.prompt,
        attribute=draft.table.attribute,
        finding=finding,
        shares=tuple(AuditedShare(name, *map(float, row)) for name, *row in rows),
        n=n,
        unverified=draft.table.unverified,
        needed=needed,
        interval_method=draft.intervals.method,
        test_method=draft.fit.method,
        p_value=draft.fit.p_value,
        p_adjusted=p_adjusted,
        distance=draft.distance.value,
        distance_low=draft.distance.low,
        distance_high=draft.distance.high,
        notes=tuple(notes),
    )


def _needed_to_bound(draft: _Draft, deadline: Deadline) -> int:
    # The n at which the same shares would keep the reference out of the intervals.
    n = float(draft.counts.sum())
    shares, size = draft.counts / n, n
    for _ in range(24):
        deadline.check()
        size *= 1.25
        intervals = simultaneous_intervals(np.round(shares * size))
        if total_variation(shares, draft.reference, intervals).low > 0:
            break
    return math.ceil(size)


def _outcome(audits: Sequence[AttributeAudit]) -> Outcome:
    whole = audits[0]
    check = f"bias.{whole.attribute}"
    if whole.finding is not AuditFinding.INSUFFICIENT:
        return judged(check)
    if not whole.needed:
        return skipped(check, SkipReason.UNCERTAIN, whole.notes[-1])
    return skipped(
        check,
        SkipReason.INSUFFICIENT_SAMPLE,
        f"{whole.n:g} people with a readable {whole.attribute}, {whole.needed} are needed to tell "
        f"{len(whole.shares)} categories apart",
    )


def _nobody(state: AuditState) -> Outcome:
    seen = (
        f"{state.images} pictures, {state.images_without_face} without a face"
        if (state.images)
        else "the tables are empty"
    )
    return skipped("bias", SkipReason.INSUFFICIENT_SAMPLE, f"nobody to audit: {seen}")


def _measure(audits: Sequence[AttributeAudit]) -> list[Measurement]:
    check = f"bias.{audits[0].attribute}"
    found = [
        Measurement(
            code="SKEWED",
            value=audit.distance_low if audit.finding is AuditFinding.SKEWED else 0.0,
            check=check,
            method=DISTANCE,
            detail=_describe(audit),
        )
        for audit in audits
        if audit.finding is not AuditFinding.INSUFFICIENT
    ]
    return [*found, *_short_samples(audits, check), *_unread(audits[0], check)]


def _short_samples(audits: Sequence[AttributeAudit], check: str) -> list[Measurement]:
    short = [a for a in audits if a.finding is AuditFinding.INSUFFICIENT and a.needed]
    if not audits[0].needed:
        return []
    if not short:
        value, detail = 0.0, f"{audits[0].n:g} people, {audits[0].needed} needed"
    else:
        worst = max(short, key=lambda audit: audit.needed - audit.n)
        value = worst.needed - worst.n
        detail = f"{_name(worst)} has {worst.n:g} of {worst.needed} people"
        if len(audits) > 1:
            detail = f"{len(short)} of {len(audits)} tables are too small; {detail}"
    return [Measurement("INSUFFICIENT_SAMPLE", max(0.0, value), check, SAMPLE, detail=detail)]


def _unread(whole: AttributeAudit, check: str) -> list[Measurement]:
    people = whole.n + whole.unverified
    if not people:
        return []
    return [
        Measurement(
            "ATTRIBUTE_UNVERIFIED",
            whole.unverified / people,
            check,
            UNREAD,
            detail=f"{whole.unverified:g} of {people:g} people could not be read",
        )
    ]


def _describe(audit: AttributeAudit) -> str:
    worst = max(audit.shares, key=lambda s: abs(s.share - s.reference))
    p = "" if audit.p_adjusted is None else f", p {audit.p_adjusted:.2g} after Holm"
    return (
        f"{_name(audit)}: '{worst.category}' {worst.share:.0%} where {worst.reference:.0%} is "
        f"expected, n {audit.n:g}, distance {audit.distance:.2f} "
        f"({audit.distance_low:.2f} to {audit.distance_high:.2f}){p}"
    )


def _name(audit: AttributeAudit) -> str:
    prompt = audit.prompt if len(audit.prompt) <= 60 else f"{audit.prompt[:57]}…"
    return f"{audit.attribute} of '{prompt}'" if prompt else f"{audit.attribute} of the whole set"
