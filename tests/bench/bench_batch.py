"""What a batch adds to its checks, and how planning and merging grow with the catalogue.

Everything is made in a temporary folder: at most about 4 GB of disk with the counts of the table.
``--only NAME`` runs one part; the other options give its size.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gencheck.batch.plan import Plan, Terms, prepare
from gencheck.batch.run import Runner
from gencheck.batch.store import Store
from gencheck.batch.worker import Work
from gencheck.batch.writing import RESULTS
from gencheck.compose import Settings, local_client
from gencheck.media.types import Limits

CONNECT = partial(
    local_client,
    Settings(cores=1),
    ("artifact", "consistency", "bias", "mesh", "router"),
    timeout=60,
)
_PLAN = (
    "import sys; from gencheck.batch.plan import *; from gencheck.batch.store import Store;"
    "plan = prepare(Store(sys.argv[2]), sys.argv[1], Terms(), shards=10_000);"
    "assert plan.manifest.rows == int(sys.argv[3])"
)


def catalogue(folder: Path, assets: int) -> Path:
    """A manifest of small pictures, of which 200 are different."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(200):
        pixels = cv2.resize(rng.integers(0, 255, (9, 9, 3), np.uint8), (64, 64))
        noise = rng.normal(0, number % 20, pixels.shape)
        cv2.imwrite(str(folder / f"{number}.png"), np.clip(pixels + noise, 0, 255).astype(np.uint8))
    rows = (
        {"id": f"a{i:06d}", "uri": f"{i % 200}.png", "group": f"g{i % 7}"} for i in range(assets)
    )
    path = folder / "m.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


class Bed:
    """A plan over small pictures, and workers that are warm."""

    def __init__(self, folder: Path, assets: int, shards: int) -> None:
        self.folder, self.manifest = folder, catalogue(folder / "catalogue", assets)
        self.store = Store(str(folder / "out"))
        self.plan = prepare(self.store, str(self.manifest), Terms(), shards=shards)

    def runner(self, workers: int) -> Runner:
        """Workers of one core each; they have checked a shard each before."""
        scratch = self.folder / f"scratch-{workers}"
        scratch.mkdir()
        work = Work(self.plan, self.store, CONNECT, 1, Limits(), scratch)
        runner = Runner(work, workers=workers, tell=lambda rows: None)
        runner.run(range(2 * workers))
        return runner


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bench_overhead(folder: Path, assets: int) -> None:
    """The same assets by the bare client and by a worker, a shard each in turns."""
    shards = 10
    bed = Bed(folder / "overhead", assets, shards)

    async def compare() -> list[tuple[float, float]]:
        pairs = []
        async with CONNECT() as client:
            for index in range(-1, shards):
                rows = bed.plan.manifest.read(*bed.plan.shard_range(max(0, index)))
                start = time.perf_counter()
                for row in rows:
                    await client.check(bed.manifest.parent / row.uri)
                bare = time.perf_counter() - start
                batch = seconds(partial(runner.run, [max(0, index)]))
                if index >= 0:  # the first pair warms up
                    pairs.append((bare / len(rows), batch / len(rows)))
        return pairs

    with bed.runner(1) as runner:
        pairs = asyncio.run(compare())
    bare, batch = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
    added = statistics.median((b - a) * 1e3 for a, b in pairs)
    print(f"{assets:,} pictures of 64 × 64, one core; medians of {shards} pairs, in turns")
    print(f"bare check {bare:.2f} ms, batch {batch:.2f} ms: added {added:+.2f} ms an asset")


def bench_workers(folder: Path, assets: int) -> None:
    """The same shards by one worker and by two, in turns."""
    shards = 20
    bed = Bed(folder / "workers", assets, shards)
    with bed.runner(1) as one, bed.runner(2) as two:
        runs = [
            (seconds(lambda: one.run(range(shards))), seconds(lambda: two.run(range(shards))))
            for _ in range(3)
        ]
    ratio = statistics.median(a / b for a, b in runs)
    rate = statistics.median(assets / b for _, b in runs)
    print(
        f"{assets:,} pictures, two workers against one: {ratio:.2f}× ({rate:,.0f} assets a second)"
    )


