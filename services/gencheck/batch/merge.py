"""Many shards into one dataset, one summary and one report, a batch of rows at a time.

Rows stay in the order of the shards, in each by id: of a manifest that is in the order of its ids
the dataset is too. Reading runs a batch ahead of counting and writing.
"""

from __future__ import annotations

import hashlib
import json
import queue
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gencheck.batch.audit import audit_catalogue
from gencheck.batch.plan import Plan
from gencheck.batch.report import render
from gencheck.batch.schema import results_schema
from gencheck.batch.sources import Sources
from gencheck.batch.states import StateSum
from gencheck.batch.store import Store
from gencheck.batch.summary import Summary, summarise
from gencheck.batch.tally import Latency, Tally
from gencheck.batch.writing import MERGED
from gencheck.errors import InvalidArgument, InvalidInput
from gencheck.media.filesystems import full_disk
from gencheck.media.types import Limits
from gencheck.policy import Policy
from gencheck.policy_file import Policies
from gencheck.v1 import bias_pb2

if TYPE_CHECKING:
    import pyarrow as pa

RESULTS = "results.parquet"
SUMMARY = "summary.json"
REPORT = "report/index.html"
_BATCH = 1 << 14
_ROWS = 1 << 16
_AHEAD = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Merged:
    """What was counted while the shards went by."""

    plan: Plan
    shards: tuple[int, ...]
    tally: Tally
    latency: Latency
    audit: StateSum


def finished_plan(store: Store, *, partial: bool) -> tuple[Plan, list[int]]:
    """The plan of a folder of results, and its finished shards.

    Raises:
        InvalidArgument: there is no plan, or (unless ``partial``) a shard is missing.
    """
    plan = Plan.read(store)
    if plan is None:
        raise InvalidArgument("there is no run here", where=store.url, fix="Name its --out.")
    done = sorted(plan.done(store))
    missing = plan.shards - len(done)
    if not done or (missing and not partial):
        raise InvalidArgument(
            f"{missing:,} of {plan.shards:,} shards are not done",
            where=store.url,
            fix="Run the same command again to finish them, or merge what is there: --partial.",
        )
    return plan, done


def merge_shards(
    store: Store, plan: Plan, shards: Sequence[int], tell: Callable[[int], None]
) -> Merged:
    """Stream the shards into ``results.parquet`` and count what goes by.

    Args:
        tell: is called with the rows of each batch.

    Raises:
        InvalidInput: a shard is not what its marker says.
    """
    import pyarrow.parquet as pq

    merged = Merged(plan, tuple(shards), Tally(), Latency(), StateSum())
    with tempfile.TemporaryDirectory(prefix="gencheck-merge-") as scratch, full_disk(scratch):
        path = Path(scratch, RESULTS)
        with pq.ParquetWriter(path, results_schema(), **MERGED) as writer:
            for table in _ahead(_tables(store, merged, Path(scratch))):
                writer.write_table(table, row_group_size=len(table))
                tell(len(table))
        store.put(path, RESULTS)
    return merged


def conclude(store: Store, merged: Merged, policies: Policies) -> Summary:
    """Write ``summary.json`` and ``report/index.html`` of what was merged.

    Args:
        policies: those that are known by name here; the audit is judged by the run's.
    """
    plan, summary = merged.plan, summarise(merged.tally, merged.latency)
    audit = None
    if merged.audit.images:
        judge_by = plan.terms.judge_by
        policy = judge_by if isinstance(judge_by, Policy) else policies.get(judge_by)
        audit = audit_catalogue(merged.audit.state(), policy)
    document = summary.document(plan, None if audit is None else audit.document())
    store.write(SUMMARY, json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")
    sources = Sources(plan.manifest.uri, plan.terms, Limits())
    worst = [row for _, row in merged.tally.worst]
    store.write(REPORT, render(plan, summary, audit, worst, sources).encode())
    return summary


def _tables(store: Store, merged: Merged, scratch: Path) -> Iterator[pa.Table]:
    """All results in the order of the shards, in tables of ``_ROWS`` and more."""
    import pyarrow as pa

    def counted() -> pa.Table:
        # Counting has a price for each call: not for every batch of a small shard, then.
        table = pa.Table.from_batches(waiting).combine_chunks()
        for batch in table.to_batches():
            merged.tally.add(batch)
        return table

    waiting: list[pa.RecordBatch] = []
    for index in merged.shards:
        for batch in _shard(store, merged, index, scratch):
            waiting.append(batch)
            if sum(map(len, waiting)) >= _ROWS:
                yield counted()
                waiting = []
    if waiting:
        yield counted()


def _shard(store: Store, merged: Merged, index: int, scratch: Path) -> Iterator[pa.RecordBatch]:
    """The batches of one shard, after its timings and its audit were counted."""
    import pyarrow.parquet as pq

    files = _Shard(store, merged.plan, index, scratch)
    with files.open("timings") as path, pq.ParquetFile(path) as file:
        merged.latency.add(file.read(["seconds"], use_threads=False)["seconds"].to_numpy())
    if "audit" in files.digests:
        with files.open("audit") as path:
            merged.audit.add(bias_pb2.AuditState.FromString(path.read_bytes()))
    rows = 0
    with files.open("results") as path, pq.ParquetFile(path) as file:
        files.check_schema(file.schema_arrow)
        for batch in file.iter_batches(_BATCH, use_threads=file.metadata.num_rows > _BATCH):
            rows += len(batch)
            yield batch
    if rows != merged.plan.shard_range(index)[1]:
        raise files.broken(f"{rows} results of {merged.plan.shard_range(index)[1]} assets")


class _Shard:
    """The files of a shard, held against its marker."""

    def __init__(self, store: Store, plan: Plan, index: int, scratch: Path) -> None:
        self._store, self._plan, self._index, self._scratch = store, plan, index, scratch
        marker = plan.marker(store, index)
        if marker is None:
            raise self.broken("its marker has gone")
        self.digests: dict[str, str] = marker["sha256"]

    @contextmanager
    def open(self, kind: str) -> Iterator[Path]:
        """A file of the shard on this machine. Raises ``InvalidInput`` where it was damaged."""
        name = self._plan.file_of(kind, self._index)
        path = self._scratch / kind
        self._store.get(name, path)
        try:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != self.digests[kind]:
                    raise self.broken(f"{name} is not as it was written")
            yield path
        finally:
            path.unlink()

    def check_schema(self, schema: pa.Schema) -> None:
        """Raise ``InvalidInput`` where the results have other columns than this version's."""
        ours = results_schema()
        if not schema.equals(ours) or schema.metadata != ours.metadata:
            raise self.broken("its results are of another version of gencheck")

    def broken(self, what: str) -> InvalidInput:
        """The error of a shard that cannot be merged."""
        return InvalidInput(
            f"shard {self._index}: {what}",
            where=self._store.url,
            fix="Remove its marker (shards/done-…) and run the same command again.",
        )


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, made in a thread that is at most ``_AHEAD`` of them ahead."""
    line: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(item: T | None, error: BaseException | None) -> bool:
        while not stop.is_set():
            with suppress(queue.Full):
                line.put((item, error), timeout=0.1)
                return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not put(item, None):
                    return
            put(None, None)
        except BaseException as error:  # raised again where the items are taken
            put(None, error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            item, error = line.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        thread.join()
