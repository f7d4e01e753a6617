"""How a classifier errs: counts of people by what they are and by what they were taken for.

Measured on people whose category is known otherwise, such as by labels that people gave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.counts import MAX_NAME, CountTable, check_count, check_name, shown
from gencheck.bias.csv_tables import read_count, read_csv, refuse_twice
from gencheck.errors import InvalidArgument, LimitExceeded

MAX_CATEGORIES = 30
_HEADER = ["attribute", "true", "predicted", "count"]


@dataclass(frozen=True, slots=True)
class Confusion:
    """The confusion counts of one attribute's classifier.

    Attributes:
        categories: ``k`` of them, each once.
        counts: ``k`` rows of ``k`` whole numbers: row i holds the people who are category i, by the
            category that they were taken for.
        source: on what it was measured, for the answer.
        of_this_set: the people were drawn at random from the audited set itself, and are not among
            its counts. Then how many of each there are tells of the set too.
        elsewhere: measured by others on other material: a verdict holds only where it does not
            hang on the correction.
        model: whose counts it corrects; empty: those of the one who counted.
    """

    attribute: str
    categories: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
    source: str = ""
    of_this_set: bool = False
    elsewhere: bool = False
    model: str = ""

    def __post_init__(self) -> None:
        where = f"confusion matrix of '{shown(self.attribute)}'"
        check_name(self.attribute, "attribute", where)
        for category in self.categories:
            check_name(category, "category", where)
        _check_shape(self.categories, self.counts, where)
        for true, row in zip(self.categories, self.counts, strict=True):
            _check_row(row, f"{where}, row '{shown(true)}'")
            if not sum(row) and not self.of_this_set:
                raise InvalidArgument(
                    f"nobody in it is '{shown(true)}'",
                    where=where,
                    fix="Label some people of this category, or leave the category out.",
                )
        if not any(map(sum, self.counts)):
            raise InvalidArgument("nobody is in it", where=where, fix="Label some people.")

    def table(self) -> NDArray[np.float64]:
        """The counts, ``float64 [k, k]``, rows true, columns predicted."""
        return np.array(self.counts, np.float64)

    @property
    def people(self) -> float:
        """How many people the matrix holds."""
        return math.fsum(map(math.fsum, self.counts))

    def check_counted(self, table: CountTable) -> None:
        """Raise ``InvalidArgument`` where a table has what the matrix cannot correct."""
        where = f"table of '{shown(self.attribute)}'"
        for category, count in table.counts.items():
            if category not in self.categories and count:
                raise InvalidArgument(
                    f"the confusion matrix has no category '{shown(category)}', which was counted",
                    where=where,
                    fix=f"It has: {', '.join(map(shown, self.categories))}.",
                )
            if count != math.floor(count):
                raise InvalidArgument(
                    f"{count:g} people of '{shown(category)}'",
                    where=where,
                    fix="A confusion matrix corrects whole people: count the likeliest category.",
                )


def _check_shape(categories: Sequence[str], counts: Sequence[Sequence[float]], where: str) -> None:
    k = len(categories)
    if k < 2 or k > MAX_CATEGORIES:
        error = InvalidArgument if k < 2 else LimitExceeded
        raise error(f"{k} categories", where=where, fix=f"It needs 2 to {MAX_CATEGORIES}.")
    if len(set(categories)) < k:
        twice = next(c for c in categories if categories.count(c) > 1)
        raise InvalidArgument(f"'{shown(twice)}' is named twice", where=where)
    if [len(row) for row in counts] != [k] * k:
        raise InvalidArgument(
            f"it is not square: {sum(map(len, counts))} counts for {k} categories",
            where=where,
            fix=f"Give {k} rows of {k} counts: rows true, columns predicted.",
        )


def _check_row(row: Sequence[float], where: str) -> None:
    for count in row:
        check_count(count, where)
        if count != math.floor(count):
            raise InvalidArgument(
                f"{count:g} is no whole number",
                where=where,
                fix="Give how many people were taken for what, not shares: the number of people "
                "says how sure the matrix is.",
            )


def parse_confusions(data: bytes, *, name: str, of_this_set: bool = False) -> list[Confusion]:
    """Reads a file of confusion counts, ``attribute,true,predicted,count``.

    A pair of categories that is not named counts nobody.

    Args:
        data: the file, UTF-8.
        name: the file's name, for errors and as the source.
        of_this_set: see :class:`Confusion`.

    Raises:
        InvalidArgument: with the line at fault, or what is wrong with the matrix.
    """
    _, rows = read_csv(data, name, (_HEADER,))
    seen: dict[tuple[str, str, str], int] = {}
    cells: dict[str, dict[tuple[str, str], float]] = {}
    for line, (attribute, true, predicted, text) in rows:
        where = f"{name}, line {line}"
        for what, word in (("attribute", attribute), ("category", true), ("category", predicted)):
            check_name(word, what, where)
        refuse_twice(seen, (attribute, true, predicted), line, where)
        cells.setdefault(attribute, {})[true, predicted] = read_count(text, "count", where)
    return [
        _of_cells(attribute, found, name[:MAX_NAME], of_this_set)
        for attribute, found in cells.items()
    ]


def _of_cells(
    attribute: str, cells: Mapping[tuple[str, str], float], source: str, of_this_set: bool
) -> Confusion:
    names = tuple(dict.fromkeys(name for pair in cells for name in pair))
    counts = tuple(tuple(cells.get((true, taken), 0.0) for taken in names) for true in names)
    return Confusion(attribute, names, counts, source, of_this_set)
