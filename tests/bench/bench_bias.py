"""How fast an audit is: counts and pictures over gRPC, records of people, states of many shards.

    python tests/bench/bench_bias.py [--records 10000000] [--calls 300]

The server is a process of its own with one core. Memory of records is that of a process that counts
them all, beside one that counts a tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import cv2
from skimage.data import astronaut

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, StateSum, state_of
from gencheck.bias.records import read_tables
from gencheck.client import AsyncClient
from gencheck.deadline import NO_DEADLINE
from gencheck.errors import GencheckError
from gencheck.inputs import inline_asset
from gencheck.v1 import bias_pb2 as pb

CROSS = [("gender", "age")]
SHARDS = 64
KINDS = [
    f"a {who},{gender},{age},{tone}\n"
    for who in ("doctor", "nurse", "judge", "cook")
    for gender in ("woman", "man", "")
    for age in ("20-39", "40-59", "60+")
    for tone in range(1, 10)
]
HEAD = "prompt,gender,age,tone\n"


def table(prompt: str, *counts: int) -> pb.CountTable:
    """Counts of one attribute."""
    entries = [pb.CategoryCount(category=f"c{i}", count=n) for i, n in enumerate(counts)]
    return pb.CountTable(prompt=prompt, attribute="perceived_gender", counts=entries)


def requests() -> dict[str, pb.AuditRequest]:
    """What is sent, each again and again: of earlier answers only the power of a size is kept."""
    prompts = [table(f"prompt {i}", 20 + i, 30) for i in range(20)]
    matrix = pb.ConfusionMatrix(
        attribute="perceived_gender", categories=["c0", "c1"], counts=[382, 198, 75, 507]
    )
    tones = table("", *range(8, 18))
    return {
        "2 categories": pb.AuditRequest(tables=[table("", 221, 179)]),
        "10 categories": pb.AuditRequest(tables=[tones]),
        "20 prompts, 2 categories": pb.AuditRequest(tables=prompts),
        "2 categories, corrected": pb.AuditRequest(
            tables=[table("", 221, 179)], confusions=[matrix]
        ),
    }


def cpu_seconds(process: int) -> float:
    """CPU time of a process so far; unlike a latency it bears a busy machine."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def timed(
    name: str, calls: int, ask: Callable[[], Awaitable[object]], asked: str, server: int
) -> None:
    """Prints median and p95 of a call, and the server's CPU time, in milliseconds."""
    for _ in range(5):
        await ask()
    taken, used = [], cpu_seconds(server)
    for _ in range(calls):
        start = time.perf_counter()
        await ask()
        taken.append(1000 * (time.perf_counter() - start))
    used = 1000 * (cpu_seconds(server) - used) / calls
    worst = statistics.quantiles(taken, n=20)[-1]
    middle = statistics.median(taken)
    print(f"| {name} | {middle:.1f} | {worst:.1f} | {asked} | {used:.1f} |", flush=True)


async def print_calls(address: str, calls: int, server: int) -> None:
    """Calls one after the other."""
    _, data = cv2.imencode(".png", cv2.resize(astronaut()[:, :, ::-1], (512, 512)))
    picture = inline_asset(data.tobytes(), "astronaut.png")
    print("\n| one call over gRPC | median ms | p95 ms | asked p95 | server's CPU ms |")
    print("|---|---:|---:|---:|---:|")
    async with AsyncClient(address) as client:
        async with asyncio.timeout(120):
            while True:
                try:
                    await client.audit(requests()["2 categories"])
                    break
                except GencheckError:
                    await asyncio.sleep(0.2)
        for name, request in requests().items():
            asked = "–" if "corrected" in name or "prompts" in name else "5"
            await timed(name, calls, lambda r=request: client.audit(r), asked, server)
        await timed(
            "one picture, 512²",
            max(20, calls // 6),
            lambda: client.audit_images([picture]),
            "100",
            server,
        )


def serve_and_print(calls: int) -> None:
    """Runs a server and asks it."""
    command = [sys.executable, "-m", "gencheck", "serve", "bias", "--port", "0", "--cores", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().removeprefix("listening on ").strip()
            asyncio.run(print_calls(address, calls, process.pid))
        finally:
            process.terminate()


def write_records(path: Path, records: int) -> None:
    """A file of so many people."""
    chosen = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for start in range(0, records, 100_000):
            file.writelines(chosen.choices(KINDS, k=min(100_000, records - start)))


def count(path: Path) -> None:
    """Counts a file, and prints seconds and the most memory of this process."""
    start = time.perf_counter()
    with path.open("rb") as file:
        tables = read_tables(file, name=path.name, crosses=CROSS)
    audit_tables(state_of(tables), {}, deadline=NO_DEADLINE)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - start:.1f} {most:.0f}")


def print_records(records: int) -> None:
    """Time and memory of records, whole and a tenth."""
    print("\n| labelled records, crossed and audited | s | most memory, MB |\n|---:|---:|---:|")
    for people in (records // 10, records):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "records.csv"
            write_records(path, people)
            ran = subprocess.run(
                [sys.executable, __file__, "--count", str(path)],
                capture_output=True,
                text=True,
                check=True,
            )
        seconds, memory = ran.stdout.split()
        print(f"| {people:,} | {seconds} | {memory} |", flush=True)
    print("asked: 10,000,000 in less than 60 s, memory flat")


def print_shards() -> None:
    """Whether the audit of a set is that of its shards, whatever their order."""
    chosen = random.Random(2)
    rows = chosen.choices(KINDS, k=100_000)
    whole = state_of(_tables(rows))
    states = [state_of(_tables(rows[i::SHARDS])) for i in range(SHARDS)]
    reports = set()
    for _ in range(5):
        chosen.shuffle(states)
        total = StateSum()
        for state in states:
            total.add(state)
        report = audit_tables(total.state(), {}, deadline=NO_DEADLINE)
        reports.add(repr((report.audits, report.measurements, report.outcomes)))
    one = audit_tables(whole, {}, deadline=NO_DEADLINE)
    reports.add(repr((one.audits, one.measurements, one.outcomes)))
    print(f"\n1 against {SHARDS} shards in 5 orders: {len(reports)} different report(s)")


def _tables(rows: list[str]) -> tuple[CountTable, ...]:
    data = io.BytesIO((HEAD + "".join(rows)).encode())
    return read_tables(data, name="records", crosses=CROSS)


def main() -> None:
    """Print all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--count", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count:
        count(options.count)
        return
    print_shards()
    serve_and_print(options.calls)
    print_records(options.records)


if __name__ == "__main__":
    main()
