"""From the text of a glTF to a document of members of the right types and indices that hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gencheck.gltf.kinds import Object, Reading
from gencheck.gltf.log import Log
from gencheck.gltf.objects import ASSET, DOCUMENT
from gencheck.gltf.schema import KNOWN_EXTENSIONS

MAX_VALUES = 3_000_000
"""Values of the JSON, by its brackets and commas, before it is parsed: each takes memory."""
MAX_ENTRIES = 400_000
"""Objects and indices of the document: each is looked at."""

_MUST_BE_REQUIRED = {"KHR_mesh_quantization"}
_EXTENSION_NAME = re.compile(r"[A-Z0-9]+_[A-Za-z0-9_]+")
LISTS = (
    "animations",
    "accessors",
    "buffers",
    "bufferViews",
    "cameras",
    "images",
    "materials",
    "meshes",
    "nodes",
    "samplers",
    "skins",
    "textures",
    "scenes",
)
_OF_EXTENSIONS = {
    "lights": ("KHR_lights_punctual", "lights"),
    "variants": ("KHR_materials_variants", "variants"),
}


@dataclass(slots=True)
class Document:
    """A document as far as it holds.

    Attributes:
        lists: the objects of each list by its name; ``None`` for one that is no object.
        used: which of them something refers to.
        extensions: the names in ``extensionsUsed``.
    """

    root: Object
    lists: dict[str, list[Object | None]]
    log: Log
    extensions: frozenset[str] = frozenset()
    used: dict[str, set[int]] = field(default_factory=dict)

    def all(self, name: str) -> Iterator[tuple[int, Object]]:
        """The objects of a list that are objects, with their numbers."""
        return ((i, thing) for i, thing in enumerate(self.lists[name]) if thing is not None)

    def get(self, name: str, index: object) -> Object | None:
        """What an index refers to, or ``None``."""
        entries = self.lists[name]
        if isinstance(index, int) and 0 <= index < len(entries):
            return entries[index]
        return None


def read_document(text: bytes | memoryview, log: Log) -> Document | None:
    """The document, or ``None`` where it is none, not of this version, or too large."""
    raw = _parse(text, log)
    if raw is None:
        return None
    if not _is_of_this_version(raw, log):
        return None
    if (entries := _entries(raw)) > MAX_ENTRIES:
        log.skip(f"a document of {entries} objects; at most {MAX_ENTRIES} are checked")
        return None
    extensions = _strings(raw.get("extensionsUsed"))
    of_root = raw.get("extensions")
    reading = Reading(
        log,
        used=frozenset(extensions),
        of_root=frozenset(of_root if isinstance(of_root, dict) else ()),
    )
    _check_extension_names(raw, extensions, log)
    root = DOCUMENT.read(raw, "", reading)
    document = Document(root, _lists(root), log, frozenset(extensions))
    _resolve(document, reading)
    return document


def _is_of_this_version(raw: Object, log: Log) -> bool:
    """Whether it says that it is glTF 2; nothing else makes sense of what is not."""
    if raw.get("asset") is None:
        log.add("UNDEFINED_PROPERTY", "", "asset")
    if "asset" not in raw:
        return False
    asset = ASSET.read(raw["asset"], "/asset", Reading(log))
    return bool(asset and "version" in asset) and not log.counts["UNKNOWN_ASSET_MAJOR_VERSION"]


def _parse(text: bytes | memoryview, log: Log) -> Object | None:
    data = bytes(text)
    if (values := sum(data.count(mark) for mark in (b"{", b"[", b","))) > MAX_VALUES:
        log.skip(f"a JSON of some {values} values; at most {MAX_VALUES} are checked")
        return None
    if data.startswith(b"\xef\xbb\xbf"):
        log.add_unparsed("INVALID_JSON", "it begins with a byte order mark")
        return None
    try:
        raw = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    except RecursionError:
        log.add_unparsed("INVALID_JSON", "nested too deeply")
        return None
    except ValueError as error:
        log.add_unparsed("INVALID_JSON", error)
        return None
    if not isinstance(raw, dict):
        log.add_unparsed("TYPE_MISMATCH", "the document is not an object")
        return None
    return raw


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")


def _entries(raw: Object) -> int:
    """How many objects and indices the document lists, as far as they cost time."""
    total = 0
    for value in raw.values():
        if isinstance(value, list):
            total += len(value)
            total += sum(_inner(entry) for entry in value if isinstance(entry, dict))
    return total


def _inner(entry: Object) -> int:
    return sum(len(v) for v in entry.values() if isinstance(v, list | dict))


def _strings(value: Any) -> list[str]:
    """A list of strings; one that holds anything else counts for nothing."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    return []


def _check_extension_names(raw: Object, used: list[str], log: Log) -> None:
    required = _strings(raw.get("extensionsRequired"))
    for i, name in enumerate(used):
        at = f"/extensionsUsed/{i}"
        if not _EXTENSION_NAME.fullmatch(name):
            log.add("INVALID_EXTENSION_NAME_FORMAT", at, name)
        if name not in KNOWN_EXTENSIONS:
            log.add("UNSUPPORTED_EXTENSION", at, name)
        elif name in _MUST_BE_REQUIRED and name not in required:
            log.add("NON_REQUIRED_EXTENSION", at, name)
    declared = set(used)
    for i, name in enumerate(required):
        if name not in declared:
            log.add("UNUSED_EXTENSION_REQUIRED", f"/extensionsRequired/{i}", name)


def _lists(root: Object) -> dict[str, list[Object | None]]:
    lists: dict[str, list[Object | None]] = {name: root.get(name) or [] for name in LISTS}
    for name, (extension, member) in _OF_EXTENSIONS.items():
        thing = root.get("extensions", {}).get(extension) or {}
        lists[name] = thing.get(member) or []
    return lists


def _resolve(document: Document, reading: Reading) -> None:
    document.used = {name: set() for name in document.lists}
    for reference in reading.references:
        if document.get(reference.target, reference.index) is not None:
            if reference.marks:
                document.used[reference.target].add(reference.index)
            continue
        owner = reference.owner
        if reference.keeps:
            owner[reference.key] = -1
        elif isinstance(owner, list):
            assert isinstance(reference.key, int)
            owner[reference.key] = None
        else:
            owner.pop(reference.key, None)
        document.log.add("UNRESOLVED_REFERENCE", reference.pointer, reference.index)
