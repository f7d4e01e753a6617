"""Whether an attribute hangs on the prompt, such as gender on the profession, and where it does."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
        p_adjusted: exact, after Holm's correction over all cells (of two columns, one).
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
    tables = sorted(
        (table for table in state.tables if table.prompt and _has_people(table)),
        key=lambda table: (table.attribute, table.model, table.prompt),
    )
    found = [
        tested
        for _, group in itertools.groupby(tables, lambda table: (table.attribute, table.model))
        if (tested := _test(tuple(group), deadline)) is not None
    ]
    adjusted = holm([Fit(each.p_value, each.fit.method, 0.0) for each in found])
    return tuple(
        _associate(each, 1.0 if p is None else p, minimum_people)
        for each, p in zip(found, adjusted, strict=True)
    )


class _Tested(NamedTuple):
    """The prompts of an attribute, and what their test says."""

    tables: tuple[CountTable, ...]
    categories: tuple[str, ...]
    counts: NDArray[np.int64]
    fit: Fit
    p_value: float
    effect: Effect


def _has_people(table: CountTable) -> bool:
    return max(table.counts.values(), default=0) >= 0.5


def counts_of(tables: Sequence[CountTable]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The categories that anybody has, and whole counts ``int64 [prompts, categories]``."""
    seen = {c: None for table in tables for c, count in table.counts.items() if count >= 0.5}
    rows = [[table.counts.get(category, 0.0) for category in seen] for table in tables]
    counts = np.array(rows, np.float64).reshape(len(tables), len(seen))
    return tuple(seen), np.floor(counts + 0.5).astype(np.int64)


def _test(tables: tuple[CountTable, ...], deadline: Deadline) -> _Tested | None:
    categories, counts = counts_of(tables)
    fit, effect = independence(counts, deadline=deadline)
    if fit.p_value is None or effect is None:
        return None
    return _Tested(tables, categories, counts, fit, fit.p_value, effect)


def _associate(tested: _Tested, p_adjusted: float, minimum_people: int) -> Association:
    first = tested.tables[0]
    # Cells are looked at only where the whole table is significant (Fisher's protection).
    return Association(
        attribute=first.attribute,
        model=first.model,
        prompts=len(tested.tables),
        n=float(tested.counts.sum()),
        method=tested.fit.method,
        p_value=tested.p_value,
        p_adjusted=p_adjusted,
        effect=tested.effect,
        drivers=_drivers(tested, minimum_people) if p_adjusted < ALPHA else (),
    )


def _adjusted(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Holm's over all cells; of two categories one is the other's complement, and one test."""
    tests = p_values[:, :1] if p_values.shape[1] == 2 else p_values
    adjusted = np.array(holm([Fit(float(p), EXACT, 0.0) for p in tests.ravel()]), np.float64)
    return np.broadcast_to(adjusted.reshape(tests.shape), p_values.shape)


def _one_of_two(excess: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Of two categories the one that stands out; the other says the same again."""
    return excess > 0 if excess.shape[1] == 2 else np.ones(excess.shape, np.bool_)


def _drivers(tested: _Tested, minimum_people: int) -> tuple[Driver, ...]:
    tables, categories, counts = tested.tables, tested.categories, tested.counts
    n = counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0) / counts.sum()
    excess = (counts - expected_counts(counts)) / n
    p_values = _adjusted(cell_p_values(counts))
    departure = np.abs(excess)
    told = np.argwhere((p_values < ALPHA) & (n >= minimum_people) & _one_of_two(excess))
    if not len(told):
        return ()
    largest = sorted(map(tuple, told), key=lambda cell: -departure[cell])[:MOST_DRIVERS]
    pooled = pooled_shares(counts.astype(np.float64), overall)
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
