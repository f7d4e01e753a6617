"""Labels that people gave, one row a person: ``prompt,attribute,attribute,…``.

A file of any length is counted in one pass and little memory: rows that say the same are one entry
of a table of how often each was there. Attributes may be crossed, for audits of intersections.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO, TypeAlias

from gencheck.bias.counts import CountTable, check_name, shown, state_of
from gencheck.bias.csv_tables import COUNT_HEADERS, MAX_BYTES, parse_counts
from gencheck.errors import InvalidArgument, LimitExceeded

MAX_KINDS = 200_000
MAX_ATTRIBUTES = 32
CROSS = " × "
"""Between the attributes of a crossed one, and between its categories."""
_BLOCK = 4 << 20
_ROWS_AT_A_TIME = 16_384

Kinds: TypeAlias = Counter[tuple[str, ...]]


def read_tables(
    file: BinaryIO, *, name: str, crosses: Sequence[Sequence[str]] = ()
) -> tuple[CountTable, ...]:
    """Counts from a CSV file: one of counts (:func:`parse_counts`), or one of records.

    Args:
        name: the file's name, for errors.
        crosses: attributes whose categories are counted together as well; of records only.

    Raises:
        InvalidArgument: what is wrong, and where.
        LimitExceeded: more kinds of rows, attributes, tables or categories than are audited.
    """
    first = file.readline(_BLOCK)
    cells = [
        cell.strip(' "\r\n').lower() for cell in first.decode("utf-8-sig", "replace").split(",")
    ]
    if cells[0] != "prompt" or cells in COUNT_HEADERS:
        if crosses:
            raise InvalidArgument(
                "counts cannot be crossed",
                where=name,
                fix="Give records, one row a person: prompt,attribute,attribute,…",
            )
        rest = file.read(MAX_BYTES)
        if len(rest) == MAX_BYTES:
            raise LimitExceeded(
                f"counts of {MAX_BYTES:,} bytes or more",
                where=name,
                fix="Counts are sums of people, and small: give records, one row a person.",
            )
        return parse_counts(first + rest, name=name)
    return _tables_of(*_count(itertools.chain([first], _blocks(file, name)), name), crosses, name)


def _blocks(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time."""
    rest = b""
    while block := file.read(_BLOCK):
        whole, newline, rest_of_block = block.rpartition(b"\n")
        if newline:
            yield rest + whole + newline
            rest = rest_of_block
        else:
            rest += block
        if len(rest) > _BLOCK:
            raise LimitExceeded(f"a line is longer than {_BLOCK:,} bytes", where=name)
    yield rest


def _lines(blocks: Iterator[bytes], name: str) -> Iterator[str]:
    for number, block in enumerate(blocks):
        try:
            text = block.decode("utf-8-sig" if number == 0 else "utf-8")
        except UnicodeDecodeError as error:
            raise InvalidArgument(
                f"not UTF-8 text: the byte 0x{block[error.start]:02x}", where=name
            ) from None
        yield from io.StringIO(text, newline="")


def _count(blocks: Iterator[bytes], name: str) -> tuple[list[str], Kinds]:
    """The attributes, and how often each kind of row is there: prompt, then categories."""
    rows = csv.reader(_lines(blocks, name), strict=True)
    kinds: Kinds = Counter()
    seen = 0
    try:
        _, *attributes = [cell.strip() for cell in next(rows)]
        _check_attributes(attributes, name)
        while chunk := list(itertools.islice(rows, _ROWS_AT_A_TIME)):
            if set(map(len, chunk)) != {len(attributes) + 1}:
                chunk = _without_blanks(chunk, len(attributes) + 1, seen, name)
            kinds.update(map(tuple, chunk))
            seen += len(chunk)
            if len(kinds) > MAX_KINDS:
                raise LimitExceeded(
                    f"more than {MAX_KINDS:,} kinds of rows",
                    where=name,
                    fix="Group prompts and categories; a column must not name single people.",
                )
    except csv.Error as error:
        raise InvalidArgument(
            f"not valid CSV: {error}", where=f"{name}, after {seen:,} records"
        ) from None
    if not seen:
        raise InvalidArgument("no rows after the first line", where=name, fix="Add the records.")
    return attributes, kinds


def _check_attributes(attributes: Sequence[str], name: str) -> None:
    for attribute in attributes:
        check_name(attribute, "attribute", f"{name}, line 1")
    if len(set(attributes)) < len(attributes):
        twice = next(a for a in attributes if attributes.count(a) > 1)
        raise InvalidArgument(f"two columns are '{shown(twice)}'", where=f"{name}, line 1")
    if not 1 <= len(attributes) <= MAX_ATTRIBUTES:
        raise LimitExceeded(
            f"{len(attributes)} attributes, 1 to {MAX_ATTRIBUTES} are counted",
            where=f"{name}, line 1",
        )


def _without_blanks(rows: list[list[str]], width: int, before: int, name: str) -> list[list[str]]:
    found = [row for row in rows if row]
    for number, row in enumerate(found, before + 1):
        if len(row) != width:
            raise InvalidArgument(
                f"{len(row)} cells, expected {width}",
                where=f"{name}, record {number:,}",
                fix="Quote a cell that holds a comma.",
            )
    return found


def _tables_of(
    attributes: list[str], kinds: Kinds, crosses: Sequence[Sequence[str]], name: str
) -> tuple[CountTable, ...]:
    columns = [(attribute, [attribute]) for attribute in attributes]
    columns += [(CROSS.join(cross), list(cross)) for cross in crosses]
    tables: list[CountTable] = []
    for label, parts in columns:
        tables += _tables(label, [_index(attributes, part, name) for part in parts], kinds)
    return state_of(tables).tables


def _index(attributes: Sequence[str], attribute: str, name: str) -> int:
    """The column of an attribute."""
    if attribute not in attributes:
        raise InvalidArgument(
            f"there is no attribute '{shown(attribute)}' to cross",
            where=name,
            fix=f"Its columns are: {', '.join(map(shown, attributes))}.",
        )
    return attributes.index(attribute) + 1


def _tables(label: str, indexes: Sequence[int], kinds: Kinds) -> Iterator[CountTable]:
    """The counts of a column, or of some crossed: a person whom one lacks is unverified in both."""
    counts: dict[str, Counter[tuple[str, ...]]] = {}
    for kind, people in kinds.items():
        cells = tuple(kind[index].strip() for index in indexes)
        key = cells if all(cells) else ()
        counts.setdefault(kind[0].strip(), Counter())[key] += people
    seen = [
        sorted({key[i] for c in counts.values() for key in c if key}) for i in range(len(indexes))
    ]
    every = {CROSS.join(key): 0.0 for key in itertools.islice(itertools.product(*seen), 10_000)}
    for prompt, found in counts.items():
        unverified = found.pop((), 0)
        here = {CROSS.join(key): float(people) for key, people in found.items()}
        yield CountTable(prompt, label, every | here, float(unverified))
