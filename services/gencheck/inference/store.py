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
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import gencheck
from gencheck.errors import NotFound, PermissionDenied, Unavailable
from gencheck.inference.catalog import CatalogEntry, in_profile, read_catalog
from gencheck.inference.sources import OpenUrl, fetch
from gencheck.inference.spec import (
    CONFIG_FILE,
    LABELS_FILE,
    SHA256_PARAMETER,
    WEIGHTS_FILE,
    parse_config,
)
from gencheck.inference.transform import labels_from_metadata, transform

STORE_VARIABLE = "GENCHECK_MODELS"
GPU_CONFIG_FILE = "configs/gpu.pbtxt"

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
        open_url: OpenUrl | None = None,
    ) -> list[ModelStatus]:
        """Install the models of a profile and of those that it builds on; what is there stays.

        Args:
            source_dir: a folder to look for the files first, by sha256; it may be another store.
            accept_licence: that the user accepts licences that do not allow every use.

        Raises:
            InvalidArgument: no such profile.
            PermissionDenied: a licence must be accepted first, or the store cannot be written.
            NotFound, Unavailable: a file could not be had. Models before it stay installed.
        """
        entries = in_profile(self.catalog, profile)
        self._check_licences(entries, profile, accepted=accept_licence)
        say = progress or (lambda model, what: None)
        for entry in entries:
            if self._status(entry, hashed=True).state is ModelState.INSTALLED:
                say(entry.name, "already installed")
                continue
            # The weights may be right where only the configuration is of another version.
            weights = _from_store(self.root, entry) or _from_store(source_dir, entry)
            if weights is None:
                say(entry.name, f"getting {entry.source.address}")
                data = fetch(
                    entry.source, shipped=self.shipped, source_dir=source_dir, open_url=open_url
                )
                weights = transform(data, entry.transform)
            self._write(entry, weights)
            say(entry.name, "installed")
        return [self._status(entry, hashed=False) for entry in entries]

    def _check_licences(
        self, entries: tuple[CatalogEntry, ...], profile: str, *, accepted: bool
    ) -> None:
        restricted = [entry for entry in entries if entry.restricted]
        if restricted and not accepted:
            named = "; ".join(f"{entry.name}: {entry.licence}" for entry in restricted)
            raise PermissionDenied(
                f"the licences of this profile do not allow every use ({named})",
                where=f"profile {profile}",
                fix="If they allow yours, say --accept-licence.",
            )

    def _write(self, entry: CatalogEntry, weights: bytes) -> None:
        found = hashlib.sha256(weights).hexdigest()
        if found != entry.sha256:
            raise Unavailable(
                f"the prepared weights have the sha256 {found[:12]}…, not {entry.sha256[:12]}…",
                where=f"model {entry.name}",
                fix="Use the version of onnx that gencheck pins; nothing was installed.",
            )
        folder = self.root / entry.name
        files = {WEIGHTS_FILE: weights, **self._configs(entry)}
        if entry.labels:
            files[LABELS_FILE] = self._labels(entry, weights)
        try:
            for name, data in files.items():
                _write_atomically(folder / name, data)
        except OSError as error:
            raise PermissionDenied(
                f"the store cannot be written ({error.strerror})",
                where=str(folder),
                fix=f"Choose another one with the variable {STORE_VARIABLE}.",
            ) from error

    def _configs(self, entry: CatalogEntry) -> dict[str, bytes]:
        shipped = (self.shipped / "repository" / entry.name / CONFIG_FILE).read_text("utf-8")
        parameter = f'key: "{SHA256_PARAMETER}" value: {{ string_value: "{entry.sha256}" }}'
        config = f"{shipped}parameters {{ {parameter} }}\n"
        return {CONFIG_FILE: config.encode(), GPU_CONFIG_FILE: _on_gpus(config).encode()}

    def _labels(self, entry: CatalogEntry, weights: bytes) -> bytes:
        if entry.labels == "shipped":
            return (self.shipped / "repository" / entry.name / LABELS_FILE).read_bytes()
        return labels_from_metadata(weights, entry.labels.removeprefix("metadata:"))

    def _status(self, entry: CatalogEntry, *, hashed: bool) -> ModelStatus:
        folder = self.root / entry.name
        if not (folder / WEIGHTS_FILE).is_file():
            return ModelStatus(entry, ModelState.MISSING, folder)
        problem = self._problem(entry, folder) if hashed else ""
        state = ModelState.CORRUPT if problem else ModelState.INSTALLED
        return ModelStatus(entry, state, folder, problem)

    def _problem(self, entry: CatalogEntry, folder: Path) -> str:
        expected = {WEIGHTS_FILE: entry.sha256}
        for name, config in self._configs(entry).items():
            expected[name] = hashlib.sha256(config).hexdigest()
        if entry.labels:
            expected[LABELS_FILE] = entry.labels_sha256
        for name, sha256 in expected.items():
            try:
                data = (folder / name).read_bytes()
            except OSError as error:
                return f"{name} cannot be read ({error.strerror})"
            if hashlib.sha256(data).hexdigest() != sha256:
                return f"{name} is not what the catalog says"
        return ""


def _on_gpus(config: str) -> str:
    """The configuration for GPUs: an instance on each, which takes waiting requests together.

    On a CPU batching is off: there it costs more than it wins (``tests/bench/bench_batching.py``).
    """
    batching = "dynamic_batching { }\n" if parse_config(config).max_batch_size > 0 else ""
    return f"{config}instance_group [ {{ count: 1 kind: KIND_GPU }} ]\n{batching}"


def _from_store(folder: Path | None, entry: CatalogEntry) -> bytes | None:
    """The weights as another store has them, already transformed."""
    path = None if folder is None else folder / entry.name / WEIGHTS_FILE
    if path is None or not path.is_file():
        return None
    data = path.read_bytes()
    return data if hashlib.sha256(data).hexdigest() == entry.sha256 else None


def _write_atomically(path: Path, data: bytes) -> None:
    """Write beside the place and rename: a reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
