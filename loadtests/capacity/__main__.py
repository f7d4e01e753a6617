"""``python -m loadtests.capacity --fit RUN… --check RUN``: see docs/loadtests.md."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from gencheck.cli.exits import USAGE, of_error
from gencheck.errors import GencheckError, InvalidArgument
from loadtests.capacity.check import Checked, check
from loadtests.capacity.model import Model, build, load_run
from loadtests.capacity.project import Fleet, Plan, project
from loadtests.charts import seconds_text
from loadtests.scenario import CLASSES

ASSUMPTIONS = (
    "a fleet's cores are like this machine's, and as much of them can be used as here: what the "
    "client and neighbours took is in that share",
    "CPU time an asset does not depend on the rate; caches and batching on a GPU make it less",
    "arrivals are independent (Poisson), spread evenly over the replicas, none of which is down",
    "assets are like the samples: the demands of other sizes have to be measured",
    "a replica needs as much memory as it did here",
    "the network carries requests only, by value; answers and retries are not counted",
)


def main() -> int:
    """Fit, check, project, print; the exit status of the house."""
    try:
        options = _parser().parse_args()
    except SystemExit as leaving:
        return USAGE if leaving.code else 0
    width = None if sys.stdout.isatty() else 140
    console = Console(width=width, soft_wrap=True, highlight=False)
    try:
        model = build([load_run(folder) for folder in options.fit])
        mix = _pairs(options.mix) if options.mix else {}
        checked = None
        if options.check:
            run = load_run(options.check)
            mix = mix or run.said["phases"][0]["mix"]
            bound = options.p99 or 4 * float(np.quantile(model.latencies(mix), 0.99))
            checked = check(model, run, bound)
        mix = mix or dict.fromkeys(model.alone, 1.0)
        bound = options.p99 or 4 * float(np.quantile(model.latencies(mix), 0.99))
        plan = Plan(
            options.rate,
            mix,
            bound,
            options.replica_cores,
            options.busiest,
            _pairs(options.gpu_seconds),
        )
        try:
            fleet = project(model, plan)
        except ValueError as error:
            raise InvalidArgument(str(error), where="--p99") from None
    except GencheckError as error:
        print(f"error: {error}", file=sys.stderr)
        return of_error(error)
    _print(console, model, checked, fleet)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(as_json(model, checked, fleet), indent=2) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.capacity", description=__doc__)
    parser.add_argument("--fit", type=Path, nargs="+", required=True, metavar="RUN")
    parser.add_argument("--check", type=Path, metavar="RUN", help="a run that is not fitted to")
    parser.add_argument("--rate", type=float, default=10_000.0, help="assets a second of the fleet")
    parser.add_argument("--mix", default="", metavar="CLASS=SHARE,…", help="by default the check's")
    parser.add_argument(
        "--p99", type=float, metavar="SECONDS", help="by default four times that of an idle machine"
    )
    parser.add_argument("--replica-cores", type=int, default=2)
    parser.add_argument("--busiest", type=float, default=0.7, help="most of a replica's cores used")
    parser.add_argument("--gpu-seconds", default="", metavar="CLASS=SECONDS,…", help="an asset")
    parser.add_argument("--out", type=Path, metavar="FILE.json")
    return parser


def _pairs(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for pair in filter(None, text.split(",")):
        kind, _, value = pair.partition("=")
        try:
            found[kind.strip()] = float(value)
        except ValueError:
            raise InvalidArgument("a number is wanted", where=pair) from None
        if kind.strip() not in CLASSES or found[kind.strip()] < 0:
            raise InvalidArgument("no such class", where=pair, fix=f"Known: {', '.join(CLASSES)}.")
    return found


def as_json(model: Model, checked: Checked | None, fleet: Fleet) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "cores": model.cores,
        "efficiency": model.efficiency,
        "demands": dataclasses.asdict(model.demands),
        "checked": None if checked is None else dataclasses.asdict(checked),
        "fleet": {
            **dataclasses.asdict(fleet),
            "replicas": fleet.replicas,
            "cores": [n * fleet.plan.replica_cores for n in fleet.replicas],
            "memory": fleet.memory,
        },
        "assumptions": ASSUMPTIONS,
    }


def _table(console: Console, title: str, names: list[str], rows: list[list[str]]) -> None:
    table = Table(box=None, header_style="dim", title=title, title_justify="left", title_style="b")
    for number, name in enumerate(names):
        table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print()


def _print(console: Console, model: Model, checked: Checked | None, fleet: Fleet) -> None:
    kinds = sorted(model.alone)
    rows = [
        [process, *(f"{1e3 * i.value:.1f} ({1e3 * i.low:.1f}–{1e3 * i.high:.1f})" for i in row)]
        for process, by_kind in model.demands.cpu.items()
        if (row := [by_kind[kind] for kind in kinds])
    ]
    title = "CPU milliseconds an asset, with the middle 90 % of 500 bootstraps"
    _table(console, title, ["process", *kinds], rows)
    console.print(
        f"{model.cores} cores, {model.efficiency:.0%} of them usable when everything is busy\n"
    )
    if checked is not None:
        _print_check(console, checked)
    _print_fleet(console, fleet)


def _print_check(console: Console, checked: Checked) -> None:
    rows = [
        [
            step.phase,
            f"{step.rate:.1f}",
            *(
                "–" if value is None else seconds_text(value)
                for value in (
                    step.predicted_p50,
                    step.measured_p50,
                    step.predicted_p99,
                    step.measured_p99,
                )
            ),
        ]
        for step in checked.steps
    ]
    names = ["step", "assets/s", "p50 predicted", "measured", "p99 predicted", "measured"]
    _table(console, "Checked on a run that it was not fitted to", names, rows)
    above = "no step broke it" if checked.next_rate is None else f"not {checked.next_rate:.1f}"
    console.print(
        f"within {seconds_text(checked.bound)} at p99: predicted {checked.predicted_rate:.1f} "
        f"assets/s, measured {checked.measured_rate:.1f} ({above})"
    )
    known = checked.measured_capacity
    console.print(
        f"at most: predicted {checked.predicted_capacity:.1f} assets/s, "
        f"measured {'–' if known is None else f'{known:.1f}'}\n"
    )


def _print_fleet(console: Console, fleet: Fleet) -> None:
    plan = fleet.plan
    rows = [
        [
            share.process,
            f"{1e3 * share.seconds:.1f} ms",
            f"{share.replicas[0]:,}",
            f"{share.replicas[1]:,}–{share.replicas[2]:,}",
            f"{share.replicas[0] * plan.replica_cores:,}",
            f"{share.utilisation:.0%}",
            f"{share.memory / 1e9:,.0f} GB",
        ]
        for share in fleet.shares
    ]
    expected, low, high = fleet.replicas
    rows.append(
        [
            "together",
            "",
            f"{expected:,}",
            f"{low:,}–{high:,}",
            f"{expected * plan.replica_cores:,}",
            "",
            f"{fleet.memory / 1e9:,.0f} GB",
        ]
    )
    names = ["process", "CPU an asset", "replicas", "90 %", "cores", "used", "memory"]
    title = f"{plan.rate:,.0f} assets/s within {seconds_text(plan.bound)} at p99"
    _table(console, title, names, rows)
    gpus = f"{fleet.gpus[0]:,} GPUs" if plan.gpu_seconds else "no GPU: models ran on cores"
    console.print(f"{gpus}; {fleet.network / 1e9:,.1f} GB/s of requests between processes")
    console.print("Taken for granted:")
    for assumption in ASSUMPTIONS:
        console.print(f"  · {assumption}")


if __name__ == "__main__":
    sys.exit(main())
