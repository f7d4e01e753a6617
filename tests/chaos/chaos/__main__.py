"""Hurt a fleet of real processes in every way, one after another: ``make chaos``.

    python -m chaos [--only TEXT]… [--replicas 2] [--rate 3] [--deadline 3] [--seconds 5]

Prints a table and writes ``out/chaos/faults.json``. Exit status 1 where a promise was broken: a
wrong PASS, another wrong answer, INTERNAL, a call that hangs, or a fleet that does not recover.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from chaos.assets import make_asks
from chaos.faults import Trial, trials
from chaos.fleet import Fleet, run_to_the_end, running
from chaos.judge import Row, run_trial, summary_of, table_of
from chaos.liar import Liar
from chaos.load import Caller, golden_of


async def run(options: argparse.Namespace) -> list[Row]:
    """All trials that were chosen, on one fleet."""
    liar = Liar()
    await liar.start()
    asks = make_asks()
    try:
        async with running(replicas=options.replicas, routers=options.replicas) as fleet:
            caller = Caller(fleet.target)
            golden = await golden_of(caller, asks)
            rows = []
            for trial in _chosen(fleet, liar, options.only):
                row = await run_trial(
                    trial,
                    caller,
                    asks,
                    golden,
                    rate=options.rate,
                    deadline=options.deadline,
                    seconds=options.seconds,
                )
                rows.append(row)
                _say(row)
            await caller.aclose()
            if options.logs:
                fleet.keep_logs(options.out / "logs")
            return rows
    finally:
        await liar.aclose()


def _chosen(fleet: Fleet, liar: Liar, only: list[str]) -> list[Trial]:
    return [t for t in trials(fleet, liar) if not only or any(word in t.name for word in only)]


def _say(row: Row) -> None:
    broken = "; ".join(row.broken_promises)
    sys.stderr.write(f"{row.target}: {row.fault}: {broken or 'as promised'}\n")


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add = parser.add_argument
    add("--only", action="append", default=[], metavar="TEXT", help="faults whose name has this")
    add("--replicas", type=int, default=1, help="of each service and the router; the first is hurt")
    add("--rate", type=float, default=3.0, help="calls a second")
    add("--deadline", type=float, default=3.0, help="seconds of each call")
    add("--seconds", type=float, default=5.0, help="how long a fault lasts")
    add("--out", type=Path, default=Path("out/chaos"), help="folder for the figures")
    add("--logs", action="store_true", help="keep the logs of the processes there")
    options = parser.parse_args()
    rows = run_to_the_end(run(options))
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / ("faults.json" if options.replicas == 1 else "faults_replicas.json")
    file.write_text(json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table_of(rows))
    console.print(summary_of(rows), highlight=False)
    sys.exit(any(row.broken_promises for row in rows))


if __name__ == "__main__":
    main()
