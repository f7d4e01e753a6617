"""The commands around policies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gencheck.cli import exits, show
from gencheck.codes import CODES
from gencheck.errors import GencheckError
from gencheck.policy_file import built_in_policies, load_policy

policy = typer.Typer(help="What an organisation minds.", no_args_is_help=True)


@policy.command("check")
def check_policy(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Policy files.")],
) -> None:
    """Read policies strictly; say what is wrong and in which line."""
    console = Console(highlight=False, soft_wrap=True)
    broken = False
    for path in files:
        try:
            read = load_policy(path)
        except GencheckError as error:
            show.error_line(error)
            broken = True
            continue
        console.print(
            f"{path}: policy {read.name} {read.version}, {len(read.thresholds)} thresholds, "
            f"sha256 {read.sha256[:12]}",
            markup=False,
        )
    raise typer.Exit(exits.BAD_INPUT if broken else 0)


@policy.command("list")
def list_policies() -> None:
    """The policies that gencheck ships."""
    console = Console(highlight=False)
    for name in built_in_policies():
        console.print(name)


@policy.command()
def codes() -> None:
    """Every published code, what it measures and in which unit."""
    table = Table(box=None)
    for column in ("code", "check", "what", "unit"):
        table.add_column(column)
    for code, entry in CODES.items():
        table.add_row(code, entry.check, entry.title, entry.unit)
    Console().print(table)
