"""What is expected: the shares that each table is held against."""

from __future__ import annotations

import math
from collections.abc import Mapping

from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.errors import InvalidArgument


def planned(
    state: AuditState, references: Mapping[str, Mapping[str, float]]
) -> list[tuple[CountTable, dict[str, float]]]:
    """The tables to audit, each with its reference: the whole of an attribute before its prompts.

    Raises:
        InvalidArgument: a reference that does not fit its attribute.
    """
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
