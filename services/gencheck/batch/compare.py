"""What changed between two runs over the same assets: verdicts, by group and by code.

DuckDB pairs the assets by their ids, by way of the disk where they are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gencheck.batch.database import address, database, literal
from gencheck.batch.plan import Plan
from gencheck.batch.rates import Difference, paired_difference
from gencheck.batch.store import Store
from gencheck.errors import InvalidInput
from gencheck.media.filesystems import full_disk, store_errors

if TYPE_CHECKING:
    import duckdb

_MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs."""

    store: Store
    plan: Plan
    shards: Sequence[int]


@dataclass(frozen=True, slots=True)
class Change:
    """The share of assets that pass (or that have a code), before and after, in one group.

    Attributes:
        before, after: assets.
    """

    name: str
    before: int
    after: int
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changed. Intervals of groups hold all at once, and so do those of codes.

    Attributes:
        verdicts: ``(before, after, assets)`` of every pair of verdicts.
        only_before, only_after: assets without a partner.
        terms: in what the runs themselves differ: ``(what, before, after)``.
    """

    whole: Change
    verdicts: tuple[tuple[str, str, int], ...]
    groups: tuple[Change, ...]
    codes: tuple[Change, ...]
    only_before: int
    only_after: int
    terms: tuple[tuple[str, str, str], ...]


def compare(before: Side, after: Side, *, changes: Path | None = None) -> Comparison:
    """Pair the assets of two runs and count what changed.

    Args:
        changes: a Parquet file to write, a row for each asset whose verdict or codes changed.

    Raises:
        InvalidInput: a shard cannot be read, or the runs share no asset.
    """
    import duckdb

    with database(memory=_MEMORY) as connection, store_errors(after.store.url):
        try:
            _pair(connection, before, after)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise InvalidInput(
                f"the results cannot be read: {str(error).splitlines()[0]}",
                where=f"{before.store.url}, {after.store.url}",
            ) from None
        found = _counted(connection, before.plan, after.plan)
        if changes is not None:
            with full_disk(str(changes)):
                _write(connection, changes)
    if not found.whole.difference.whole:
        raise InvalidInput(
            "the two runs share no asset",
            where=f"{before.store.url}, {after.store.url}",
            fix="Compare runs whose manifests use the same ids.",
        )
    return found


def _pair(connection: duckdb.DuckDBPyConnection, before: Side, after: Side) -> None:
    """A table ``pairs`` of the assets of both, with nulls where one lacks it."""
    connection.execute(
        f"""
        CREATE TEMP TABLE pairs AS
        SELECT id, coalesce(a."group", b."group") AS "group", b.verdict AS before,
               a.verdict AS after, b.codes AS codes_before, a.codes AS codes_after
        FROM ({_side(connection, before)}) b FULL JOIN ({_side(connection, after)}) a USING (id)
        """
    )
    connection.execute("CREATE VIEW both_ AS FROM pairs WHERE before NOT NULL AND after NOT NULL")


def _side(connection: duckdb.DuckDBPyConnection, side: Side) -> str:
    files = ", ".join(
        literal(address(connection, side.store.where(side.plan.file_of("results", index))))
        for index in side.shards
    )
    return f"""
        SELECT id, "group", verdict, list_sort(list_distinct(list_transform(
            list_filter(findings, lambda f: f.waived = ''), lambda f: f.code))) AS codes
        FROM read_parquet([{files}])
        """


def _counted(connection: duckdb.DuckDBPyConnection, before: Plan, after: Plan) -> Comparison:
    def rows(query: str) -> list[tuple[object, ...]]:
        return connection.execute(query).fetchall()

    passes = """
        count(*) FILTER (before = 'PASS'), count(*) FILTER (after = 'PASS'),
        count(*) FILTER (after = 'PASS' AND before != 'PASS'),
        count(*) FILTER (before = 'PASS' AND after != 'PASS'), count(*)
        """
    codes = """
        SELECT code, count(*) FILTER (list_contains(codes_before, code)),
               count(*) FILTER (list_contains(codes_after, code)),
               count(*) FILTER (NOT list_contains(codes_before, code)),
               count(*) FILTER (NOT list_contains(codes_after, code)),
               (SELECT count(*) FROM both_)
        FROM (SELECT *, unnest(list_distinct(codes_before || codes_after)) AS code FROM both_)
        GROUP BY code
        """
    alone = rows(
        "SELECT count(*) FILTER (after IS NULL), count(*) FILTER (before IS NULL) FROM pairs"
    )
    verdicts = "SELECT before, after, count(*) FROM both_ GROUP BY ALL ORDER BY 3 DESC, 1, 2"
    return Comparison(
        whole=_changes(rows(f"SELECT '', {passes} FROM both_"))[0],
        verdicts=tuple((str(a), str(b), int(str(n))) for a, b, n in rows(verdicts)),
        groups=_changes(rows(f'SELECT "group", {passes} FROM both_ GROUP BY "group"')),
        codes=_changes(rows(codes)),
        only_before=int(str(alone[0][0])),
        only_after=int(str(alone[0][1])),
        terms=tuple((name, str(a), str(b)) for name, a, b in before.compared(after) if a != b),
    )


def _changes(rows: Sequence[tuple[object, ...]]) -> tuple[Change, ...]:
    """What surely changed first, the largest change first."""
    found = []
    for name, *counts in rows:
        first, second, gained, lost, whole = (int(str(count)) for count in counts)
        difference = paired_difference(gained, lost, whole, looks=len(rows))
        found.append(Change(str(name), first, second, difference))
    order = (
        (not change.difference.certain, -abs(change.difference.change), change.name)
        for change in found
    )
    return tuple(change for _, change in sorted(zip(order, found, strict=True), key=lambda i: i[0]))


def _write(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(
        f"""
        COPY (
            SELECT id, "group", before, after,
                   list_filter(codes_after, lambda c: NOT list_contains(codes_before, c)) AS gained,
                   list_filter(codes_before, lambda c: NOT list_contains(codes_after, c)) AS lost
            FROM both_ WHERE before != after OR codes_before != codes_after ORDER BY id
        ) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)
        """
    )
