"""The audit of a set: for every attribute and prompt BALANCED, SKEWED, INSUFFICIENT or UNVERIFIED.

SKEWED needs both a significant test after Holm's correction and a distance whose lower 95 % bound
is over 0. BALANCED needs a sample that would have shown a departure that matters. All else is
INSUFFICIENT: a small set is never called fair for want of evidence. UNVERIFIED is said of counts
whose classifier errs in a way that cannot be corrected.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Correction
from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.detection import measure_detection, people_of
from gencheck.bias.estimate import Estimate, correction_by, estimate
from gencheck.bias.goodness import DETECTABLE_DISTANCE, holm
from gencheck.bias.intervals import ALPHA
from gencheck.bias.measure import measure, nobody, outcome_of
from gencheck.bias.reference import planned
from gencheck.bias.results import (
    AttributeAudit,
    AuditedShare,
    AuditFinding,
    AuditReport,
    CorrectionUsed,
)
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
    state: AuditState,
    references: Mapping[str, Mapping[str, float]],
    confusions: Sequence[Confusion] = (),
    *,
    deadline: Deadline,
) -> AuditReport:
    """Audits every attribute of a state: all prompts together, then each prompt.

    Args:
        references: expected shares by attribute and category, scaled to sum to 1; an attribute
            without one is held against equal shares of its categories.
        confusions: by what counts are corrected, at most one an attribute.

    Raises:
        InvalidArgument: a reference or a confusion matrix that does not fit its attribute.
    """
    start = time.perf_counter()
    whole, state = state, people_of(state)
    methods = {c.attribute: correction_by(c, deadline=deadline) for c in confusions}
    drafts = [
        _draft(table, reference, methods.get(table.attribute), deadline)
        for table, reference in planned(state, references, confusions)
    ]
    tested = time.perf_counter()
    adjusted = holm([draft.found.fit for draft in drafts])
    readers = _readers(state)
    audits = tuple(
        _conclude(draft, p, readers[draft.table.attribute] - {draft.table.model}, deadline)
        for draft, p in zip(drafts, adjusted, strict=True)
    )
    groups = [list(group) for _, group in itertools.groupby(audits, _who_of)]
    parts = [outcome_of(group) for group in groups] or [nobody(state)]
    gaps, gap_outcomes = measure_detection(whole)
    return AuditReport(
        audits=audits,
        measurements=(*(m for group in groups for m in measure(group)), *gaps),
        outcomes=(
            summarise("bias", parts),
            *(part for part in parts if part.check != "bias"),
            *gap_outcomes,
        ),
        state=whole,
        timings=(
            Timing("bias.test", tested - start),
            Timing("bias.conclude", time.perf_counter() - tested),
        ),
    )


def _readers(state: AuditState) -> dict[str, set[str]]:
    """The models that read each attribute."""
    readers: dict[str, set[str]] = {}
    for table in state.tables:
        readers.setdefault(table.attribute, set()).add(table.model)
    return readers


def _who_of(audit: AttributeAudit) -> tuple[str, str]:
    return audit.attribute, audit.model


@dataclass(frozen=True, slots=True)
class _Draft:
    table: CountTable
    categories: tuple[str, ...]
    counts: NDArray[np.float64]
    reference: NDArray[np.float64]
    method: Correction | None
    found: Estimate


def _draft(
    table: CountTable, reference: dict[str, float], method: Correction | None, deadline: Deadline
) -> _Draft:
    deadline.check()
    categories = tuple(reference)
    counts = np.array([table.counts.get(category, 0.0) for category in categories], np.float64)
    expected = np.array([reference[category] for category in categories], np.float64)
    found = estimate(counts, expected, by=method, deadline=deadline)
    return _Draft(table, categories, counts, expected, method, found)


def _conclude(
    draft: _Draft, p_adjusted: float | None, others: Set[str], deadline: Deadline
) -> AttributeAudit:
    n = float(draft.counts.sum())
    found, needed = draft.found, draft.found.needed
    significant = p_adjusted is not None and p_adjusted < ALPHA
    notes = list(NOTES)
    if significant and found.distance.low > 0:
        finding = AuditFinding.SKEWED
    elif found.doubt:
        finding = AuditFinding.UNVERIFIED
        notes.append(found.doubt)
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
    if others:
        names = ", ".join(sorted(model or "people" for model in others))
        notes.append(
            f"Read by {draft.table.model or 'people'}. What others read ({names}) is audited "
            "apart: each errs in its own way."
        )
    if draft.table.unverified > 0:
        notes.append(f"Shares are of the {n:g} people read; {draft.table.unverified:g} were not.")
    return AttributeAudit(
        prompt=draft.table.prompt,
        attribute=draft.table.attribute,
        finding=finding,
        shares=_shares(draft, n),
        n=n,
        unverified=draft.table.unverified,
        needed=needed,
        interval_method=found.intervals.method,
        test_method=found.fit.method,
        p_value=found.fit.p_value,
        p_adjusted=p_adjusted,
        distance=found.distance.value,
        distance_low=found.distance.low,
        distance_high=found.distance.high,
        notes=tuple(notes),
        correction=_correction(draft, finding),
        model=draft.table.model,
    )


def _shares(draft: _Draft, n: float) -> tuple[AuditedShare, ...]:
    found = draft.found
    rows = zip(
        draft.categories,
        draft.counts,
        found.shares,
        found.intervals.low,
        found.intervals.high,
        draft.reference,
        strict=True,
    )
    shares = (AuditedShare(name, *map(float, row)) for name, *row in rows)
    if draft.method is None or draft.method.refusal:
        return tuple(shares)
    return tuple(replace(share, naive=share.count / n if n else 0.0) for share in shares)


def _correction(draft: _Draft, finding: AuditFinding) -> CorrectionUsed | None:
    if draft.method is None:
        return None
    matrix = draft.method.confusion
    refused = draft.found.doubt if finding is AuditFinding.UNVERIFIED else ""
    return CorrectionUsed(draft.method.method, matrix.source, matrix.people, refused)


def _needed_to_bound(draft: _Draft, deadline: Deadline) -> int:
    # The n at which the same shares would keep the reference out of the intervals.
    n = size = float(draft.counts.sum())
    for _ in range(24):
        size *= 1.25
        counts = np.round(draft.counts / n * size)
        again = estimate(counts, draft.reference, by=draft.method, deadline=deadline)
        if again.distance.low > 0:
            break
    return math.ceil(size)
