"""The commands around policies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gencheck.cli import exits, show
from gencheck.codes import CODES
from gencheck.errors import GencheckError
from gencheck.policy import Policy
from gencheck.policy_file import built_in_policies, read_text
from gencheck.policy_reader import read_policies

commands = typer.Typer(help="What an organisation minds.", no_args_is_help=True)


@commands.command("check")
def check_policy(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Policy files.")],
) -> None:
    """Read policies strictly; say all that is wrong, and in which line."""
    console = Console(highlight=False, soft_wrap=True)
    broken = False
    for path in files:
        policies, errors = _read(path)
        for error in errors:
            show.error_line(error)
        for policy in policies:
            console.print(
                f"{path}: policy {policy.name} {policy.version}, "
                f"{len(policy.thresholds)} thresholds, sha256 {policy.sha256[:12]}",
                markup=False,
            )
        for ended in _ended_waivers(policies):
            show.note(f"{path}: {ended}")
        broken = broken or bool(errors)
    raise typer.Exit(exits.BAD_INPUT if broken else 0)


def _read(path: Path) -> tuple[Sequence[Policy], Sequence[GencheckError]]:
    try:
        return read_policies(read_text(path), where=str(path))
    except GencheckError as error:
        return [], [error]


def _ended_waivers(policies: Sequence[Policy]) -> list[str]:
    """Said once, though each surface has those of its policy."""
    today = dt.datetime.now(dt.UTC).date()
    return [
        f"the waiver of {waiver.code} ended on {waiver.until}: the code counts again"
        for waiver in dict.fromkeys(waiver for policy in policies for waiver in policy.waivers)
        if waiver.until < today
    ]


@commands.command("list")
def list_policies() -> None:
    """The policies that gencheck ships."""
    console = Console(highlight=False)
    for name in built_in_policies():
        console.print(name)


@commands.command()
def codes() -> None:
    """Every published code, what it measures and in which unit."""
    table = Table(box=None)
    for column in ("code", "check", "what", "unit"):
        table.add_column(column)
    for code, entry in CODES.items():
        table.add_row(code, entry.check, entry.title, entry.unit)
    Console().print(table)
