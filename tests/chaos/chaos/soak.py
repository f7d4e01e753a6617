"""A steady mixed load on the real fleet for a long time: what grows? ``make soak MINUTES=30``.

    python -m chaos.soak [--minutes 30] [--rate 4] [--warm-up 5]

Samples memory, descriptors and threads of every process (its decoders counted with it), shared
memory, temporary files and latencies; prints a table with slopes by Theil and Sen, which single
outliers do not move, and writes ``out/chaos/soak.json`` and ``soak.svg``. Exit status 1 where a
process grows by more than 1 MB a minute, or an answer is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import theilslopes

from chaos.assets import Ask, make_asks
from chaos.chart import Line, chart
from chaos.fleet import Fleet, run_to_the_end, running
from chaos.load import Caller, Golden, Kind, Load, count, golden_of
from chaos.memory import Held, files_in, held_by, shared_segments

MOST_MB_A_MINUTE = 1.0
SAMPLE_SECONDS = 5.0


@dataclass
class Samples:
    """What was seen, sample by sample; minutes since the start."""

    minutes: list[float] = field(default_factory=list)
    held: dict[str, list[Held]] = field(default_factory=dict)
    shared: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def take(self, fleet: Fleet, minutes: float, seconds: Sequence[float]) -> None:
        """Add one. Args: seconds: latencies of the calls since the last one."""
        self.minutes.append(minutes)
        for process in fleet.everybody:
            self.held.setdefault(process.log.stem, []).append(held_by(process.pid))
        self.shared.append(shared_segments())
        self.files.append(files_in(fleet.folder / "tmp"))
        self.p50.append(statistics.median(seconds) if seconds else math.nan)
        self.p99.append(sorted(seconds)[int(0.99 * (len(seconds) - 1))] if seconds else math.nan)


@dataclass(frozen=True, slots=True)
class Growth:
    """How one process changed after the warm-up; slopes in MB a minute, with their 95 % range."""

    process: str
    before: Held
    after: Held
    slope: float
    low: float
    high: float


def growth_of(name: str, minutes: Sequence[float], held: Sequence[Held], warm_up: float) -> Growth:
    """The slope of a process's memory. Source: Sen 1968, https://doi.org/10.2307/2285891."""
    kept = [(m, h) for m, h in zip(minutes, held, strict=True) if m >= warm_up] or [
        (minutes[-1], held[-1])
    ]
    first, last = kept[0][1], kept[-1][1]
    if len(kept) < 3:
        return Growth(name, first, last, math.nan, math.nan, math.nan)
    slope, _, low, high = theilslopes([h.rss for _, h in kept], [m for m, _ in kept])
    return Growth(name, first, last, float(slope), float(low), float(high))


async def soak(
    fleet: Fleet, asks: Sequence[Ask], *, minutes: float, rate: float, deadline: float
) -> tuple[Samples, dict[str, int]]:
    """Load and samples; how many answers of each kind."""
    caller = Caller(fleet.target)
    golden = await golden_of(caller, asks)
    load, samples, kinds = Load(caller, asks, rate, deadline), Samples(), dict.fromkeys(Kind, 0)
    load.start()
    start = time.monotonic()
    while (passed := time.monotonic() - start) < minutes * 60:
        await asyncio.sleep(SAMPLE_SECONDS)
        samples.take(fleet, passed / 60, _collect(load, golden, kinds))
    await load.stop()
    _collect(load, golden, kinds)
    await caller.aclose()
    return samples, {str(kind): number for kind, number in kinds.items() if number}


def _collect(load: Load, golden: Golden, kinds: dict[Kind, int]) -> list[float]:
    """Count the answers since the last time, and forget them; their latencies."""
    answers, load.answers = load.answers, []
    for kind, number in count(answers, golden).items():
        kinds[kind] += number
    return [answer.ended - answer.scheduled for answer in answers]


def table_of(growths: Sequence[Growth]) -> Table:
    """For people."""
    table = Table(box=None, padding=(0, 1))
    table.add_column("process", no_wrap=True)
    for name in ("RSS MB", "MB/min", "95 %", "fds", "threads", "processes"):
        table.add_column(name, justify="right", no_wrap=True)
    for growth in growths:
        a, b = growth.before, growth.after
        table.add_row(
            growth.process,
            f"{a.rss:.0f} → {b.rss:.0f}",
            f"{growth.slope:+.2f}",
            f"{growth.low:+.2f} … {growth.high:+.2f}",
            f"{a.fds} → {b.fds}",
            f"{a.threads} → {b.threads}",
            f"{a.processes} → {b.processes}",
            style="bold red" if growth.slope > MOST_MB_A_MINUTE else None,
        )
    return table


def picture_of(samples: Samples) -> str:
    """Memory and latency over time, as SVG."""
    memory = [Line(name, [h.rss for h in held]) for name, held in samples.held.items()]
    latency = [Line("p50", samples.p50), Line("p99", samples.p99)]
    return chart(samples.minutes, {"resident memory, MB": memory, "latency, s": latency})


async def run(options: argparse.Namespace) -> tuple[Samples, dict[str, int]]:
    """A fleet of its own, without proxies."""
    async with running(proxied=False) as fleet:
        try:
            return await soak(
                fleet,
                make_asks(),
                minutes=options.minutes,
                rate=options.rate,
                deadline=options.deadline,
            )
        finally:
            fleet.keep_logs(options.out / "soak-logs")


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description="A steady mixed load for a long time.")
    add = parser.add_argument
    add("--minutes", type=float, default=30.0)
    add("--warm-up", type=float, default=None, help="minutes; by default a third, 5 at most")
    add("--rate", type=float, default=4.0, help="calls a second")
    add("--deadline", type=float, default=10.0, help="seconds of each call")
    add("--out", type=Path, default=Path("out/chaos"))
    options = parser.parse_args()
    warm_up = min(5.0, options.minutes / 3) if options.warm_up is None else options.warm_up
    samples, kinds = run_to_the_end(run(options))
    growths = [
        growth_of(name, samples.minutes, held, warm_up) for name, held in samples.held.items()
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "soak.json").write_text(json.dumps(asdict(samples)) + "\n")
    (options.out / "soak.svg").write_text(picture_of(samples))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table_of(growths))
    half = len(samples.p50) // 2
    drift = [statistics.median(part) * 1e3 for part in (samples.p50[:half], samples.p50[half:])]
    console.print(
        f"{options.minutes:g} min, {sum(kinds.values())} calls: {kinds}; "
        f"median latency {drift[0]:.0f} ms in the first half, {drift[1]:.0f} ms in the second; "
        f"/dev/shm {samples.shared[0]} → {samples.shared[-1]} entries, "
        f"temporary files {samples.files[0]} → {samples.files[-1]}",
        highlight=False,
    )
    console.print(f"Chart: {(options.out / 'soak.svg').resolve()}", highlight=False)
    wrong = {str(Kind.WRONG), str(Kind.WRONG_PASS), str(Kind.LOST)} & kinds.keys()
    died = [growth.process for growth in growths if not growth.after.processes]
    if died:
        console.print(f"Died: {', '.join(died)}; see the logs beside the chart", style="bold red")
    sys.exit(bool(wrong or died) or any(g.slope > MOST_MB_A_MINUTE for g in growths))


if __name__ == "__main__":
    main()
