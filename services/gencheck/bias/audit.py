"""The audit of a set: for every attribute and prompt BALANCED, SKEWED, INSUFFICIENT or UNVERIFIED.

SKEWED needs the stated minimum of people, a significant test after Holm's correction and a distance
whose lower 95 % bound is over 0. BALANCED needs a sample that would have shown a departure that
matters. All else is INSUFFICIENT: a small set is never called fair for want of evidence. UNVERIFIED
is said of counts whose classifier errs in a way that cannot be corrected.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.association import associations
from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Correction
from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.detection import measure_detection, people_of
from gencheck.bias.estimate import Estimate, correction_by, estimate
from gencheck.bias.goodness import limit_holds
from gencheck.bias.intersections import intersections
from gencheck.bias.intervals import ALPHA, Intervals
from gencheck.bias.looks import Looks, looks_of
from gencheck.bias.magnitude import Effect, cramers_v, earth_movers_distance
from gencheck.bias.many import benjamini_hochberg, holm
from gencheck.bias.measure import ONE_CATEGORY, measure, nobody, outcome_of
from gencheck.bias.options import DEFAULT_OPTIONS, AuditOptions
from gencheck.bias.order import order_of
from gencheck.bias.pairs import compare_pairs
from gencheck.bias.power import least_people
from gencheck.bias.reference import planned
from gencheck.bias.results import (
    AttributeAudit,
    AuditedShare,
    AuditFinding,
    AuditReport,
    CorrectionUsed,
)
from gencheck.bias.unread import among_all
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import Timing
from gencheck.policy import summarise

_AT_ONCE = 64
"""Tables between two looks at the deadline."""

NOTES = (
    "Categories are perceived from pictures or given by the caller; they say nothing about how "
    "anybody identifies.",
    "The set is taken as a random sample of what the generator makes: hand-picked pictures, or "
    "many from one seed, make the intervals too narrow.",
)


def audit_tables(
    state: AuditState,
    references: Mapping[str, Mapping[str, float]],
    confusions: Sequence[Confusion] = (),
    *,
    options: AuditOptions = DEFAULT_OPTIONS,
    deadline: Deadline,
) -> AuditReport:
    """Audits every attribute of a state: all prompts together, then each prompt.

    Args:
        references: expected shares by attribute and category, scaled to sum to 1; an attribute
            without one is held against equal shares of its categories.
        confusions: by what counts are corrected, at most one an attribute.
        options: the effect that matters, the minimum of people, whether this is one of many looks.

    Raises:
        InvalidArgument: a reference or a confusion matrix that does not fit its attribute.
    """
    start, looks = time.perf_counter(), looks_of(options)
    _check_options(options, state, confusions)
    whole, state = state, people_of(state)
    methods = {(c.attribute, c.model): correction_by(c, deadline=deadline) for c in confusions}
    plans = [
        _Plan(table, reference, _method_for(table, methods))
        for table, reference in planned(state, references, confusions)
    ]
    drafts = list(_drafts(plans, looks, deadline))
    tested = time.perf_counter()
    readers = _readers(state)
    fits = [draft.found.fit for draft in drafts]
    audits = tuple(
        _conclude(
            draft,
            _Many(p, q),
            options,
            readers[draft.table.attribute] - {draft.table.model},
            deadline,
        )
        for draft, p, q in zip(drafts, holm(fits), benjamini_hochberg(fits), strict=True)
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
        associations=associations(state, minimum_people=options.minimum_people, deadline=deadline),
        pairs=compare_pairs(state, options.pairs, deadline=deadline),
        crossed=intersections(audits),
    )


def _method_for(
    table: CountTable, methods: Mapping[tuple[str, str], Correction]
) -> Correction | None:
    own = methods.get((table.attribute, table.model))
    return own or methods.get((table.attribute, ""))


def _readers(state: AuditState) -> dict[str, set[str]]:
    """The models that read each attribute."""
    readers: dict[str, set[str]] = {}
    for table in state.tables:
        readers.setdefault(table.attribute, set()).add(table.model)
    return readers


def _who_of(audit: AttributeAudit) -> tuple[str, str]:
    return audit.attribute, audit.model


class _Many(NamedTuple):
    """What a test's p-value is among all those of the answer."""

    p_adjusted: float | None
    q_value: float | None


