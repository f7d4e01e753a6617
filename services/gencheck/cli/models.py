"""``gencheck models``: what there is, what is installed, and how it comes here."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from gencheck.cli import exits
from gencheck.errors import NotFound

if TYPE_CHECKING:
    from gencheck.inference.catalog import CatalogEntry
    from gencheck.inference.store import ModelStatus, ModelStore

models = typer.Typer(help="The models that play roles.", no_args_is_help=True)

_STYLES = {"installed": "green", "missing": "dim", "corrupt": "bold red"}
_WIDTH_OF_A_PIPE = 100

Json = Annotated[bool, typer.Option("--json", help="One JSON object a model and line.")]


def _store() -> ModelStore:
    from gencheck.inference.store import ModelStore, default_store, shipped_models

    return ModelStore(default_store(), shipped_models())


def _console() -> Console:
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
    return Console(highlight=False, width=width)


@models.command("list")
def list_models(as_json: Json = False) -> None:
    """Every model of the catalog, whether it is installed, and which one plays its role."""
    store = _store()
    _print_models(store, store.list_models(), as_json=as_json)


@models.command()
def verify(as_json: Json = False) -> None:
    """Hash what is installed and compare it with the catalog."""
    store = _store()
    statuses = store.verify()
    _print_models(store, statuses, as_json=as_json)
    if any(status.state.value == "corrupt" for status in statuses):
        raise typer.Exit(exits.INTERNAL)


@models.command()
def show(name: Annotated[str, typer.Argument(help="A model of the list.")]) -> None:
    """The card of a model, where it comes from, and what is installed of it."""
    store = _store()
    found = [status for status in store.list_models() if status.entry.name == name]
    if not found:
        raise NotFound(
            f"there is no model {name!r}",
            where=str(store.shipped / "catalog.toml"),
            fix="See what there is with: gencheck models list",
            metadata={"model": name},
        )
    console = _console()
    card = (store.shipped / found[0].entry.card).read_text("utf-8")
    from rich.markdown import Markdown

    console.print(Markdown(card) if console.is_terminal else escape(card), soft_wrap=True)
    facts = _facts(store, found[0])
    width = max(map(len, facts))
    for key, value in facts.items():  # a command must not be broken into lines
        console.print(f"[bold]{key:{width}}[/]  {escape(str(value))}", soft_wrap=True)


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
    """Fetch the models of a profile; what is there and intact stays, what was cut goes on."""
    with InstallLog(Console(highlight=False, soft_wrap=True)) as log:
        _store().install(
            profile,
            source_dir=source,
            accept_licence=accept_licence,
            progress=log.say,
            received=log.received,
        )


class InstallLog:
    """A line for each step; on a terminal also a bar, with speed and time left."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._model = ""

    def __enter__(self) -> InstallLog:
        self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()

    def say(self, model: str, what: str) -> None:
        """What happens to a model; the bar of the one before goes."""
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        self._model = model
        self._console.print(f"{model}: {what}", markup=False)

    def received(self, done: int, total: int) -> None:
        """How far the download of the model is that was spoken of last."""
        if self._task is None:
            # What an earlier try left does not count as speed.
            self._task = self._bar.add_task(self._model, total=total, completed=done)
        self._bar.update(self._task, completed=done)


def _print_models(store: ModelStore, statuses: list[ModelStatus], *, as_json: bool) -> None:
    players = set(store.players().values())
    if as_json:
        for status in statuses:
            sys.stdout.write(json.dumps(_row(status, players), ensure_ascii=False) + "\n")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("model", "role", "profile"):
        table.add_column(column, no_wrap=True)
    table.add_column("licence", no_wrap=True, overflow="ellipsis", max_width=24)
    table.add_column("state", overflow="fold")
    for status in statuses:
        entry = status.entry
        state = f"[{_STYLES[status.state.value]}]{status.state.value}[/]"
        if status.problem:
            state += f": {escape(status.problem)}"
        elif entry.name in players:
            state += ", plays"
        table.add_row(entry.name, entry.role, entry.profile, escape(entry.licence), state)
    _console().print(table)


def _row(status: ModelStatus, players: set[str]) -> dict[str, Any]:
    entry = status.entry
    return {
        "name": entry.name,
        "role": entry.role,
        "profile": entry.profile,
        "rank": entry.rank,
        "licence": entry.licence,
        "restricted": entry.restricted,
        "preprocessing": entry.preprocessing,
        "source": entry.source.address,
        "source_size": entry.source.size,
        "source_sha256": entry.source.sha256,
        "sha256": entry.sha256,
        "card": entry.card,
        "state": status.state.value,
        "problem": status.problem,
        "plays": entry.name in players,
        "path": str(status.path),
    }


def _how_to_install(entry: CatalogEntry) -> str:
    command = f"gencheck models install {entry.profile}"
    if entry.source.kind == "recipe":
        recipe = entry.source.address.removeprefix("recipe:")
        command = f"make model RECIPE={recipe} ARGS='… --out DIR', then {command} --from DIR"
    return f"{command} --accept-licence" if entry.restricted else command


def _facts(store: ModelStore, status: ModelStatus) -> dict[str, str]:
    """What the catalog, the configuration and the store say, for people."""
    from gencheck.inference.spec import read_folder

    entry = status.entry
    facts = {"role": entry.role, "profile": entry.profile, "licence": entry.licence}
    if entry.restricted:
        facts["restricted"] = "say --accept-licence if it allows your use"
    facts |= {"input": entry.preprocessing, "source": entry.source.address}
    if entry.source.size:
        facts["size"] = f"{entry.source.size / 1e6:.1f} MB"
        facts["sha256"] = entry.source.sha256
    facts["state"] = status.state.value
    if status.state.value == "missing":
        facts["install"] = _how_to_install(entry)
        return facts
    spec = read_folder(store.root, entry.name).spec
    facts |= {"path": str(status.path), "version": spec.version}
    if spec.labels:
        facts["classes"] = f"{len(spec.labels)}: {', '.join(spec.labels[:12])} …"
    plays = store.players().get(entry.role)
    facts["plays"] = "yes" if plays == entry.name else f"no, {plays} ranks higher"
    return facts
