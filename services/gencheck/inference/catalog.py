"""Which models there are, where they come from, and what they must hash to (``catalog.toml``)."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from gencheck.errors import InvalidArgument

PROFILES = {
    "embedded": ("embedded",),
    "standard": ("embedded", "standard"),
    "research": ("embedded", "standard", "research"),
    "full": ("embedded", "standard", "full"),
}
"""Each profile, and those whose models are among its own."""

_KINDS = ("repo", "pypi", "https", "recipe")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a file comes from, and what it is.

    Attributes:
        address: ``repo:PATH`` (in the shipped models folder), ``pypi:NAME==VERSION#PATH`` (in the
            wheel), ``https://…``, or ``recipe:NAME`` (made by a recipe of ``models/recipes``).
        sha256: of the file; empty for what a recipe makes.
        size: bytes; 0 for what a recipe makes.
    """

    address: str
    sha256: str
    size: int

    @property
    def kind(self) -> str:
        """``repo``, ``pypi``, ``https`` or ``recipe``."""
        return self.address.partition(":")[0]


def is_file_of(source: Source, path: Path) -> bool:
    """Whether a readable file has the source's size and sha256."""
    try:
        if path.stat().st_size != source.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == source.sha256
    except OSError:
        return False  # unreadable: it may lie elsewhere too


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One model.

    Attributes:
        role: what it can play: ``text_detector``, ``face_detector``, …
        profile: the first profile that has it.
        rank: of several installed models for one role the highest plays it.
        licence: SPDX name, or words where there is none.
        restricted: the licence must be accepted by name: not for every use.
        preprocessing: what happens to an input before the model sees it, in one line.
        transform: what the install step does to the source, or empty.
        sha256: of the installed weights; empty for what a recipe makes, whose configuration has it.
        labels: ``shipped``, ``metadata:KEY`` (a field of the ONNX file) or empty.
        labels_sha256: of the installed ``labels.txt``, empty where there is none.
    """

    name: str
    role: str
    profile: str
    rank: int
    licence: str
    restricted: bool
    preprocessing: str
    source: Source
    transform: str
    sha256: str
    labels: str
    labels_sha256: str

    @property
    def card(self) -> str:
        """The path of its card in the shipped models folder."""
        return f"cards/{self.name}.md"


def read_catalog(path: Path) -> tuple[CatalogEntry, ...]:
    """The entries of a ``catalog.toml``, in its order.

    Raises:
        InvalidArgument: an entry is incomplete or contradicts itself.
    """
    document = tomllib.loads(path.read_text("utf-8"))
    entries = tuple(_entry(table, str(path)) for table in document.get("models", []))
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise InvalidArgument(f"the model {name} is listed twice", where=str(path))
    return entries


def in_profile(entries: tuple[CatalogEntry, ...], profile: str) -> tuple[CatalogEntry, ...]:
    """The models of a profile, with those of the profiles that it builds on.

    Raises:
        InvalidArgument: no such profile.
    """
    if profile not in PROFILES:
        raise InvalidArgument(
            f"there is no profile {profile!r} to install",
            fix=f"Use one of: {', '.join(PROFILES)}.",
            metadata={"profile": profile},
        )
    return tuple(entry for entry in entries if entry.profile in PROFILES[profile])


def _entry(table: dict[str, object], where: str) -> CatalogEntry:
    try:
        entry = CatalogEntry(
            name=str(table["name"]),
            role=str(table["role"]),
            profile=str(table["profile"]),
            rank=int(str(table.get("rank", 0))),
            licence=str(table["licence"]),
            restricted=bool(table.get("restricted", False)),
            preprocessing=str(table["preprocessing"]),
            source=_source(table),
            transform=str(table.get("transform", "")),
            sha256=str(table.get("sha256", table.get("source_sha256", ""))),
            labels=str(table.get("labels", "")),
            labels_sha256=str(table.get("labels_sha256", "")),
        )
    except (KeyError, ValueError) as error:
        raise InvalidArgument(
            f"the model {table.get('name', '?')} lacks, or misstates, {error}", where=where
        ) from error
    _check(entry, where)
    return entry


def _source(table: dict[str, object]) -> Source:
    address = str(table["source"])
    if address.startswith("recipe:"):
        return Source(address, "", 0)
    return Source(address, str(table["source_sha256"]), int(str(table["source_size"])))


def _check(entry: CatalogEntry, where: str) -> None:
    hashes = [entry.source.sha256, entry.sha256]
    hashes += [entry.labels_sha256] if entry.labels else []
    problem = ""
    if entry.profile not in PROFILES:
        problem = f"unknown profile {entry.profile!r}"
    elif entry.source.kind not in _KINDS:
        problem = f"unknown kind of source {entry.source.address!r}"
    elif entry.source.kind == "recipe":
        if entry.sha256 or entry.transform or entry.labels:
            problem = "what a recipe makes has no hash, transform or labels in the catalog"
    elif not all(_SHA256.fullmatch(value) for value in hashes):
        problem = "a sha256 is not 64 hexadecimal digits"
    elif not entry.transform and entry.sha256 != entry.source.sha256:
        problem = "the installed sha256 differs from the source's, but nothing transforms it"
    if problem:
        raise InvalidArgument(f"model {entry.name}: {problem}", where=where)
