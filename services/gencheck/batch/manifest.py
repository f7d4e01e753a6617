"""The manifest: what is to be checked, a row an asset, in Parquet, CSV or JSONL, of any size.

Columns ``id`` and ``uri``, and where wanted ``prompt``, ``group`` and ``policy``; others are not
read. It is never loaded: one pass surveys it, and a shard reads its own rows only.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from gencheck.batch.lines import STRIDE, index_rows
from gencheck.batch.store import digest_of
from gencheck.errors import InvalidInput
from gencheck.media.filesystems import open_fs, store_errors

REQUIRED = ("id", "uri")
OPTIONAL = ("prompt", "group", "policy")
COLUMNS = (*REQUIRED, *OPTIONAL)
MAX_FIELD = 100_000
"""Characters of a field; what a service takes of a prompt is far less."""
_MAX_HEADER = 1 << 20
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMATS = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True, slots=True)
class Row:
    """One asset of the catalogue.

    Attributes:
        number: its place in the manifest, from 0.
        uri: a path (from the manifest's folder) or URL.
        group: what the figures are broken down by.
        policy: a policy by name, in place of the run's.
    """

    number: int
    id: str
    uri: str
    prompt: str = ""
    group: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A surveyed manifest. It pickles, and stands in ``plan.json``.

    Attributes:
        uri: path or URL.
        format: ``parquet``, ``csv`` or ``jsonl``.
        columns: as the file names them; none where each row does (JSONL).
        rows: assets in it.
        sha256: of the file.
        size: bytes of the file.
        stamp: what the store says of this very file (time, ETag); equal stamps: no need to hash.
        offsets: for text: bytes before each ``STRIDE``-th row.
    """

    uri: str
    format: str
    columns: tuple[str, ...]
    rows: int
    sha256: str
    size: int
    stamp: str = ""
    offsets: tuple[int, ...] = ()

    @classmethod
    def survey(cls, uri: str) -> Manifest:
        """One pass over the file: rows, sha256, and an index where the format has none.

        Raises:
            InvalidInput: another format, a column is missing, no rows.
            NotFound, PermissionDenied, Unavailable: it cannot be read.
        """
        kind, stamp = format_of(uri), stamp_of(uri)
        found = cls._survey_parquet(uri) if kind == "parquet" else cls._survey_text(uri, kind)
        if found.rows < 1:
            raise InvalidInput("the manifest has no rows", where=uri)
        return replace(found, stamp=stamp)

    @classmethod
    def _survey_parquet(cls, uri: str) -> Manifest:
        with _parquet(uri) as file:
            columns, rows = tuple(file.schema_arrow.names), file.metadata.num_rows
        _check_columns(columns, uri)
        sha256, size = digest_of(uri)
        return cls(uri, "parquet", columns, rows, sha256, size)

    @classmethod
    def _survey_text(cls, uri: str, kind: str) -> Manifest:
        columns = tuple(_header(uri)) if kind == "csv" else ()
        if kind == "csv":
            _check_columns(columns, uri)
        fs, path = open_fs(uri)
        with store_errors(uri), fs.open(path, "rb") as stream:
            found = index_rows(stream, quotes=kind == "csv")
        rows = found.rows - 1 if kind == "csv" else found.rows
        return cls(uri, kind, columns, rows, found.sha256, found.size, offsets=tuple(found.offsets))

    def unchanged(self) -> bool:
        """Whether the file is still the one that was surveyed."""
        return stamp_of(self.uri) == self.stamp or digest_of(self.uri)[0] == self.sha256

    def read(self, first: int, count: int) -> list[Row]:
        """Rows by number, without loading the others.

        Raises:
            InvalidInput: a row that breaks the format; says which.
        """
        if count < 1:
            return []
        found = _READERS[self.format](self, first, count)
        if len(found) != count:
            raise InvalidInput(
                f"{count} rows from row {first + 1} on were announced, {len(found)} are there",
                where=self.uri,
                fix="The file has changed, or a quote in it is never closed.",
            )
        return [_row(first + i, fields, self.uri) for i, fields in enumerate(found)]

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Manifest:
        """From ``plan.json``. Raises ``TypeError`` or ``KeyError`` where it is none."""
        columns, offsets = tuple(document["columns"]), tuple(document["offsets"])
        return cls(**{**document, "columns": columns, "offsets": offsets})


def format_of(uri: str) -> str:
    """The format by the name of the file. Raises ``InvalidInput``."""
    for ending, kind in _FORMATS.items():
        if uri.lower().endswith(ending):
            return kind
    raise InvalidInput(
        "this is no manifest by its name",
        where=uri,
        fix=f"Name it {', '.join('*' + e for e in _FORMATS)}; columns {', '.join(COLUMNS)}.",
    )


def stamp_of(uri: str) -> str:
    """What the store says of a file: another one has another stamp."""
    fs, path = open_fs(uri)
    with store_errors(uri):
        return str(fs.ukey(path))


def _check_columns(names: Sequence[str], uri: str) -> None:
    if missing := [name for name in REQUIRED if name not in names]:
        raise InvalidInput(
            f"no column {' and '.join(missing)}; there are {', '.join(names)[:200]}",
            where=uri,
            fix=f"A manifest has {', '.join(REQUIRED)} and optionally {', '.join(OPTIONAL)}.",
        )
    if twice := [name for name in COLUMNS if list(names).count(name) > 1]:
        raise InvalidInput(f"the column {twice[0]} is there twice", where=uri)


def _row(number: int, fields: dict[str, Any], uri: str) -> Row:
    where = f"{uri}, row {number + 1}"
    texts = {}
    for name in COLUMNS:
        value = fields.get(name)
        if value is None:
            value = ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise InvalidInput(f"{name} must be a text, not {type(value).__name__}", where=where)
        texts[name] = str(value)
        if not texts[name].isascii() and _SURROGATE.search(texts[name]):
            raise InvalidInput(f"{name} is not valid Unicode", where=where)
        if len(texts[name]) > MAX_FIELD:
            raise InvalidInput(f"{name} is longer than {MAX_FIELD:,} characters", where=where)
    for name in REQUIRED:
        if not texts[name]:
            raise InvalidInput(f"{name} is empty", where=where)
    return Row(number, **texts)


@contextmanager
def _parquet(uri: str) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    fs, path = open_fs(uri)
    with store_errors(uri), fs.open(path, "rb") as stream:
        try:
            with pq.ParquetFile(stream) as file:
                yield file
        except pa.ArrowInvalid as error:
            raise InvalidInput(f"this is no whole Parquet file: {error}", where=uri) from None


def _read_parquet(manifest: Manifest, first: int, count: int) -> list[dict[str, Any]]:
    columns = [name for name in COLUMNS if name in manifest.columns]
    groups: list[int] = []
    before = skip = 0
    with _parquet(manifest.uri) as file:
        for i in range(file.num_row_groups):
            rows = file.metadata.row_group(i).num_rows
            if before < first + count and before + rows > first:
                skip = skip if groups else first - before
                groups.append(i)
            before += rows
        found: list[dict[str, Any]] = []
        for batch in file.iter_batches(row_groups=groups, columns=columns):
            found += batch.slice(skip, count - len(found)).to_pylist()
            skip = max(0, skip - batch.num_rows)
            if len(found) >= count:
                break
    return found


def _read_csv(manifest: Manifest, first: int, count: int) -> list[dict[str, Any]]:
    text, skip = _text_from(manifest, first + 1, count)  # row 0 of the file is the header
    names = manifest.columns
    found = []
    try:
        # Lines end at "\n" alone, as in the index: a bare "\r" outside quotes is an error then.
        rows = (row for row in csv.reader(io.StringIO(text, newline="\n"), strict=True) if row)
        for number, row in enumerate(islice(rows, skip, skip + count), first + 1):
            if len(row) != len(names):
                what = f"a row of {len(row)} fields under a header of {len(names)}"
                raise InvalidInput(what, where=f"{manifest.uri}, row {number}")
            found.append(dict(zip(names, row, strict=True)))
    except csv.Error as error:
        raise InvalidInput(f"this is no CSV: {error}", where=manifest.uri) from None
    return found


def _read_jsonl(manifest: Manifest, first: int, count: int) -> list[dict[str, Any]]:
    text, skip = _text_from(manifest, first, count)
    lines = (line for line in text.split("\n") if line.rstrip("\r"))
    found = []
    for number, line in enumerate(islice(lines, skip, skip + count), first + 1):
        where = f"{manifest.uri}, row {number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"this is no JSON: {error}", where=where) from None
        if not isinstance(fields, dict):
            raise InvalidInput("this is no JSON object", where=where)
        _check_columns(list(fields), where)
        found.append(fields)
    return found


def _text_from(manifest: Manifest, row: int, count: int) -> tuple[str, int]:
    """Text with the rows of a range, and how many rows of it are to be skipped."""
    first, last = row // STRIDE, (row + count - 1) // STRIDE + 1
    offsets = [*manifest.offsets, manifest.size]
    return _text(manifest.uri, offsets[first], offsets[min(last, len(offsets) - 1)]), row % STRIDE


def _header(uri: str) -> list[str]:
    try:
        text = _text(uri, 0, _MAX_HEADER, errors="ignore")
        return next(csv.reader(io.StringIO(text, newline="\n")), [])
    except csv.Error as error:
        raise InvalidInput(f"this is no CSV: {error}", where=uri) from None


def _text(uri: str, start: int, end: int, errors: str = "strict") -> str:
    fs, path = open_fs(uri)
    with store_errors(uri):
        data: bytes = fs.cat_file(path, start=start, end=end)
    try:
        return data.decode("utf-8" if start else "utf-8-sig", errors)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"this is not UTF-8: {error.reason}", where=uri) from None


_READERS = {"parquet": _read_parquet, "csv": _read_csv, "jsonl": _read_jsonl}
