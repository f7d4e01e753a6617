"""The commands around models and policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from gencheck.cli import exits, show
from gencheck.codes import CODES
from gencheck.errors import GencheckError
from gencheck.policy_file import built_in_policies, load_policy

if TYPE_CHECKING:
    from gencheck.inference.store import ModelStatus, ModelStore

models = typer.Typer(help="The models that play roles.", no_args_is_help=True)
policy = typer.Typer(help="What an organisation minds.", no_args_is_help=True)

_STYLES = {"installed": "green", "missing": "dim", "corrupt": "bold red"}


def _store() -> ModelStore:
    from gencheck.inference.store import ModelStore, default_store, shipped_models

    return ModelStore(default_store(), shipped_models())


@models.command("list")
def list_models() -> None:
    """Every model of the catalog, and whether it is installed."""
    _print_models(_store().list_models())


@models.command()
def verify() -> None:
    """Hash what is installed and compare it with the catalog."""
    statuses = _store().verify()
    _print_models(statuses)
    if any(status.state.value == "corrupt" for status in statuses):
        raise typer.Exit(exits.INTERNAL)


@models.command()
def install(
    profile: Annotated[str, typer.Argument(help="embedded, standard, research or full.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Look for the files here first, by sha256."),
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept licences that do not allow every use.")
    ] = False,
) -> None:
    """Fetch the models of a profile; what is there and intact stays."""
    console = Console(highlight=False, soft_wrap=True)
    _store().install(
        profile,
        source_dir=source,
        accept_licence=accept_licence,
        progress=lambda model, what: console.print(f"{model}: {what}", markup=False),
    )


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


def _print_models(statuses: list[ModelStatus]) -> None:
    table = Table(box=None)
    for column in ("model", "role", "profile", "licence", "state"):
        table.add_column(column)
    for status in statuses:
        entry = status.entry
        state = f"[{_STYLES[status.state.value]}]{status.state.value}[/]"
        if status.problem:
            state += f": {status.problem}"
        table.add_row(entry.name, entry.role, entry.profile, entry.licence, state)
    Console().print(table)
