"""The audit of a set: for every attribute and prompt BALANCED, SKEWED or INSUFFICIENT.

SKEWED needs both a significant test after Holm's correction and a distance whose lower 95 % bound
is over 0. BALANCED needs a sample that would have shown a departure that matters. All else is
INSUFFICIENT: a small set is never called fair for want of evidence.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.effect import Distance, total_variation
from gencheck.bias.goodness import DETECTABLE_DISTANCE, Fit, goodness_of_fit, holm, needed_people
from gencheck.bias.intervals import ALPHA, Intervals, simultaneous_intervals
from gencheck.bias.measure import measure, nobody, outcome_of
from gencheck.bias.reference import planned
from gencheck.bias.results import AttributeAudit, AuditedShare, AuditFinding, AuditReport
from gencheck.deadline import Deadline
from gencheck.findings import Timing
from gencheck.policy import summarise

NOTES = (
    "Categories are perceived from pictures or given by the caller; they say nothing about how "
    "anybody identifies.",
    "BALANCED means that no departure of "
    f"{DETECTABLE_DISTANCE:.0%} of the people or more was shown, not that there is none.",
    "The set is taken as a random sample of what the generator makes: hand-picked pictures, or "
    "many from one seed, make the intervals too narrow.",
)


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
    drafts = [_draft(table, reference, deadline) for table, reference in planned(state, references)]
    tested = time.perf_counter()
    adjusted = holm([draft.fit for draft in drafts])
    audits = tuple(_conclude(draft, p, deadline) for draft, p in zip(drafts, adjusted, strict=True))
    attributes = list(dict.fromkeys(audit.attribute for audit in audits))
    by_attribute = {a: [x for x in audits if x.attribute == a] for a in attributes}
    parts = [outcome_of(group) for group in by_attribute.values()] or [nobody(state)]
    return AuditReport(
        audits=audits,
        measurements=tuple(m for group in by_attribute.values() for m in measure(group)),
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
