"""The audit of a set: for every attribute and prompt BALANCED, SKEWED or INSUFFICIENT.

SKEWED needs the stated minimum of people, a significant test after Holm's correction and a distance
whose lower 95 % bound is over 0. BALANCED needs a sample that would have shown a departure that
matters. All else is INSUFFICIENT: a small set is never called fair for want of evidence.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.effect import Distance, chi_square_bound, total_variation
from gencheck.bias.goodness import CHI_SQUARE, EXACT, Fit, limit_holds
from gencheck.bias.intervals import ALPHA, Intervals
from gencheck.bias.looks import Looks, looks_of
from gencheck.bias.many import benjamini_hochberg, holm
from gencheck.bias.measure import measure, nobody, outcome_of
from gencheck.bias.options import DEFAULT_OPTIONS, AuditOptions
from gencheck.bias.power import least_people
from gencheck.bias.reference import planned
from gencheck.bias.results import AttributeAudit, AuditedShare, AuditFinding, AuditReport
from gencheck.deadline import Deadline
from gencheck.findings import Timing
from gencheck.policy import summarise

NOTES = (
    "Categories are perceived from pictures or given by the caller; they say nothing about how "
    "anybody identifies.",
    "The set is taken as a random sample of what the generator makes: hand-picked pictures, or "
    "many from one seed, make the intervals too narrow.",
)


def audit_tables(
    state: AuditState,
    references: Mapping[str, Mapping[str, float]],
    *,
    options: AuditOptions = DEFAULT_OPTIONS,
    deadline: Deadline,
) -> AuditReport:
    """Audits every attribute of a state: all prompts together, then each prompt.

    Args:
        references: expected shares by attribute and category, scaled to sum to 1; an attribute
            without one is held against equal shares of its categories.

    Raises:
        InvalidArgument: a reference that does not fit its attribute.
    """
    start, looks = time.perf_counter(), looks_of(options)
    drafts = [
        _draft(table, reference, looks, deadline) for table, reference in planned(state, references)
    ]
    tested = time.perf_counter()
    fits = [draft.fit for draft in drafts]
    many = zip(drafts, holm(fits), benjamini_hochberg(fits), strict=True)
    audits = tuple(_conclude(draft, p, q, options, deadline) for draft, p, q in many)
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


def _draft(
    table: CountTable, reference: dict[str, float], looks: Looks, deadline: Deadline
) -> _Draft:
    deadline.check()
    categories = tuple(reference)
    counts = np.array([table.counts.get(category, 0.0) for category in categories], np.float64)
    expected = np.array([reference[category] for category in categories], np.float64)
    intervals, fit = looks.intervals(counts), looks.fit(counts, expected, deadline)
    distance = _distance(counts, expected, intervals, fit)
    return _Draft(table, categories, counts, expected, intervals, distance, fit)


def _distance(
    counts: NDArray[np.float64], expected: NDArray[np.float64], intervals: Intervals, fit: Fit
) -> Distance:
    n = float(counts.sum())
    if not n > 0:
        return Distance(0.0, 0.0, 1.0)
    distance = total_variation(counts / n, expected, intervals)
    if fit.p_value is None or fit.p_value >= ALPHA:
        # The test comes first: where it shows no departure, none is bounded away from 0.
        return replace(distance, low=0.0)
    possible = expected > 0
    if fit.method in (CHI_SQUARE, EXACT) and limit_holds(n, expected):
        # A departure that is a little everywhere shows in no single interval, but in the test.
        low = chi_square_bound(counts[possible] / n, expected[possible], n)
        return replace(distance, low=max(low, distance.low))
    return distance


def _conclude(
    draft: _Draft,
    p_adjusted: float | None,
    q_value: float | None,
    options: AuditOptions,
    deadline: Deadline,
) -> AttributeAudit:
    n = float(draft.counts.sum())
    possible = int(np.count_nonzero(draft.reference))
    looks = looks_of(options)
    needed = looks.needed(possible)
    minimum = max(options.minimum_people, least_people(draft.reference))
    significant = p_adjusted is not None and p_adjusted < ALPHA
    if significant and n >= minimum and draft.distance.low > 0:
        finding = AuditFinding.SKEWED
    elif needed and n >= needed and not significant:
        finding = AuditFinding.BALANCED
    else:
        finding = AuditFinding.INSUFFICIENT
    if finding is AuditFinding.INSUFFICIENT and significant and n >= needed:
        needed = max(minimum, _needed_to_bound(draft, looks, deadline))
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
        minimum=minimum,
        interval_method=draft.intervals.method,
        test_method=draft.fit.method,
        p_value=draft.fit.p_value,
        p_adjusted=p_adjusted,
        q_value=q_value,
        effect=options.effect,
        power=looks.power(int(n), possible) if n >= 1 and possible > 1 else 0.0,
        e_value=draft.fit.e_value,
        distance=draft.distance.value,
        distance_low=draft.distance.low,
        distance_high=draft.distance.high,
        notes=tuple(_notes(draft, finding, options, significant=significant, needed=needed)),
    )


def _notes(
    draft: _Draft, finding: AuditFinding, options: AuditOptions, *, significant: bool, needed: int
) -> Iterator[str]:
    n = float(draft.counts.sum())
    yield from NOTES
    if finding is AuditFinding.BALANCED:
        yield (
            f"BALANCED means that no departure of {options.effect:.0%} of the people or more was "
            "shown, not that there is none."
        )
    if np.any(draft.counts != np.floor(draft.counts)):
        yield "Fractional counts are read as soft labels: a person adds at most 1 in all."
    if draft.table.unverified > 0:
        yield f"Shares are of the {n:g} people read; {draft.table.unverified:g} were not."
    if finding is AuditFinding.INSUFFICIENT and significant:
        yield "The departure is significant, but there are too few people to tell its size."
    if not needed and finding is AuditFinding.INSUFFICIENT:
        yield "Fewer than two categories: name the others by a reference, or by rows with count 0."


def _needed_to_bound(draft: _Draft, looks: Looks, deadline: Deadline) -> int:
    # The n at which the same shares would keep the reference out of the intervals.
    n = float(draft.counts.sum())
    shares, size = draft.counts / n, n
    for _ in range(24):
        deadline.check()
        size *= 1.25
        intervals = looks.intervals(np.round(shares * size))
        if total_variation(shares, draft.reference, intervals).low > 0:
            break
    return math.ceil(size)
