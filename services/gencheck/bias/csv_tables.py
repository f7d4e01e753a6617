"""Tables of counts and expected shares from CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from gencheck.bias.counts import CountTable, check_count, check_name, shown, state_of
from gencheck.errors import InvalidArgument, LimitExceeded

MAX_ROWS = 200_000
MAX_BYTES = 64 << 20
"""Of a file that is read as a whole; records are not."""

_SHORT = ["category", "count"]
_LONG = ["prompt", "attribute", "category", "count"]
_PAIRS = ["first", "second"]
_REFERENCE = ["attribute", "category", "share"]
COUNT_HEADERS = (_SHORT, _LONG)


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
    header, rows = read_csv(data, name, COUNT_HEADERS, more="'prompt,ATTRIBUTE,…'")
    seen: dict[tuple[str, str, str], int] = {}
    tables = []
    for line, row in rows:
        prompt, attr, category, text = ("", attribute, *row) if header == _SHORT else row
        where = f"{name}, line {line}"
        refuse_twice(seen, (prompt, attr, category), line, where)
        count = read_count(text, "count", where)
        check_name(attr, "attribute", where)
        if category:
            check_name(category, "category", where)
            tables.append(CountTable(prompt, attr, {category: count}))
        else:
            tables.append(CountTable(prompt, attr, {}, count))
    return state_of(tables).tables


def parse_references(data: bytes, *, name: str) -> dict[str, dict[str, float]]:
    """Reads a reference file, ``attribute,category,share``: expected shares by attribute.

    Shares are checked, and scaled to sum to 1, when they are used.

    Raises:
        InvalidArgument: with the line at fault.
    """
    _, rows = read_csv(data, name, (_REFERENCE,))
    seen: dict[tuple[str, str, str], int] = {}
    references: dict[str, dict[str, float]] = {}
    for line, (attribute, category, text) in rows:
        where = f"{name}, line {line}"
        check_name(attribute, "attribute", where)
        check_name(category, "category", where)
        refuse_twice(seen, (attribute, category, ""), line, where)
        references.setdefault(attribute, {})[category] = read_count(text, "share", where)
    return references


def parse_pairs(data: bytes, *, name: str) -> list[tuple[str, str]]:
    """Reads prompts to compare, ``first,second``.

    Raises:
        InvalidArgument: with the line at fault.
    """
    _, rows = read_csv(data, name, (_PAIRS,))
    seen: dict[tuple[str, str, str], int] = {}
    pairs: list[tuple[str, str]] = []
    for line, (first, second) in rows:
        where = f"{name}, line {line}"
        if not first or not second or first == second:
            raise InvalidArgument("this is no pair", where=where, fix="Name two prompts.")
        refuse_twice(seen, (first, second, ""), line, where)
        pairs.append((first, second))
    return pairs


def read_csv(
    data: bytes, name: str, headers: Sequence[list[str]], *, more: str = ""
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, one of those given, and the rows with their line numbers, cells stripped.

    Raises:
        InvalidArgument: not UTF-8, no valid CSV, another header, another number of cells.
        LimitExceeded: more than ``MAX_ROWS`` lines.
    """
    wanted = " or ".join([*(f"'{','.join(header)}'" for header in headers), *filter(None, [more])])
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
            f"the first line is '{shown(','.join(header))}'",
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


def read_count(text: str, what: str, where: str) -> float:
    """A finite number that is not negative. Raises ``InvalidArgument``."""
    try:
        value = float(text)
    except ValueError:
        raise InvalidArgument(
            f"the {what} '{shown(text)}' is no number", where=where, fix="Use digits and a dot."
        ) from None
    check_count(value, where)
    return value


def refuse_twice(
    seen: dict[tuple[str, str, str], int], key: tuple[str, str, str], line: int, where: str
) -> None:
    """Remember a row by its key. Raises ``InvalidArgument`` where it is there already."""
    if key in seen:
        label = "/".join(part for part in key if part) or "(empty)"
        raise InvalidArgument(
            f"'{shown(label)}' stands already in line {seen[key]}",
            where=where,
            fix="Add the two up.",
        )
    seen[key] = line
