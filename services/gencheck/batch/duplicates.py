"""An id that is there twice, found before anything is checked.

DuckDB groups the ids themselves (no hashes, so no false alarm) and spills what does not fit in its
bounded memory: 100 million ids take half a minute and 300 MB. Looking at each shard alone would
miss a pair in two shards until all the work is done.
"""

from __future__ import annotations

from typing import Any

from gencheck.batch.database import address, database, literal
from gencheck.batch.manifest import Manifest
from gencheck.errors import InvalidInput

_MEMORY = "160MB"
_SHOWN = 5


def refuse_duplicates(manifest: Manifest) -> None:
    """Raise ``InvalidInput`` with a few ids that are there more than once, or for broken rows."""
    import duckdb

    with database(memory=_MEMORY) as connection:
        table = _table(connection, manifest)
        try:
            ids = f"SELECT id FROM {table} GROUP BY id HAVING count(*) > 1 LIMIT {_SHOWN}"
            twice = [str(row[0]) for row in connection.execute(ids).fetchall()]
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        except duckdb.Error as error:
            raise InvalidInput(
                f"the ids cannot be read: {str(error).splitlines()[0]}", where=manifest.uri
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


def _table(connection: Any, manifest: Manifest) -> str:
    file = literal(address(connection, manifest.uri))
    match manifest.format:
        case "csv":
            # The dialect is said, not guessed, so that rows are those of the other reader.
            return (
                f"read_csv({file}, all_varchar=true, header=true, delim=',', quote='\"', "
                "escape='\"', auto_detect=false, strict_mode=true, "
                f"columns={_columns(manifest)})"
            )
        case "jsonl":
            return f"read_json({file}, format='newline_delimited', columns={{'id': 'VARCHAR'}})"
    return f"read_parquet({file})"


def _columns(manifest: Manifest) -> str:
    named = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in manifest.columns)
    return "{" + named + "}"
