"""Two prompts that differ in one word: how much that word changes who is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.association import counts_of
from gencheck.bias.counts import AuditState, CountTable
from gencheck.bias.goodness import Fit
from gencheck.bias.independence import independence
from gencheck.bias.intervals import simultaneous_intervals
from gencheck.bias.many import holm
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import Method

DIFFERENCE = Method(
    "square-and-add",
    "1",
    "Newcombe 1998, Statistics in Medicine 17(8), of simultaneous intervals",
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Share of a category with the first prompt less that with the second, with its interval."""

    category: str
    first: float
    second: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PromptPair:
    """One attribute of two prompts, as one model or people read it.

    Attributes:
        p_value: of no difference; ``None`` where nothing can be tested.
        p_adjusted: after Holm's correction over all pairs and attributes.
        differences: of every category; their 95 % intervals are meant to hold at once.
    """

    first: str
    second: str
    attribute: str
    model: str
    n_first: float
    n_second: float
    method: Method
    p_value: float | None
    p_adjusted: float | None
    differences: tuple[Difference, ...]


def compare_pairs(
    state: AuditState, pairs: Sequence[tuple[str, str]], *, deadline: Deadline
) -> tuple[PromptPair, ...]:
    """Compares the prompts of every pair, attribute by attribute. Fractions are rounded.

    Raises:
        InvalidArgument: a prompt that nothing was counted of.
    """
    found = [
        _compare(first, second, deadline)
        for pair in pairs
        for first, second in _tables_of(state, pair)
    ]
    adjusted = holm([Fit(pair.p_value, pair.method, 0.0) for pair in found])
    return tuple(replace(a, p_adjusted=p) for a, p in zip(found, adjusted, strict=True))


def _tables_of(state: AuditState, pair: tuple[str, str]) -> Iterator[tuple[CountTable, CountTable]]:
    of_prompt = {
        prompt: {(t.attribute, t.model): t for t in state.tables if t.prompt == prompt}
        for prompt in pair
    }
    for prompt, tables in of_prompt.items():
        if not prompt or not tables:
            raise InvalidArgument(
                f"no counts of the prompt '{prompt[:60]}'",
                where="pairs",
                fix="Name prompts as the tables do.",
            )
    first, second = (of_prompt[prompt] for prompt in pair)
    yield from ((first[key], second[key]) for key in sorted(first.keys() & second.keys()))


def _compare(first: CountTable, second: CountTable, deadline: Deadline) -> PromptPair:
    categories, counts = counts_of([first, second])
    fit, _ = independence(counts, deadline=deadline)
    return PromptPair(
        first=first.prompt,
        second=second.prompt,
        attribute=first.attribute,
        model=first.model,
        n_first=float(counts[0].sum()),
        n_second=float(counts[1].sum()),
        method=fit.method,
        p_value=fit.p_value,
        p_adjusted=fit.p_value,
        differences=tuple(
            Difference(name, *map(float, row))
            for name, *row in zip(categories, *_differences(counts.astype(np.float64)), strict=True)
        ),
    )


def _differences(counts: Floats) -> tuple[Floats, ...]:
    shares = [row / max(row.sum(), 1) for row in counts]
    ends = [simultaneous_intervals(row) for row in counts] if counts.size else []
    if not ends:
        return tuple(np.zeros((5, 0)))
    (a, b), (of_a, of_b) = shares, ends
    difference = a - b
    low = difference - np.hypot(a - of_a.low, of_b.high - b)
    high = difference + np.hypot(of_a.high - a, b - of_b.low)
    return a, b, difference, np.maximum(low, -1), np.minimum(high, 1)
