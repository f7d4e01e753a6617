"""Restart every process of a fleet in turn, under load: which calls are lost?

    python -m chaos.rolling [--rate 4] [--deadline 20]

Two replicas of every service, two routers, a client that knows both. SIGTERM, wait for the end,
start again, wait until SERVING, next. A call that a server accepted must be answered; one that it
refuses is UNAVAILABLE, and trying again succeeds. The servers' own logs say what they accepted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from chaos.assets import Ask, make_asks
from chaos.fleet import Fleet, Process, run_to_the_end, running
from chaos.load import Answer, Caller, Golden, Kind, golden_of

_TRIES = 4
_PAUSE_SECONDS = 0.2


@dataclass
class Row:
    """What calls saw while one process was restarted.

    Attributes:
        degraded: calls that were answered, but without a check that was being restarted.
        refused: tries that ended with UNAVAILABLE before any server took them.
        lost: calls that no try answered, and tries that broke after a server had taken them.
    """

    process: str
    exit_status: int
    seconds: float
    calls: int = 0
    right: int = 0
    degraded: int = 0
    refused: int = 0
    lost: int = 0
    why: list[str] = field(default_factory=list)


class PatientCaller:
    """Tries again on UNAVAILABLE, as every client should."""

    def __init__(self, target: str, deadline: float) -> None:
        self._caller = Caller(target)
        self._deadline = deadline
        self.tries: list[list[Answer]] = []
        self._calls: set[asyncio.Task[None]] = set()

    def call(self, ask: Ask) -> None:
        """Start one call."""
        task = asyncio.create_task(self._call(ask))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _call(self, ask: Ask) -> None:
        tries = [await self._caller.ask(ask, self._deadline)]
        while tries[-1].code == "UNAVAILABLE" and len(tries) < _TRIES:
            await asyncio.sleep(_PAUSE_SECONDS)
            tries.append(await self._caller.ask(ask, self._deadline))
        self.tries.append(tries)

    async def settled(self) -> None:
        """No call is under way."""
        await asyncio.gather(*self._calls)

    async def golden(self, asks: Sequence[Ask]) -> Golden:
        """What a healthy fleet says."""
        return await golden_of(self._caller, asks)

    async def aclose(self) -> None:
        """Close the channel."""
        await self._caller.aclose()


async def restart_all(fleet: Fleet, asks: Sequence[Ask], rate: float, deadline: float) -> list[Row]:
    """Every process once; a row each."""
    caller = PatientCaller(fleet.target, deadline)
    golden = await caller.golden(asks)
    loading = asyncio.create_task(_load(caller, asks, rate))
    rows, ends = [], []
    for process in _in_turn(fleet):
        begin = time.monotonic()
        status = await process.stop()
        await process.start()
        await process.serving()
        await asyncio.sleep(1.0)
        rows.append(Row(process.log.stem, status, time.monotonic() - begin))
        ends.append(time.monotonic())
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)
    await caller.settled()
    await caller.aclose()
    accepted = accepted_ids(process.log for process in fleet.routers)
    for tries in caller.tries:
        at = next((n for n, end in enumerate(ends) if tries[0].started <= end), -1)
        tell(rows[at], tries, golden, accepted)
    return rows


def _in_turn(fleet: Fleet) -> list[Process]:
    services = [process for replicas in fleet.services.values() for process in replicas]
    return [*services, *fleet.routers]


async def _load(caller: PatientCaller, asks: Sequence[Ask], rate: float) -> None:
    begin, number = time.monotonic(), 0
    while True:
        await asyncio.sleep(begin + number / rate - time.monotonic())
        caller.call(asks[number % len(asks)])
        number += 1


def accepted_ids(logs: Iterable[Path]) -> set[str]:
    """Ids of the calls that a server took: all that it logs, but those that it refused at once."""
    found = set()
    for log in logs:
        for line in log.read_text().splitlines():
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("event") == "rpc" and entry.get("code") != "UNAVAILABLE":
                found.add(entry["request_id"])
    return found


def tell(row: Row, tries: Sequence[Answer], golden: Golden, accepted: set[str]) -> None:
    """Add one call to the figures."""
    row.calls += 1
    last = tries[-1]
    match golden.kind(last):
        case Kind.RIGHT:
            row.right += 1
        case Kind.INCONCLUSIVE:
            row.degraded += 1
        case kind:
            row.lost += 1
            row.why.append(f"{last.ask}: {kind} {last.code} {last.detail}")
    for answer in tries[:-1]:
        row.refused += 1
        if answer.request_id in accepted or answer.verdicts:  # broken in the middle
            row.lost += 1
            row.why.append(f"{answer.ask}: accepted, then {answer.code} {answer.detail}")


def table_of(rows: Sequence[Row]) -> Table:
    """For people."""
    table = Table(box=None, padding=(0, 1))
    table.add_column("restarted", no_wrap=True)
    names = ("exit", "seconds", "calls", "right", "degraded", "refused", "lost")
    for name in names:
        table.add_column(name, justify="right")
    for row in rows:
        figures = (row.calls, row.right, row.degraded, row.refused, row.lost)
        seconds = f"{row.seconds:.1f}"
        table.add_row(row.process, str(row.exit_status), seconds, *map(str, figures))
    return table


async def run(rate: float, deadline: float) -> list[Row]:
    """The figures of one round on a fleet of its own."""
    async with running(replicas=2, routers=2, proxied=False, with_triton=False) as fleet:
        return await restart_all(fleet, make_asks(), rate, deadline)


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description="Restart every process in turn, under load.")
    parser.add_argument("--rate", type=float, default=4.0, help="calls a second")
    parser.add_argument("--deadline", type=float, default=20.0, help="seconds of each try")
    parser.add_argument("--out", type=Path, default=Path("out/chaos"))
    options = parser.parse_args()
    rows = run_to_the_end(run(options.rate, options.deadline))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "rolling.json").write_text(json.dumps([asdict(r) for r in rows], indent=1))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table_of(rows))
    for row in rows:
        for why in row.why:
            console.print(f"{row.process}: {why}", style="red", highlight=False)
    total = sum(row.calls for row in rows)
    lost = sum(row.lost for row in rows)
    console.print(
        f"{len(rows)} restarts, {total} calls: {lost} lost, "
        f"{sum(row.refused for row in rows)} refused and tried again, "
        f"{sum(row.degraded for row in rows)} without the check that was restarted",
        highlight=False,
    )
    sys.exit(lost > 0)


if __name__ == "__main__":
    main()
