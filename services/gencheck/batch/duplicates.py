"""An id that is there twice, found before anything is checked.

Looking at each shard alone would miss a pair in two shards until all the work is done. So DuckDB
groups the hashes of all ids, by way of the disk where they are many (100 million: 15 seconds and
400 MB), and only ids whose hash is there twice are compared themselves: different ids do share one
now and then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gencheck.batch.database import address, database, literal
from gencheck.batch.manifest import Manifest
from gencheck.errors import InvalidInput, OutOfMemory

if TYPE_CHECKING:
    import duckdb

# What is not ids are buffers: of a row group in Parquet, of 32 MiB for each thread else.
_MEMORY = {"parquet": "220MB", "csv": "320MB", "jsonl": "320MB"}
_LONGEST_LINE = 4 << 20
"""Bytes of a line of CSV or JSONL."""
_BUFFER = 8 << 20
_SHOWN = 5
_AT_A_TIME = 1_000_000
"""Suspicious hashes that are looked into at a time: of 100 million ids 80,000 were."""


def refuse_duplicates(manifest: Manifest) -> None:
    """Raise ``InvalidInput`` with a few ids that are there more than once, or for broken rows."""
    import duckdb

    memory = _MEMORY[manifest.format]
    with database(memory=memory) as connection:
        table = _table(connection, manifest)
        try:
            rows, twice = _counted(connection, table)
        except duckdb.OutOfMemoryException as error:
            raise OutOfMemory(
                f"the ids cannot be compared in {memory}: {_first_line(error)}",
                where=manifest.uri,
                fix="Write the manifest as Parquet, in row groups of up to a million rows.",
            ) from None
        except duckdb.Error as error:
            raise InvalidInput(
                f"the ids cannot be read: {_first_line(error)}", where=manifest.uri
            ) from None
    if rows != manifest.rows:
        # Two readers that disagree would give one asset to two shards, or to none.
        raise InvalidInput(
            f"{manifest.rows:,} rows by their line ends, {rows:,} by their fields",
            where=manifest.uri,
            fix='Quote fields that hold a quote or a line end, and write a quote inside as "".',
        )
    if twice:
        raise InvalidInput(
            f"an id is there more than once: {', '.join(sorted(twice))[:300]}",
            where=manifest.uri,
            fix="Give every asset an id of its own.",
            metadata={"id": twice[0]},
        )


def _counted(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, list[str]]:
    """The rows, and a few ids that are there twice."""
    connection.execute(
        f"CREATE TEMP TABLE hashes AS SELECT hash(id) AS h, count(*) AS n FROM {table} "
        "GROUP BY h HAVING n > 1"
    )
    rows = _one(connection, f"SELECT count(*) FROM {table}")
    suspects = _one(connection, "SELECT count(*) FROM hashes")
    for first in range(0, suspects, _AT_A_TIME):
        twice = connection.execute(
            f"SELECT id FROM {table} WHERE hash(id) IN "
            f"(SELECT h FROM hashes ORDER BY h LIMIT {_AT_A_TIME} OFFSET {first}) "
            f"GROUP BY id HAVING count(*) > 1 LIMIT {_SHOWN}"
        ).fetchall()
        if twice:
            return rows, [str(row[0]) for row in twice]
    return rows, []


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]


def _table(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> str:
    file = literal(address(connection, manifest.uri))
    match manifest.format:
        case "csv":
            # The dialect is said, not guessed, so that rows are those of the other reader.
            return (
                f"read_csv({file}, all_varchar=true, header=true, delim=',', quote='\"', "
                f"escape='\"', auto_detect=false, strict_mode=true, buffer_size={_BUFFER}, "
                f"max_line_size={_LONGEST_LINE}, "
                f"columns={_columns(manifest)})"
            )
        case "jsonl":
            return (
                f"read_json({file}, format='newline_delimited', columns={{'id': 'VARCHAR'}}, "
                f"maximum_object_size={_LONGEST_LINE})"
            )
    return f"read_parquet({file})"


def _columns(manifest: Manifest) -> str:
    named = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in manifest.columns)
    return "{" + named + "}"