def child(*command: str) -> tuple[float, float]:
    """Seconds and peak MB of a process that has to succeed."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1e3


def bench_plan(folder: Path, rows: int) -> None:
    """Survey, fingerprint and search a Parquet manifest for duplicates, and cut it."""
    folder = folder / "plan"
    folder.mkdir()
    path = folder / "m.parquet"
    schema = pa.schema({"id": pa.string(), "uri": pa.string(), "group": pa.string()})
    step = min(rows, 1_000_000)
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=["group"]) as writer:
        for first in range(0, rows, step):
            numbers = np.arange(first, min(rows, first + step), dtype=np.uint64)
            mixed = (numbers * np.uint64(2_654_435_761)) % np.uint64(1 << 32)  # all different
            ids = pc.binary_join_element_wise("asset", pa.array(mixed).cast(pa.string()), "-")
            uris = pc.binary_join_element_wise("s3://catalogue/", ids, ".png", "")
            groups = pa.array(numbers % 500).cast(pa.string())
            writer.write_table(pa.table([ids, uris, groups], schema=schema))
    size = path.stat().st_size / 1e6
    taken, peak = child("-c", _PLAN, str(path), str(folder / "out"), str(rows))
    print(
        f"planning {rows:,} rows ({size:,.0f} MB) into 10,000 shards: {taken:.1f} s, {peak:.0f} MB"
    )
    shutil.rmtree(folder)


def bench_merge(folder: Path, rows: int) -> None:
    """Merge shards of 100,000 rows that are made of real results with other ids and values."""
    bed = Bed(folder / "real", 2_000, 2)
    with bed.runner(1):
        pass
    tables = [_all(bed, kind) for kind in ("results", "timings")]
    each = min(rows, 100_000)
    plan = _wide_plan(bed.plan, rows, rows // each)
    store = Store(str(folder / "wide"))
    plan.write(store)
    Path(store.url, "shards").mkdir()
    rng = np.random.default_rng(0)
    for index in range(plan.shards):
        _wide_shard(store, plan, index, tables, rng)
    size = sum(p.stat().st_size for p in (folder / "wide" / "shards").iterdir()) / 1e6
    taken, peak = child("-m", "gencheck", "batch", "merge", store.url)
    print(f"merging {rows:,} rows ({size:,.0f} MB): {taken:.1f} s, {peak:.0f} MB")
    command = ("-m", "gencheck", "batch", "compare", store.url, store.url)
    taken, peak = child(*command)
    print(f"comparing {rows:,} rows with themselves: {taken:.1f} s, {peak:.0f} MB")
    shutil.rmtree(folder / "wide")


def _all(bed: Bed, kind: str) -> pa.Table:
    paths = [bed.store.where(bed.plan.file_of(kind, i)) for i in range(bed.plan.shards)]
    return pa.concat_tables(pq.read_table(path) for path in paths)


def _wide_plan(plan: Plan, rows: int, shards: int) -> Plan:
    from dataclasses import replace

    return replace(plan, manifest=replace(plan.manifest, rows=rows), shards=shards)


def _wide_shard(
    store: Store, plan: Plan, index: int, tables: Sequence[pa.Table], rng: np.random.Generator
) -> None:
    first, count = plan.shard_range(index)
    numbers = pa.array(np.arange(first, first + count)).cast(pa.string())
    ids = pc.binary_join_element_wise("asset", pc.utf8_lpad(numbers, 9, "0"), "-")
    picks = pa.array(rng.integers(0, tables[0].num_rows, count))
    digests = {}
    for kind, table in zip(("results", "timings"), tables, strict=True):
        wide = table.take(picks).combine_chunks().set_column(0, table.schema.field("id"), ids)
        if kind == "results":
            wide = _other_values(wide, rng)
        path = Path(store.where(plan.file_of(kind, index)))
        pq.write_table(wide, path, row_group_size=4_096, **RESULTS)
        digests[kind] = hashlib.sha256(path.read_bytes()).hexdigest()
    marker = {"plan": plan.fingerprint, "rows": count, "sha256": digests}
    store.write(plan.file_of("done", index), json.dumps(marker).encode())


def _other_values(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Measured values that compress as badly as those of different assets."""
    place = table.schema.get_field_index("measurements")
    lists = table.column(place).chunk(0)
    codes = pc.struct_field(pc.list_flatten(lists), "code")
    values = pa.array(np.round(rng.exponential(1, len(codes)), 4))
    kind = lists.type.value_type
    structs = pa.StructArray.from_arrays([codes, values], fields=list(kind))
    measurements = pa.ListArray.from_arrays(lists.offsets, structs).cast(lists.type)
    return table.set_column(place, table.schema.field(place), measurements)


def bench_resume(folder: Path, trials: int) -> None:
    """Kill a run at a random moment, go on, and compare with a run that nobody harmed."""
    path = catalogue(folder / "resume", 400)
    command = [
        sys.executable,
        "-m",
        "gencheck",
        "batch",
        "run",
        str(path),
        "--shards",
        "20",
        "--out",
    ]

    def run(out: Path, kill_after: float | None = None) -> dict[str, bytes]:
        process = subprocess.Popen([*command, str(out)], stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(kill_after)
        process.kill() if kill_after is not None else None
        process.wait()
        return {p.name: p.read_bytes() for p in sorted(out.glob("shards/results-*"))}

    start = time.perf_counter()
    whole = run(folder / "whole")
    taken = time.perf_counter() - start
    dice, same, cut = random.Random(0), 0, 0
    for _ in range(trials):
        out = folder / "cut"
        cut += len(run(out, dice.uniform(0, taken))) < len(whole)
        same += run(out) == whole
        shutil.rmtree(out)
    print(f"killed at random and resumed: {same} of {trials} identical ({cut} were cut short)")


def main() -> None:
    """Print the figures."""
    parts: dict[str, tuple[Callable[[Path, int], None], int]] = {
        "overhead": (bench_overhead, 10_000),
        "workers": (bench_workers, 2_000),
        "plan": (bench_plan, 100_000_000),
        "merge": (bench_merge, 10_000_000),
        "resume": (bench_resume, 5),
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=parts, help="one part")
    for name, (_, size) in parts.items():
        parser.add_argument(f"--{name}", type=int, default=size, metavar="N", help=f"{size:,}")
    options: Any = parser.parse_args()
    for name in [options.only] if options.only else parts:
        with tempfile.TemporaryDirectory(prefix="gencheck-bench-") as folder:
            parts[name][0](Path(folder), getattr(options, name))


if __name__ == "__main__":
    main()
