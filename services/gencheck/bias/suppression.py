"""What of an audit may be published: small cells are withheld, and others with them.

A report says sums too, so that one withheld figure could be worked out from the others. So further
cells are withheld until no sum, and no sum of sums, has only one answer for a small cell
(complementary cell suppression: Willenborg and de Waal 2001, Elements of Statistical Disclosure
Control, ch. 5). All withheld cells hold people: each could hold one more or one less, with others
changed to match.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

import numpy as np
from scipy.linalg import null_space

from gencheck.bias.cells import PEOPLE, UNREAD, Cell, Equation, equations_of, values_of
from gencheck.bias.results import AttributeAudit, AuditedShare

_MOST_TOGETHER = 400
"""Withheld cells that hang together; beyond, all of their prompts are withheld as a whole."""


def suppress(audits: Sequence[AttributeAudit], min_cell: int) -> tuple[AttributeAudit, ...]:
    """The audits without small cells, and without what would give them away.

    The findings stay those of the true counts. A table of which cells are withheld tells neither
    p-values nor distances, which are made of all its counts; one whose number of people is
    withheld, or whose shares were corrected, tells no share either.

    Args:
        audits: of a whole report, the whole of an attribute before its prompts.
        min_cell: cells of fewer people, but not of nobody, are withheld.
    """
    hidden = withheld_cells(values_of(audits), equations_of(audits), min_cell)
    if hidden is None:
        hidden = _without_prompts(audits, min_cell)
    by_table: dict[int, set[str]] = {}
    for number, name in hidden:
        by_table.setdefault(number, set()).add(name)
    return tuple(
        _without(audit, by_table[number]) if number in by_table else audit
        for number, audit in enumerate(audits)
    )


def _without_prompts(audits: Sequence[AttributeAudit], min_cell: int) -> set[Cell]:
    """All of every prompt, and what must be withheld of the whole of each attribute."""
    wholes, seen = [], set()
    for number, audit in enumerate(audits):
        if (audit.attribute, audit.model) not in seen:
            seen.add((audit.attribute, audit.model))
            wholes.append(number)
    values = values_of(audits)
    inside = set(wholes)
    equations = [e for e in equations_of(audits) if all(n in inside for side in e for n, _ in side)]
    here = {cell: people for cell, people in values.items() if cell[0] in inside}
    hidden = withheld_cells(here, equations, min_cell)
    return (set(here) if hidden is None else hidden) | (values.keys() - here.keys())


def withheld_cells(
    values: Mapping[Cell, float], equations: Sequence[Equation], min_cell: int
) -> set[Cell] | None:
    """The small cells, and those that must be withheld with them; ``None``: too many to tell."""
    small = {cell for cell, people in values.items() if 0 < people < min_cell and cell[1] != UNREAD}
    withheld, sums = set(small), _by_cell(equations)
    while True:
        parts = _parts(withheld, sums)
        if any(len(part) > _MOST_TOGETHER for part in parts):
            return None
        more = {
            cover
            for part in parts
            for cell in _told(part, sums)
            if cell in small
            and (
                cover := _cover([cell], withheld, sums, values)
                or _cover(part, withheld, sums, values)
            )
        }
        if not more:
            return withheld
        withheld |= more


def _by_cell(equations: Iterable[Equation]) -> dict[Cell, list[Equation]]:
    found: dict[Cell, list[Equation]] = {}
    for equation in equations:
        for cell in itertools.chain(*equation):
            found.setdefault(cell, []).append(equation)
    return found


def _parts(withheld: Set[Cell], sums: Mapping[Cell, list[Equation]]) -> list[list[Cell]]:
    """Withheld cells that hang together by sums."""
    left, parts = set(withheld), []
    while left:
        part, edge = [], [left.pop()]
        while edge:
            cell = edge.pop()
            part.append(cell)
            near = {c for e in sums.get(cell, ()) for c in itertools.chain(*e)} & left
            left -= near
            edge += near
        parts.append(sorted(part))
    return parts


def _told(part: Sequence[Cell], sums: Mapping[Cell, list[Equation]]) -> list[Cell]:
    """Cells of a part that its equations leave only one value."""
    index = {cell: i for i, cell in enumerate(part)}
    rows = {equation for cell in part for equation in sums.get(cell, ())}
    matrix = np.zeros((len(rows), len(part)))
    for row, equation in enumerate(sorted(rows)):
        for sign, side in zip((1, -1), equation, strict=True):
            for cell in side:
                if cell in index:
                    matrix[row, index[cell]] += sign
    free = null_space(matrix)
    still = np.abs(free).max(axis=1, initial=0.0) < 1e-9
    return [cell for cell, fixed in zip(part, still, strict=True) if fixed]


def _cover(
    cells: Iterable[Cell],
    withheld: Set[Cell],
    sums: Mapping[Cell, list[Equation]],
    values: Mapping[Cell, float],
) -> Cell | None:
    """The smallest cell that hides others: of a category, if there is one, with people in it."""
    near = {c for cell in cells for e in sums[cell] for c in itertools.chain(*e)} - withheld
    held = [c for c in near if values[c] > 0]
    return min(held, key=lambda c: (c[1] in (PEOPLE, UNREAD), values[c], c), default=None)


def _without(audit: AttributeAudit, cells: Set[str]) -> AttributeAudit:
    bare = PEOPLE in cells or audit.correction is not None
    names = {share.category for share in audit.shares} if PEOPLE in cells else cells
    return replace(
        audit,
        shares=tuple(
            _share(share, bare=bare, hidden=share.category in names) for share in audit.shares
        ),
        n=0.0 if PEOPLE in cells else audit.n,
        unverified=0.0 if UNREAD in cells else audit.unverified,
        needed=_rounded(audit.needed),
        p_value=None,
        p_adjusted=None,
        q_value=None,
        e_value=None,
        effects=(),
        power=0.0 if PEOPLE in cells else audit.power,
        distance=0.0,
        distance_low=0.0,
        distance_high=1.0,
        notes=(*(note for note in audit.notes if not note.startswith("Shares are of")), WITHHELD),
        withheld=True,
    )


WITHHELD = (
    "Cells of few people are withheld, with others from which they could be worked out; p-value "
    "and distance too, which are made of all cells. The finding rests on the true counts."
)


def _share(share: AuditedShare, *, bare: bool, hidden: bool) -> AuditedShare:
    if not bare and not hidden:
        return share
    count = 0.0 if hidden else share.count
    return replace(share, count=count, share=0.0, low=0.0, high=1.0, naive=None, suppressed=True)


def _rounded(needed: int) -> int:
    """Up to two digits: how many are needed may depend on the counts."""
    step = 10 ** max(0, int(math.log10(needed)) - 1) if needed else 1
    return math.ceil(needed / step) * step
