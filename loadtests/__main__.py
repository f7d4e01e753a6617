"""``python -m loadtests run SCENARIO``: a load test with a verdict; see docs/loadtests.md."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gencheck.cli.exits import INTERNAL, INTERRUPTED, USAGE, of_error
from gencheck.errors import Cancelled, GencheckError
from loadtests.charts import seconds_text
from loadtests.records import Records
from loadtests.report import write_report
from loadtests.run import Options, Outcome, run
from loadtests.scenario import load_scenario
from loadtests.slo import SLO_FILE, load_slo
from loadtests.summary import ALL
from loadtests.verdict import EXIT_STATUS


def main() -> int:
    """Parse the options and run; the exit status of the house."""
    parser = _parser()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the way down is the same
    try:
        options = parser.parse_args()
    except SystemExit as leaving:
        return USAGE if leaving.code else 0
    console = Console(stderr=True, soft_wrap=True)
    try:
        status: int = options.run(options, console)
    except (Cancelled, KeyboardInterrupt) as error:
        console.print(str(error) or "interrupted", markup=False)
        return INTERRUPTED
    except GencheckError as error:
        console.print(f"error: {error}", markup=False)
        return of_error(error)
    except Exception:  # Python's own 1 would read as a FAIL
        console.print_exception()
        return INTERNAL
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run", help="offer a scenario and judge what came of it")
    one.add_argument("scenario", help="of loadtests/scenarios, or the path of a .toml")
    one.add_argument("--target", default="", metavar="HOST:PORT", help="a router that runs already")
    one.add_argument("--stubs", action="store_true", help="ask made-up services")
    one.add_argument("--slo", type=Path, default=SLO_FILE, metavar="FILE")
    one.add_argument("--out", type=Path, metavar="DIR")
    one.add_argument("--clients", type=int, metavar="N", help="client processes")
    one.add_argument("--cores", type=int, default=1, help="of each real service")
    one.set_defaults(run=_run)
    page = commands.add_parser("report", help="write report.html of an earlier run anew")
    page.add_argument("folder", type=Path)
    page.set_defaults(run=_report)
    return parser


def _run(options: argparse.Namespace, console: Console) -> int:
    scenario = load_scenario(options.scenario)
    slo = load_slo(scenario.slo, options.slo)
    moment = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    out = options.out or Path("out") / "loadtest" / f"{scenario.name}-{moment}"
    wanted = Options(
        out=out.absolute(),
        target=options.target,
        stubs=options.stubs,
        clients=options.clients,
        cores=options.cores,
        say=lambda text: console.print(text, style="dim", markup=False, highlight=False),
    )
    outcome = asyncio.run(run(scenario, slo, wanted))
    _print(outcome, Console(width=None if sys.stdout.isatty() else 120, soft_wrap=True))
    return INTERRUPTED if outcome.broken_off else EXIT_STATUS[outcome.verdict.verdict]


def _print(outcome: Outcome, console: Console) -> None:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("phase", "assets"):
        table.add_column(name, no_wrap=True)
    for name in ("offered", "answered/s", "refused", "late", "errors", "p50", "p99", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in outcome.figures:
        if one.kind != ALL and sum(f.phase == one.phase for f in outcome.figures) == 2:
            continue  # the only class of its phase
        times = (one.latency.get(name) for name in ("p50", "p99", "max"))
        table.add_row(
            one.phase,
            one.kind,
            f"{one.offered:,}",
            f"{one.goodput:.1f}",
            f"{one.refused:,}",
            f"{one.late:,}",
            f"{one.unavailable + one.failed:,}",
            *("–" if value is None else seconds_text(value) for value in times),
        )
    console.print(table)
    for reason in outcome.verdict.reasons:
        console.print(f"  {reason}", markup=False, highlight=False)
    console.print(f"{outcome.verdict.verdict.value}: {outcome.folder}", markup=False)


def _report(options: argparse.Namespace, _console: Console) -> int:
    said = json.loads((options.folder / "verdict.json").read_text())
    records = Records.load(options.folder / "records.npz")
    write_report(options.folder / "report.html", said, records)
    return 0


if __name__ == "__main__":
    sys.exit(main())
