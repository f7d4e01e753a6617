"""The figures of a report that could give each other away, and how they add up.

A cell is the people of one category of one table, all its people, or those that were not read. The
sums that anybody can do with a report's own figures are equations between cells.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from gencheck.bias.monk import GROUPS
from gencheck.bias.records import CROSS
from gencheck.bias.results import AttributeAudit

Cell: TypeAlias = tuple[int, str]
"""The number of a table, and a category, ``PEOPLE`` or ``UNREAD``."""

Equation: TypeAlias = tuple[tuple[Cell, ...], tuple[Cell, ...]]
"""Cells of both sides, whose sums are equal."""

PEOPLE, UNREAD = "\0people", "\0unread"  # no category has control characters
_TONES, _GROUPS = "skin_tone", "skin_tone_group"


def values_of(audits: Sequence[AttributeAudit]) -> dict[Cell, float]:
    """Every cell with its people."""
    values: dict[Cell, float] = {}
    for number, audit in enumerate(audits):
        values[number, PEOPLE], values[number, UNREAD] = audit.n, audit.unverified
        for share in audit.shares:
            values[number, share.category] = share.count
    return values


def equations_of(audits: Sequence[AttributeAudit]) -> list[Equation]:
    """All sums between the cells of a report.

    Some hold only nearly, as where people were read for one attribute and not for another; to take
    them for exact makes whoever does the sums stronger than they are.
    """
    return [
        *_within(audits),
        *_over_prompts(audits),
        *_between_attributes(audits),
    ]


def _within(audits: Sequence[AttributeAudit]) -> Iterator[Equation]:
    for number, audit in enumerate(audits):
        yield ((number, PEOPLE),), tuple((number, share.category) for share in audit.shares)


def _over_prompts(audits: Sequence[AttributeAudit]) -> Iterator[Equation]:
    """The whole is the sum of its prompts."""
    tables: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, audit in enumerate(audits):
        tables[audit.attribute, audit.model].append(number)
    for whole, *prompts in tables.values():
        if prompts:
            names = [share.category for share in audits[whole].shares]
            for name in (*names, PEOPLE, UNREAD):
                yield ((whole, name),), tuple((prompt, name) for prompt in prompts)


def _between_attributes(audits: Sequence[AttributeAudit]) -> Iterator[Equation]:
    """Tables of the same people: all of them, tones and their groups, crossed attributes."""
    tables: dict[str, list[int]] = defaultdict(list)
    for number, audit in enumerate(audits):
        tables[audit.prompt].append(number)
    for numbers in tables.values():
        for first, second in itertools.pairwise(numbers):
            yield ((first, PEOPLE), (first, UNREAD)), ((second, PEOPLE), (second, UNREAD))
        for coarse in numbers:
            for fine in numbers:
                yield from _refined(audits, coarse, fine)


def _refined(audits: Sequence[AttributeAudit], coarse: int, fine: int) -> Iterator[Equation]:
    """Sums of the categories of a finer table that are one of a coarser table."""
    whole, parts = audits[coarse], audits[fine]
    names = parts.attribute.split(CROSS)
    if (whole.attribute, parts.attribute) == (_GROUPS, _TONES):
        belongs = {str(tone): group for group, tones in GROUPS.items() for tone in tones}
    elif len(names) > 1 and whole.attribute in names:
        index = names.index(whole.attribute)
        belongs = {s.category: s.category.split(CROSS)[index] for s in parts.shares}
    else:
        return
    for share in whole.shares:
        inside = tuple((fine, part) for part, name in belongs.items() if name == share.category)
        if inside:
            yield ((coarse, share.category),), inside
