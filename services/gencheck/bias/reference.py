"""What is expected: the shares that each table is held against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from gencheck.bias.confusion import Confusion
from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.errors import InvalidArgument

_ROUNDING = 0.03
"""Of shares that were rounded to whole percents."""


def planned(
    state: AuditState,
    references: Mapping[str, Mapping[str, float]],
    confusions: Iterable[Confusion] = (),
) -> list[tuple[CountTable, dict[str, float]]]:
    """The tables to audit, each with its reference: the whole of an attribute before its prompts.

    What different models counted is not added up, and stands one model after the other.

    Raises:
        InvalidArgument: a reference or a confusion matrix that does not fit its attribute.
    """
    counted: dict[tuple[str, str], list[CountTable]] = {}
    for table in state.tables:
        counted.setdefault((table.attribute, table.model), []).append(table)
    attributes = [attribute for attribute, _ in counted]
    matrices = _by_reader(confusions)
    corrected = {attribute for attribute, _ in matrices}
    for what, names in (("reference", references.keys()), ("confusion matrix", corrected)):
        unknown = sorted(names - set(attributes))
        if unknown and attributes:
            raise InvalidArgument(
                f"a {what} for '{unknown[0]}', which was not counted",
                where="references" if what == "reference" else "confusions",
                fix=f"Counted are: {', '.join(sorted(set(attributes)))}.",
            )
    planned = []
    for (attribute, model), found in sorted(counted.items()):
        matrix = matrices.get((attribute, model)) or matrices.get((attribute, ""))
        if matrix is not None and not matrix.model and attributes.count(attribute) > 1:
            raise _of_several_models(attribute)
        tables = found if matrix is None else [_known_to(matrix, table) for table in found]
        pooled = state_of(CountTable("", attribute, t.counts, t.unverified, model) for t in tables)
        whole = pooled.tables[0]
        reference = _reference(attribute, whole.counts, references.get(attribute))
        if matrix is not None:
            reference = _in_order_of(matrix, reference)
        # Where some tables name a prompt and one does not, that one counts in the whole only.
        several = [whole, *(table for table in tables if table.prompt)]
        planned += [(table, reference) for table in (tables if len(tables) == 1 else several)]
    return planned


def _by_reader(confusions: Iterable[Confusion]) -> dict[tuple[str, str], Confusion]:
    found: dict[tuple[str, str], Confusion] = {}
    for matrix in confusions:
        key = matrix.attribute, matrix.model
        if key in found:
            raise InvalidArgument(
                f"two confusion matrices for '{matrix.attribute}'",
                where="confusions",
                fix="Add them up where they are of one classifier; else audit its counts apart.",
            )
        found[key] = matrix
    return found


def _of_several_models(attribute: str) -> InvalidArgument:
    return InvalidArgument(
        f"a confusion matrix for '{attribute}', which several models counted",
        where="confusions",
        fix="Audit the counts of each model apart, with its own matrix.",
    )


def _known_to(matrix: Confusion, table: CountTable) -> CountTable:
    """The table with all categories of the matrix, and no others."""
    matrix.check_counted(table)
    counts = {category: table.counts.get(category, 0.0) for category in matrix.categories}
    return replace(table, counts=counts)


def _in_order_of(matrix: Confusion, reference: Mapping[str, float]) -> dict[str, float]:
    for category, share in reference.items():
        if share and category not in matrix.categories:
            raise InvalidArgument(
                f"the confusion matrix has no category '{category}', which is expected",
                where=f"reference of '{matrix.attribute}'",
                fix="Label people of this category too, or expect none.",
            )
    return {category: reference.get(category, 0.0) for category in matrix.categories}


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
    _refuse_a_gap(given, total, where)
    return {category: share / total for category, share in sorted(given.items())}


def _refuse_a_gap(given: Mapping[str, float], total: float, where: str) -> None:
    """Whole numbers are people; shares that leave a tenth out have forgotten a category."""
    if all(share == math.floor(share) for share in given.values()):
        return
    if not any(abs(total / whole - 1) <= _ROUNDING for whole in (1, 100)):
        raise InvalidArgument(
            f"the shares sum to {total:g}, neither to 1 nor to 100",
            where=where,
            fix="Give every category its share, the rest to one of its own; or whole counts.",
        )