class _Plan(NamedTuple):
    """A table, what is expected of it, and how it is corrected."""

    table: CountTable
    reference: dict[str, float]
    method: Correction | None


@dataclass(frozen=True, slots=True)
class _Draft:
    table: CountTable
    categories: tuple[str, ...]
    counts: NDArray[np.float64]
    reference: NDArray[np.float64]
    method: Correction | None
    found: Estimate


def _drafts(plans: Sequence[_Plan], looks: Looks, deadline: Deadline) -> Iterator[_Draft]:
    """Drafts in the order of their plans; intervals of many tables cost little more than of one."""
    for start in range(0, len(plans), _AT_ONCE):
        deadline.check()
        some = plans[start : start + _AT_ONCE]
        counts = [np.array([p.table.counts.get(c, 0.0) for c in p.reference]) for p in some]
        for plan, own, intervals in zip(some, counts, looks.intervals(counts), strict=True):
            yield _draft(plan, own, looks, intervals, deadline)


def _draft(
    plan: _Plan,
    counts: NDArray[np.float64],
    looks: Looks,
    intervals: Intervals,
    deadline: Deadline,
) -> _Draft:
    table, reference, method = plan
    deadline.check()
    expected = np.array(list(reference.values()), np.float64)
    found = estimate(counts, expected, looks, intervals, by=method, deadline=deadline)
    found = among_all(found, expected, read=float(counts.sum()), unread=table.unverified)
    return _Draft(table, tuple(reference), counts, expected, method, found)


def _conclude(
    draft: _Draft, many: _Many, options: AuditOptions, others: Set[str], deadline: Deadline
) -> AttributeAudit:
    n, possible = float(draft.counts.sum()), int(np.count_nonzero(draft.reference))
    found, looks = draft.found, looks_of(options)
    minimum = max(options.minimum_people, least_people(draft.reference))
    significant = many.p_adjusted is not None and many.p_adjusted < ALPHA
    finding = _finding(draft, minimum, significant=significant)
    needed = found.needed
    if finding is AuditFinding.INSUFFICIENT and significant:
        needed = max(minimum, _needed_to_bound(draft, looks, deadline))
    return AttributeAudit(
        prompt=draft.table.prompt,
        attribute=draft.table.attribute,
        finding=finding,
        shares=_shares(draft, n),
        n=n,
        unverified=draft.table.unverified,
        needed=needed,
        minimum=minimum,
        interval_method=found.intervals.method,
        test_method=found.fit.method,
        p_value=found.fit.p_value,
        p_adjusted=many.p_adjusted,
        q_value=many.q_value,
        effect=options.effect,
        power=looks.power(int(n), possible) if n >= 1 and possible > 1 else 0.0,
        e_value=found.fit.e_value,
        effects=_effects(draft, options),
        distance=found.distance.value,
        distance_low=found.distance.low,
        distance_high=found.distance.high,
        notes=(
            *NOTES,
            *_notes_of_finding(draft, finding, options, significant=significant, needed=needed),
            *_notes_of_table(draft.table, n, others),
        ),
        correction=_correction(draft, finding),
        model=draft.table.model,
    )


def _effects(draft: _Draft, options: AuditOptions) -> tuple[Effect, ...]:
    order = order_of(draft.table.attribute, draft.categories, options.orders)
    n, possible = float(draft.counts.sum()), int(np.count_nonzero(draft.reference))
    if n < 1 or possible < 2 or draft.method is not None or options.repeated_looks:
        return ()
    effects = []
    if limit_holds(n, draft.reference):
        effects.append(cramers_v(draft.counts, draft.reference))
    if len(order) > 2:
        places = [draft.categories.index(category) for category in order]
        effects.append(earth_movers_distance(draft.counts[places], draft.reference[places]))
    return tuple(effects)


