"""Checks one shard: its rows in the order of their ids, then all of its files, then the marker."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from collections import Counter, deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gencheck.batch.asking import Asker, Checked, Watch
from gencheck.batch.manifest import Row
from gencheck.batch.plan import Plan
from gencheck.batch.schema import failed_row, judged_row, results_schema, timings_schema
from gencheck.batch.states import StateSum
from gencheck.batch.store import Store
from gencheck.batch.writing import RowWriter
from gencheck.errors import GencheckError, Unavailable, WorkerLost
from gencheck.media.filesystems import full_disk

MARKER = 1
_DOWN_AFTER = 8
"""So many assets in a row whose store or service was away: the shard is tried another time."""


@dataclass(frozen=True, slots=True)
class Task:
    """One shard to check.

    Attributes:
        alone: rows that were being checked when a worker died: each is tried with nothing beside.
        lost: rows that killed a worker twice, with the words to record.
        serial: whether every row is checked alone.
    """

    index: int
    alone: tuple[int, ...] = ()
    lost: Mapping[int, str] = field(default_factory=dict)
    serial: bool = False


async def check_shard(
    plan: Plan, store: Store, task: Task, *, asker: Asker, watch: Watch, folder: Path
) -> None:
    """Check a shard and store its files; the marker comes last.

    Args:
        folder: where its files are until they are whole.

    Raises:
        InvalidInput: the manifest's rows are broken.
        Unavailable: the store, or what judges, is away.
    """
    rows = sorted(plan.manifest.read(*plan.shard_range(task.index)), key=lambda row: row.id)
    with tempfile.TemporaryDirectory(dir=folder) as scratch, full_disk(scratch):
        files = _Files(plan, task.index, Path(scratch))
        with files:
            line = _Line(asker, watch, task)
            async with aclosing(line.results(rows)) as results:
                async for row, checked in results:
                    files.add(row, checked)
        await asyncio.to_thread(files.store, store)


class _Line:
    """Assets that are read and checked beside each other, a few, with their answers in order."""

    def __init__(self, asker: Asker, watch: Watch, task: Task) -> None:
        self._asker = asker
        self._watch = watch
        self._task = task
        self._window = 1 if task.serial else 2 * asker.parallel + 2
        self._known: dict[int, Checked] = {}

    async def results(self, rows: Sequence[Row]) -> AsyncGenerator[tuple[Row, Checked], None]:
        """Each row with what became of it. Raises ``Unavailable`` where everything is down."""
        for row in rows:
            if row.number in self._task.alone:
                self._known[row.number] = await self._check(row)
        pending: deque[tuple[Row, asyncio.Task[Checked]]] = deque()
        away = _Away(len(rows))
        try:
            for row in rows:
                pending.append((row, asyncio.create_task(self._check(row))))
                if len(pending) >= self._window:
                    yield await self._next(pending, away)
            while pending:
                yield await self._next(pending, away)
        finally:
            for _, task in pending:
                task.cancel()
            await asyncio.gather(*(task for _, task in pending), return_exceptions=True)

    async def _next(
        self, pending: deque[tuple[Row, asyncio.Task[Checked]]], away: _Away
    ) -> tuple[Row, Checked]:
        row, task = pending[0]
        checked = await task
        pending.popleft()
        away.see(checked)
        return row, checked

    async def _check(self, row: Row) -> Checked:
        if row.number in self._task.lost:
            what = self._task.lost[row.number]
            return Checked(error=WorkerLost(what, where=row.uri))
        if row.number in self._known:
            return self._known.pop(row.number)
        return await self._asker.ask(row, self._watch)


class _Away:
    """Tells a store or a service that is down from an asset that is."""

    def __init__(self, rows: int) -> None:
        self._limit = min(_DOWN_AFTER, rows)
        self._in_a_row = 0

    def see(self, checked: Checked) -> None:
        """Raise what is wrong once it has been wrong for several assets in a row."""
        self._in_a_row = self._in_a_row + 1 if checked.away is not None else 0
        if checked.away is not None and self._in_a_row >= self._limit:
            error = checked.away
            raise Unavailable(
                f"{self._in_a_row} assets in a row could not be checked: {error.what}",
                where=error.where,
                fix=error.fix or "Run the same command again: it goes on where it stopped.",
            )


class _Files:
    """The files of a shard, on this machine until all of them are whole."""

    def __init__(self, plan: Plan, index: int, scratch: Path) -> None:
        self._plan = plan
        self._index = index
        self._paths = {kind: scratch / kind for kind in ("results", "timings")}
        self._results = RowWriter(self._paths["results"], results_schema())
        self._timings = RowWriter(self._paths["timings"], timings_schema())
        self._audit = StateSum()
        self._verdicts: Counter[str] = Counter()
        self._scratch = scratch
        self._host = socket.gethostname()

    def __enter__(self) -> None:
        self._results.__enter__()
        self._timings.__enter__()

    def __exit__(self, *exc: Any) -> None:
        self._results.__exit__(*exc)
        self._timings.__exit__(*exc)

    def add(self, row: Row, checked: Checked) -> None:
        """What became of one asset."""
        if checked.answer is not None:
            result = judged_row(row, checked.answer)
        else:
            error = checked.error or GencheckError("nothing is known of it")
            result = failed_row(row, error, self._plan.terms.policy)
        self._results.add(result)
        self._timings.add({"id": row.id, "host": self._host, **checked.timing})
        self._verdicts[result["verdict"]] += 1
        if checked.state is not None:
            self._audit.add(checked.state)

    def store(self, store: Store) -> None:
        """Put all files into the store, the marker last."""
        if self._audit.images:
            self._paths["audit"] = self._scratch / "audit"
            self._paths["audit"].write_bytes(self._audit.to_bytes())
        digests = {
            kind: store.put(path, self._plan.file_of(kind, self._index))
            for kind, path in self._paths.items()
        }
        marker = {
            "format": MARKER,
            "plan": self._plan.fingerprint,
            "rows": sum(self._verdicts.values()),
            "verdicts": dict(sorted(self._verdicts.items())),
            "sha256": digests,
        }
        store.write(self._plan.file_of("done", self._index), json.dumps(marker).encode() + b"\n")
