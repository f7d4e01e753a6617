"""Whether an attribute hangs on the prompt, such as gender on the profession, and where it does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.goodness import EXACT, Fit
from gencheck.bias.independence import cell_p_values, expected_counts, independence
from gencheck.bias.intervals import ALPHA
from gencheck.bias.magnitude import Effect
from gencheck.bias.many import holm
from gencheck.bias.pooling import pooled_shares
from gencheck.deadline import Deadline
from gencheck.findings import Method

MOST_DRIVERS = 20


@dataclass(frozen=True, slots=True)
class Driver:
    """A category that one prompt has more or less often than the others.

    Attributes:
        n: people of the prompt with a category.
        expected: the share among all prompts.
        pooled: the share after partial pooling: what to expect of more pictures of this prompt.
        p_adjusted: exact, after Holm's correction over all cells of the table.
    """

    prompt: str
    category: str
    n: float
    share: float
    expected: float
    pooled: float
    p_adjusted: float


@dataclass(frozen=True, slots=True)
class Association:
    """How one attribute, as one model or people read it, hangs on the prompt.

    Attributes:
        prompts: that have people.
        p_adjusted: after Holm's correction over all attributes.
        effect: Cramér's V.
        drivers: the significant cells of prompts with enough people, largest departure first.
    """

    attribute: str
    model: str
    prompts: int
    n: float
    method: Method
    p_value: float
    p_adjusted: float
    effect: Effect
    drivers: tuple[Driver, ...]


def associations(
    state: AuditState, *, minimum_people: int, deadline: Deadline
) -> tuple[Association, ...]:
    """Tests every attribute that two or more prompts have.

    Fractional counts are rounded.

    Args:
        minimum_people: prompts with fewer are in the test, but are not told as drivers.
    """
    found: list[Association] = []
    tables = sorted(state.tables, key=lambda table: (table.attribute, table.model, table.prompt))
    for _, group in itertools.groupby(tables, lambda table: (table.attribute, table.model)):
        each = _associate([table for table in group if table.prompt], minimum_people, deadline)
        found += each
    adjusted = holm([Fit(a.p_value, a.method, 0.0) for a in found])
    return tuple(
        replace(a, p_adjusted=p if p is not None else 1.0, drivers=_sure(a.drivers, p))
        for a, p in zip(found, adjusted, strict=True)
    )


def counts_of(tables: Sequence[CountTable]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The categories that anybody has, and whole counts ``int64 [prompts, categories]``."""
    seen = {c: None for table in tables for c, count in table.counts.items() if count >= 0.5}
    rows = [[table.counts.get(category, 0.0) for category in seen] for table in tables]
    counts = np.array(rows, np.float64).reshape(len(tables), len(seen))
    return tuple(seen), np.floor(counts + 0.5).astype(np.int64)


def _associate(
    tables: Sequence[CountTable], minimum_people: int, deadline: Deadline
) -> list[Association]:
    tables = [table for table in tables if max(table.counts.values(), default=0) >= 0.5]
    categories, counts = counts_of(tables)
    fit, effect = independence(counts, deadline=deadline)
    if fit.p_value is None or effect is None:
        return []
    drivers = _drivers(tables, categories, counts, minimum_people)
    first = tables[0]
    return [
        Association(
            attribute=first.attribute,
            model=first.model,
            prompts=len(tables),
            n=float(counts.sum()),
            method=fit.method,
            p_value=fit.p_value,
            p_adjusted=fit.p_value,
            effect=effect,
            drivers=drivers,
        )
    ]


def _drivers(
    tables: Sequence[CountTable],
    categories: tuple[str, ...],
    counts: NDArray[np.int64],
    minimum_people: int,
) -> tuple[Driver, ...]:
    n = counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0) / counts.sum()
    pooled = pooled_shares(counts.astype(np.float64), overall)
    adjusted = holm([Fit(float(p), EXACT, 0.0) for p in cell_p_values(counts).ravel()])
    p_values = np.array(adjusted, np.float64).reshape(counts.shape)
    departure = np.abs(counts - expected_counts(counts)) / n
    told = np.argwhere((p_values < ALPHA) & (n >= minimum_people))
    largest = sorted(map(tuple, told), key=lambda cell: -departure[cell])[:MOST_DRIVERS]
    return tuple(
        Driver(
            prompt=tables[row].prompt,
            category=categories[column],
            n=float(n[row, 0]),
            share=float(counts[row, column] / n[row, 0]),
            expected=float(overall[column]),
            pooled=float(pooled[row, column]),
            p_adjusted=float(p_values[row, column]),
        )
        for row, column in largest
    )


def _sure(drivers: tuple[Driver, ...], p_adjusted: float | None) -> tuple[Driver, ...]:
    """Cells are looked at only where the whole table is significant (Fisher's protection)."""
    return drivers if p_adjusted is not None and p_adjusted < ALPHA else ()