def _finding(draft: _Draft, minimum: int, *, significant: bool) -> AuditFinding:
    n, found = float(draft.counts.sum()), draft.found
    if significant and n >= minimum and found.distance.low > 0:
        return AuditFinding.SKEWED
    if found.doubt or (significant and found.undone):
        return AuditFinding.UNVERIFIED
    if found.needed and n >= found.needed and not significant:
        return AuditFinding.BALANCED
    return AuditFinding.INSUFFICIENT


def _notes_of_finding(
    draft: _Draft, finding: AuditFinding, options: AuditOptions, *, significant: bool, needed: int
) -> Iterator[str]:
    if finding is AuditFinding.UNVERIFIED:
        yield draft.found.doubt or draft.found.undone
    elif draft.found.caution:
        yield draft.found.caution
    if finding is AuditFinding.BALANCED:
        yield (
            f"BALANCED means that no departure of {options.effect:.0%} of the people or more was "
            "shown, not that there is none."
        )
    if finding is AuditFinding.INSUFFICIENT and significant:
        yield "The departure is significant, but there are too few people to tell its size."
    if finding is AuditFinding.INSUFFICIENT and not needed:
        yield ONE_CATEGORY


def _notes_of_table(table: CountTable, n: float, others: Set[str]) -> Iterator[str]:
    if any(count != math.floor(count) for count in table.counts.values()):
        yield "Fractional counts are read as soft labels: a person adds at most 1 in all."
    if others:
        names = ", ".join(sorted(model or "people" for model in others))
        yield (
            f"Read by {table.model or 'people'}. What others read ({names}) is audited "
            "apart: each errs in its own way."
        )
    if table.unverified > 0:
        yield f"Shares are of the {n:g} people read; {table.unverified:g} were not."


def _shares(draft: _Draft, n: float) -> tuple[AuditedShare, ...]:
    found = draft.found
    low, high = found.intervals.low, found.intervals.high
    figures = (draft.counts, found.shares, low, high, draft.reference)
    columns = (figure.tolist() for figure in figures)
    shares = itertools.starmap(AuditedShare, zip(draft.categories, *columns, strict=True))
    if draft.method is None or draft.method.refusal:
        return tuple(shares)
    return tuple(replace(share, naive=share.count / n if n else 0.0) for share in shares)


def _correction(draft: _Draft, finding: AuditFinding) -> CorrectionUsed | None:
    if draft.method is None:
        return None
    matrix = draft.method.confusion
    refused = (
        (draft.found.doubt or draft.found.undone) if finding is AuditFinding.UNVERIFIED else ""
    )
    return CorrectionUsed(draft.method.method, matrix.source, matrix.people, refused)


def _check_options(
    options: AuditOptions, state: AuditState, confusions: Sequence[Confusion]
) -> None:
    if options.repeated_looks and confusions:
        raise InvalidArgument(
            "counts that are corrected by a confusion matrix can be audited once only",
            where="repeated_looks",
            fix="Leave the matrix away, or audit once at a size that was fixed before.",
        )
    counted = {table.attribute for table in state.tables}
    unknown = sorted(set(options.orders) - counted)
    if unknown and counted:
        raise InvalidArgument(
            f"an order of '{unknown[0]}', which was not counted",
            where="orders",
            fix=f"Counted are: {', '.join(sorted(counted))}.",
        )


def _needed_to_bound(draft: _Draft, looks: Looks, deadline: Deadline) -> int:
    # The n at which the same shares would keep the reference out of the intervals.
    n = size = float(draft.counts.sum())
    low = draft.found.distance.low
    for _ in range(24):
        if low > 0:
            break
        size *= 1.25
        counts = np.round(draft.counts / n * size)
        (intervals,) = looks.intervals([counts])
        again = estimate(
            counts, draft.reference, looks, intervals, by=draft.method, deadline=deadline
        )
        low = again.distance.low
    return math.ceil(size)
