"""Where models are: the shipped catalog and configurations, and the store of installed models.

The store has Triton's layout, so that a Triton server can serve it as it is::

    <store>/<model>/config.pbtxt     the shipped one, with the sha256 of the weights added
    <store>/<model>/configs/gpu.pbtxt    the same on GPUs: tritonserver --model-config-name=gpu
    <store>/<model>/labels.txt
    <store>/<model>/1/model.onnx
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

import gencheck
from gencheck.errors import NotFound, PermissionDenied, Unavailable
from gencheck.inference.catalog import CatalogEntry, Source, in_profile, read_catalog
from gencheck.inference.download import Downloader, Received
from gencheck.inference.files import locked, move_into_place, write_atomically
from gencheck.inference.gpu import GPU_CONFIG_FILE, on_gpus
from gencheck.inference.made import is_made, problem_of, same_as, sha256_of, take
from gencheck.inference.sources import fetch, found_in
from gencheck.inference.spec import CONFIG_FILE, LABELS_FILE, SHA256_PARAMETER, WEIGHTS_FILE
from gencheck.inference.transform import labels_from_metadata, transform

STORE_VARIABLE = "GENCHECK_MODELS"

Progress = Callable[[str, str], None]
"""Called with a model's name and what happens to it."""


class ModelState(Enum):
    """How a model of the catalog lies in the store."""

    INSTALLED = "installed"
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model of the catalog and its state; ``problem`` says what is wrong with a corrupt one."""

    entry: CatalogEntry
    state: ModelState
    path: Path
    problem: str = ""


def shipped_models() -> Path:
    """The folder with ``catalog.toml`` and ``repository/``: package data, else the checkout.

    Raises:
        NotFound: neither is there.
    """
    package = Path(gencheck.__file__).parent
    for folder in (package / "models", package.parents[1] / "models"):
        if (folder / "catalog.toml").is_file():
            return folder
    raise NotFound(
        "the model catalog is missing", where=str(package), fix="Install gencheck again."
    )


def default_store() -> Path:
    """``$GENCHECK_MODELS``, else ``gencheck/models`` in the XDG data folder."""
    chosen = os.environ.get(STORE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "gencheck" / "models"


class ModelStore:
    """The installed models.

    Args:
        root: the folder that holds them; made when the first is installed.
        shipped: the folder with the catalog and the configurations.
    """

    def __init__(self, root: Path, shipped: Path) -> None:
        self.root = root
        self.shipped = shipped
        self.catalog = read_catalog(shipped / "catalog.toml")

    def list_models(self) -> list[ModelStatus]:
        """Every model of the catalog, by a look at the files only; nothing is hashed."""
        return [self._status(entry, hashed=False) for entry in self.catalog]

    def verify(self) -> list[ModelStatus]:
        """Every model of the catalog, with all that is installed hashed."""
        return [self._status(entry, hashed=True) for entry in self.catalog]

    def players(self, profile: str | None = None) -> dict[str, str]:
        """Which installed model plays which role; of several the one of the highest rank.

        Args:
            profile: only models of this profile; ``None`` for all that is installed.
        """
        entries = self.catalog if profile is None else in_profile(self.catalog, profile)
        best: dict[str, CatalogEntry] = {}
        for entry in entries:
            known = best.get(entry.role)
            missing = self._status(entry, hashed=False).state is ModelState.MISSING
            if not missing and (known is None or entry.rank > known.rank):
                best[entry.role] = entry
        return {role: entry.name for role, entry in best.items()}

    def install(
        self,
        profile: str,
        *,
        source_dir: Path | None = None,
        accept_licence: bool = False,
        progress: Progress | None = None,
        received: Received | None = None,
        downloader: Downloader | None = None,
    ) -> list[ModelStatus]:
        """Install the models of a profile and of those that it builds on; what is there stays.

        Of two installations at the same time the second waits for the first.

        Args:
            source_dir: a folder to look for the files first, by sha256; it may be another store,
                or what recipes wrote.
            accept_licence: that the user accepts licences that do not allow every use.
            received: told of every piece of a download.

        Raises:
            InvalidArgument: no such profile.
            PermissionDenied: a licence must be accepted first, or the store cannot be written.
            NotFound, Unavailable: a file could not be had. Models before it stay installed.
        """
        entries = in_profile(self.catalog, profile)
        wanted = [e for e in entries if e.source.kind != "recipe" or is_made(source_dir, e.name)]
        self._check_licences(wanted, profile, accepted=accept_licence)
        say = progress or (lambda model, what: None)
        get = partial(
            fetch,
            shipped=self.shipped,
            downloader=downloader or Downloader(),
            received=received,
        )
        try:
            with locked(self.root / ".lock", lambda: say(profile, "waiting for another install")):
                for entry in entries:
                    if entry.source.kind == "recipe":
                        self._take(entry, source_dir, say)
                    else:
                        self._install(entry, source_dir, get, say)
        except OSError as error:
            raise PermissionDenied(
                f"the store cannot be written ({error.strerror})",
                where=str(self.root),
                fix=f"Choose another one with the variable {STORE_VARIABLE}.",
            ) from error
        self._check_made(profile)
        return [self._status(entry, hashed=False) for entry in entries]

    def _take(self, entry: CatalogEntry, source_dir: Path | None, say: Progress) -> None:
        """Install what a recipe made, where it made this model; nobody needs all of them."""
        if source_dir is None or not is_made(source_dir, entry.name):
            say(entry.name, self._not_made(entry))
        elif same_as(source_dir, self.root, entry.name) and not problem_of(self.root, entry.name):
            say(entry.name, "already installed")
        else:
            take(source_dir, self.root, entry.name)
            say(entry.name, "installed")

    def _not_made(self, entry: CatalogEntry) -> str:
        status = self._status(entry, hashed=True)
        match status.state:
            case ModelState.INSTALLED:
                return "already installed"
            case ModelState.CORRUPT:
                return f"corrupt: {status.problem}; make it again"
            case _:
                return f"not made (recipe {entry.source.address.removeprefix('recipe:')})"

    def _check_made(self, profile: str) -> None:
        """Raise ``NotFound`` where the profile has models of its own, and none is installed."""
        own = [e for e in self.catalog if e.profile == profile and e.source.kind == "recipe"]
        missing = [e for e in own if self._status(e, hashed=False).state is ModelState.MISSING]
        if own and missing == own:
            raise NotFound(
                f"no recipe has made a model of the profile {profile} yet; what it builds on is "
                "installed",
                where=f"profile {profile}",
                fix="Make one (make model RECIPE=… ARGS='… --out DIR', see docs/models.md) and "
                "say --from DIR.",
            )

    def _install(
        self,
        entry: CatalogEntry,
        source_dir: Path | None,
        get: Callable[[Source, Path], None],
        say: Progress,
    ) -> None:
        if self._status(entry, hashed=True).state is ModelState.INSTALLED:
            say(entry.name, "already installed")
            return
        part = self.root / entry.name / f"{WEIGHTS_FILE}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        # The weights may be right where only the configuration is of another version.
        ready = _in_store(self.root, entry) or _in_store(source_dir, entry)
        if ready is not None:
            shutil.copyfile(ready, part)
        else:
            if source_dir is None or not found_in(source_dir, entry.source, part):
                say(entry.name, f"getting {entry.source.address}")
                get(entry.source, part)
            if entry.transform:
                write_atomically(part, transform(part.read_bytes(), entry.transform))
        self._place(entry, part)
        say(entry.name, "installed")

    def _check_licences(
        self, entries: Sequence[CatalogEntry], profile: str, *, accepted: bool
    ) -> None:
        restricted = [entry for entry in entries if entry.restricted]
        if restricted and not accepted:
            licences = dict.fromkeys(entry.licence for entry in restricted)
            named = "; ".join(
                f"{licence}: {', '.join(e.name for e in restricted if e.licence == licence)}"
                for licence in licences
            )
            raise PermissionDenied(
                f"the licences of this profile do not allow every use ({named})",
                where=f"profile {profile}",
                fix="If they allow yours, say --accept-licence.",
            )

    def _place(self, entry: CatalogEntry, part: Path) -> None:
        """Make a model of complete weights, which are moved."""
        found = sha256_of(part)
        if found != entry.sha256:
            part.unlink()
            raise Unavailable(
                f"the prepared weights have the sha256 {found[:12]}…, not {entry.sha256[:12]}…",
                where=f"model {entry.name}",
                fix="Use the version of onnx that gencheck pins; nothing was installed.",
            )
        folder = self.root / entry.name
        labels = self._labels(entry, part) if entry.labels else b""
        move_into_place(part, folder / WEIGHTS_FILE)
        for name, config in self._configs(entry).items():
            write_atomically(folder / name, config)
        if labels:
            write_atomically(folder / LABELS_FILE, labels)

    def _configs(self, entry: CatalogEntry) -> dict[str, bytes]:
        shipped = (self.shipped / "repository" / entry.name / CONFIG_FILE).read_text("utf-8")
        parameter = f'key: "{SHA256_PARAMETER}" value: {{ string_value: "{entry.sha256}" }}'
        config = f"{shipped}parameters {{ {parameter} }}\n"
        return {CONFIG_FILE: config.encode(), GPU_CONFIG_FILE: on_gpus(config).encode()}

    def _labels(self, entry: CatalogEntry, weights: Path) -> bytes:
        if entry.labels == "shipped":
            return (self.shipped / "repository" / entry.name / LABELS_FILE).read_bytes()
        return labels_from_metadata(weights.read_bytes(), entry.labels.removeprefix("metadata:"))

    def _status(self, entry: CatalogEntry, *, hashed: bool) -> ModelStatus:
        folder = self.root / entry.name
        if not (folder / WEIGHTS_FILE).is_file():
            return ModelStatus(entry, ModelState.MISSING, folder)
        problem = self._problem(entry, folder) if hashed else ""
        state = ModelState.CORRUPT if problem else ModelState.INSTALLED
        return ModelStatus(entry, state, folder, problem)

    def _problem(self, entry: CatalogEntry, folder: Path) -> str:
        if entry.source.kind == "recipe":
            return problem_of(self.root, entry.name)
        expected = {WEIGHTS_FILE: entry.sha256}
        for name, config in self._configs(entry).items():
            expected[name] = hashlib.sha256(config).hexdigest()
        if entry.labels:
            expected[LABELS_FILE] = entry.labels_sha256
        for name, sha256 in expected.items():
            try:
                found = sha256_of(folder / name)
            except OSError as error:
                return f"{name} cannot be read ({error.strerror})"
            if found != sha256:
                return f"{name} is not what the catalog says"
        return ""


def _in_store(folder: Path | None, entry: CatalogEntry) -> Path | None:
    """The weights as another store has them, already transformed."""
    path = None if folder is None else folder / entry.name / WEIGHTS_FILE
    return path if path is not None and path.is_file() and sha256_of(path) == entry.sha256 else None
