"""What an audit is made of: counts of people by category, never a record of a person.

Tables come from a CSV file, from labels, or from pictures (``images.py``), and add up: the state of
a hundred shards merges into the state of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from gencheck.errors import InvalidArgument, LimitExceeded

MAX_TABLES = 1_000
MAX_CATEGORIES = 100
MAX_NAME = 500
MIN_CELL = 5
"""In what is published, cells of fewer people are withheld."""
MAX_COUNT = 1e9
"""Above this a count says more about a typing error than about people."""


@dataclass(frozen=True, slots=True)
class CountTable:
    """How many people are perceived as each category of one attribute.

    Attributes:
        prompt: the prompt or group that the pictures were made from; empty: all together.
        attribute: such as ``skin_tone`` or ``perceived_gender``.
        counts: people by category; a category with count 0 belongs to the table. Fractions are
            soft labels: a person may be spread over categories, but adds at most 1 in all.
        unverified: people whose category could not be read.
        model: the model that read them, with its version; empty: nobody knows, or people did.
            Counts of different models are never added up, as each errs in its own way.
    """

    prompt: str
    attribute: str
    counts: Mapping[str, float]
    unverified: float = 0.0
    model: str = ""

    def __post_init__(self) -> None:
        where = f"table of '{shown(self.attribute)}'"
        check_name(self.attribute, "attribute", where)
        if self.model:
            check_name(self.model, "model", where)
        if len(self.prompt) > MAX_NAME * 20:
            raise LimitExceeded("a prompt is longer than 10,000 characters", where=where)
        if len(self.counts) > MAX_CATEGORIES:
            raise LimitExceeded(
                f"{len(self.counts)} categories, at most {MAX_CATEGORIES} are audited",
                where=where,
                fix="Group them.",
            )
        for category, count in self.counts.items():
            check_name(category, "category", where)
            check_count(count, f"{where}, category '{shown(category)}'")
        check_count(self.unverified, f"{where}, unverified")

    @property
    def people(self) -> float:
        """People with a category."""
        return math.fsum(self.counts.values())


@dataclass(frozen=True, slots=True)
class AuditState:
    """All that a further audit needs of this one.

    Attributes:
        tables: at most one for each prompt, attribute and model, in alphabetical order.
        images: pictures seen.
        images_without_face: pictures in which no face was found.
    """

    tables: tuple[CountTable, ...] = ()
    images: int = 0
    images_without_face: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.images_without_face <= self.images:
            raise InvalidArgument(
                f"{self.images_without_face} pictures without a face of {self.images} pictures",
                where="audit state",
                fix="Both are counts of the same set: 0 <= images_without_face <= images.",
            )


@dataclass(frozen=True, slots=True)
class Label:
    """What one person is perceived as; an empty category: it could not be read."""

    prompt: str
    attribute: str
    category: str


_Key: TypeAlias = tuple[str, str, str]
"""Prompt, attribute, model."""


class StateSum:
    """Adds up tables and states as they come. Their order does not matter, for whole counts."""

    def __init__(self) -> None:
        self._sums: dict[_Key, _Sum] = {}
        self._images = 0
        self._images_without_face = 0

    def add(self, state: AuditState) -> None:
        """Add a state. Raises as :func:`state_of` does."""
        for table in state.tables:
            self.add_table(table)
        self._images += state.images
        self._images_without_face += state.images_without_face

    def add_table(self, table: CountTable) -> None:
        """Add the people of a table. Raises as :func:`state_of` does."""
        key = (table.prompt, table.attribute, table.model)
        total = self._sums.get(key)
        if total is None:
            if len(self._sums) >= MAX_TABLES:
                raise LimitExceeded(
                    f"more than {MAX_TABLES} tables (prompts times attributes)",
                    where="audit state",
                    fix="Audit fewer prompts at a time, or group them.",
                )
            total = self._sums[key] = _Sum()
        total.unverified += table.unverified
        for category, count in table.counts.items():
            total.counts[category] = total.counts.get(category, 0.0) + count

    def state(self) -> AuditState:
        """The sum."""
        tables = tuple(
            CountTable(prompt, attribute, _in_order(total.counts), total.unverified, model)
            for (prompt, attribute, model), total in sorted(self._sums.items())
        )
        return AuditState(tables, self._images, self._images_without_face)


def state_of(
    tables: Iterable[CountTable], *, images: int = 0, images_without_face: int = 0
) -> AuditState:
    """A state from tables in any order; those with the same key are added up.

    Raises:
        LimitExceeded: over ``MAX_TABLES`` tables, or ``MAX_CATEGORIES`` categories in one.
    """
    total = StateSum()
    for table in tables:
        total.add_table(table)
    total.add(AuditState((), images, images_without_face))
    return total.state()


def _in_order(counts: Mapping[str, float]) -> dict[str, float]:
    """Categories that are numbers by their value, such as tones; then the others by name."""

    def key(category: str) -> tuple[bool, int, str]:
        number = category.isascii() and category.isdigit()
        return (not number, int(category) if number else 0, category)

    return {category: counts[category] for category in sorted(counts, key=key)}


def merge(a: AuditState, b: AuditState) -> AuditState:
    """The state of both sets together: associative and commutative (exactly, for whole counts)."""
    total = StateSum()
    total.add(a)
    total.add(b)
    return total.state()


def tables_of_labels(labels: Iterable[Label]) -> tuple[CountTable, ...]:
    """Counts the labels. Labels without a category count as unverified."""
    sums: dict[tuple[str, str], _Sum] = {}
    for label in labels:
        total = sums.setdefault((label.prompt, label.attribute), _Sum())
        if label.category:
            total.counts[label.category] = total.counts.get(label.category, 0.0) + 1.0
        else:
            total.unverified += 1.0
    return state_of(
        CountTable(prompt, attribute, total.counts, total.unverified)
        for (prompt, attribute), total in sums.items()
    ).tables


@dataclass(slots=True)
class _Sum:
    counts: dict[str, float] = field(default_factory=dict)
    unverified: float = 0.0


def check_count(value: float, where: str) -> None:
    """Raise unless it is finite, not negative and at most ``MAX_COUNT``."""
    if not math.isfinite(value) or value < 0:
        raise InvalidArgument(
            f"{value:g} is no count", where=where, fix="It has to be finite and not negative."
        )
    if value > MAX_COUNT:
        raise LimitExceeded(f"{value:g} is over {MAX_COUNT:g}", where=where)


def check_name(text: str, what: str, where: str) -> None:
    """Raise unless it is 1 to ``MAX_NAME`` printable characters."""
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise InvalidArgument(
            f"the {what} '{shown(text)}' is no name",
            where=where,
            fix=f"It has to be 1 to {MAX_NAME} printable characters.",
        )


def shown(text: str) -> str:
    """Words of a caller in a message: printable, at most 60 characters."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return clean if len(clean) <= 60 else f"{clean[:57]}…"
