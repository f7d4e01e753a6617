"""What an audit is made of: counts of people by category, never a record of a person.

Tables come from a CSV file, from labels, or from pictures (``images.py``), and add up: the state of
a hundred shards merges into the state of the whole.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gencheck.errors import InvalidArgument, LimitExceeded

MAX_TABLES = 1_000
MAX_CATEGORIES = 100
MAX_NAME = 500
MAX_ROWS = 200_000
MAX_COUNT = 1e9
"""Above this a count says more about a typing error than about people."""

_SHORT = ["category", "count"]
_LONG = ["prompt", "attribute", "category", "count"]
_REFERENCE = ["attribute", "category", "share"]


@dataclass(frozen=True, slots=True)
class CountTable:
    """How many people are perceived as each category of one attribute.

    Attributes:
        prompt: the prompt or group that the pictures were made from; empty: all together.
        attribute: such as ``skin_tone`` or ``perceived_gender``.
        counts: people by category; a category with count 0 belongs to the table. Fractions are
            soft labels: a person may be spread over categories, but adds at most 1 in all.
        unverified: people whose category could not be read.
    """

    prompt: str
    attribute: str
    counts: Mapping[str, float]
    unverified: float = 0.0

    def __post_init__(self) -> None:
        where = f"table of '{_short(self.attribute)}'"
        _check_name(self.attribute, "attribute", where)
        if len(self.prompt) > MAX_NAME * 20:
            raise LimitExceeded("a prompt is longer than 10,000 characters", where=where)
        if len(self.counts) > MAX_CATEGORIES:
            raise LimitExceeded(
                f"{len(self.counts)} categories, at most {MAX_CATEGORIES} are audited",
                where=where,
                fix="Group them.",
            )
        for category, count in self.counts.items():
            _check_name(category, "category", where)
            _check_count(count, f"{where}, category '{_short(category)}'")
        _check_count(self.unverified, f"{where}, unverified")

    @property
    def people(self) -> float:
        """People with a category."""
        return math.fsum(self.counts.values())


@dataclass(frozen=True, slots=True)
class AuditState:
    """All that a further audit needs of this one.

    Attributes:
        tables: at most one for each prompt and attribute, in alphabetical order.
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


def state_of(
    tables: Iterable[CountTable], *, images: int = 0, images_without_face: int = 0
) -> AuditState:
    """A state from tables in any order; those of the same prompt and attribute are added up.

    Raises:
        LimitExceeded: over ``MAX_TABLES`` tables, or ``MAX_CATEGORIES`` categories in one.
    """
    sums: dict[tuple[str, str], _Sum] = {}
    for table in tables:
        total = sums.setdefault((table.prompt, table.attribute), _Sum())
        total.unverified += table.unverified
        for category, count in table.counts.items():
            total.counts[category] = total.counts.get(category, 0.0) + count
        if len(sums) > MAX_TABLES:
            raise LimitExceeded(
                f"more than {MAX_TABLES} tables (prompts times attributes)",
                where="audit state",
                fix="Audit fewer prompts at a time, or group them.",
            )
    return AuditState(
        tuple(
            CountTable(prompt, attribute, _in_order(total.counts), total.unverified)
            for (prompt, attribute), total in sorted(sums.items())
        ),
        images,
        images_without_face,
    )


def _in_order(counts: Mapping[str, float]) -> dict[str, float]:
    """Categories that are numbers by their value, such as tones; then the others by name."""

    def key(category: str) -> tuple[bool, int, str]:
        number = category.isascii() and category.isdigit()
        return (not number, int(category) if number else 0, category)

    return {category: counts[category] for category in sorted(counts, key=key)}


def merge(a: AuditState, b: AuditState) -> AuditState:
    """The state of both sets together: associative and commutative (exactly, for whole counts)."""
    return state_of(
        (*a.tables, *b.tables),
        images=a.images + b.images,
        images_without_face=a.images_without_face + b.images_without_face,
    )


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


def parse_counts(data: bytes, *, name: str, attribute: str = "category") -> tuple[CountTable, ...]:
    """Reads COUNTS.csv: ``category,count`` or ``prompt,attribute,category,count``.

    A row whose category is empty counts people that could not be read.

    Args:
        data: the file, UTF-8 (a byte order mark is no harm).
        name: the file's name, for errors.
        attribute: the attribute of a file that does not name one.

    Raises:
        InvalidArgument: with the line at fault and what is expected there.
    """
    header, rows = _read_csv(data, name, (_SHORT, _LONG))
    seen: dict[tuple[str, str, str], int] = {}
    sums: dict[tuple[str, str], _Sum] = {}
    for line, row in rows:
        prompt, attr, category, text = ("", attribute, *row) if header == _SHORT else row
        where = f"{name}, line {line}"
        _refuse_twice(seen, (prompt, attr, category), line, where)
        count = _number(text, "count", where)
        total = sums.setdefault((prompt, attr), _Sum())
        _check_name(attr, "attribute", where)
        if category:
            _check_name(category, "category", where)
            total.counts[category] = count
        else:
            total.unverified = count
    return state_of(
        CountTable(prompt, attr, total.counts, total.unverified)
        for (prompt, attr), total in sums.items()
    ).tables


def parse_references(data: bytes, *, name: str) -> dict[str, dict[str, float]]:
    """Reads a reference file, ``attribute,category,share``: expected shares by attribute.

    Shares need not sum to 1, they are scaled when used.

    Raises:
        InvalidArgument: with the line at fault.
    """
    _, rows = _read_csv(data, name, (_REFERENCE,))
    seen: dict[tuple[str, str, str], int] = {}
    references: dict[str, dict[str, float]] = {}
    for line, (attribute, category, text) in rows:
        where = f"{name}, line {line}"
        _check_name(attribute, "attribute", where)
        _check_name(category, "category", where)
        _refuse_twice(seen, (attribute, category, ""), line, where)
        references.setdefault(attribute, {})[category] = _number(text, "share", where)
    return references


@dataclass(slots=True)
class _Sum:
    counts: dict[str, float] = field(default_factory=dict)
    unverified: float = 0.0


def _read_csv(
    data: bytes, name: str, headers: Sequence[list[str]]
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    wanted = " or ".join(f"'{','.join(header)}'" for header in headers)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArgument(
            f"not UTF-8 text (byte {error.start})",
            where=name,
            fix=f"Give a CSV file with {wanted}.",
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = _rows(reader, name)
    first = next(rows, None)
    header = [cell.lower() for cell in first[1]] if first else []
    if header not in headers:
        raise InvalidArgument(
            f"the first line is '{_short(','.join(header))}'",
            where=f"{name}, line 1",
            fix=f"It has to be {wanted}.",
        )
    return header, _checked(rows, len(header), name)


def _rows(reader: Iterator[list[str]], name: str) -> Iterator[tuple[int, list[str]]]:
    line = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidArgument(
                f"not valid CSV: {error}", where=f"{name}, line {line + 1}", fix="Check the quotes."
            ) from None
        line = getattr(reader, "line_num", line + 1)
        if line > MAX_ROWS:
            raise LimitExceeded(f"more than {MAX_ROWS} lines", where=name)
        if any(cell.strip() for cell in row):
            yield line, [cell.strip() for cell in row]


def _checked(
    rows: Iterator[tuple[int, list[str]]], width: int, name: str
) -> Iterator[tuple[int, list[str]]]:
    empty = True
    for line, row in rows:
        if len(row) != width:
            raise InvalidArgument(
                f"{len(row)} cells, expected {width}",
                where=f"{name}, line {line}",
                fix="Quote a cell that holds a comma.",
            )
        empty = False
        yield line, row
    if empty:
        raise InvalidArgument("no rows after the first line", where=name, fix="Add the counts.")


def _number(text: str, what: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InvalidArgument(
            f"the {what} '{_short(text)}' is no number", where=where, fix="Use digits and a dot."
        ) from None
    _check_count(value, where)
    return value


def _check_count(value: float, where: str) -> None:
    if not math.isfinite(value) or value < 0:
        raise InvalidArgument(
            f"{value:g} is no count", where=where, fix="It has to be finite and not negative."
        )
    if value > MAX_COUNT:
        raise LimitExceeded(f"{value:g} is over {MAX_COUNT:g}", where=where)


def _check_name(text: str, what: str, where: str) -> None:
    if not text or len(text) > MAX_NAME or not text.isprintable():
        raise InvalidArgument(
            f"the {what} '{_short(text)}' is no name",
            where=where,
            fix=f"It has to be 1 to {MAX_NAME} printable characters.",
        )


def _refuse_twice(
    seen: dict[tuple[str, str, str], int], key: tuple[str, str, str], line: int, where: str
) -> None:
    if key in seen:
        label = "/".join(part for part in key if part) or "(empty)"
        raise InvalidArgument(
            f"'{_short(label)}' stands already in line {seen[key]}",
            where=where,
            fix="Add the two up.",
        )
    seen[key] = line


def _short(text: str) -> str:
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return clean if len(clean) <= 60 else f"{clean[:57]}…"
