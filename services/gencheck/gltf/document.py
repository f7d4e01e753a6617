"""From the text of a glTF to a document of members of the right types and indices that hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from gencheck.gltf.kinds import IndexMap, Indices, Object, Reading, is_list
from gencheck.gltf.log import Log, join
from gencheck.gltf.names import Names, read_names
from gencheck.gltf.objects import ASSET, DOCUMENT
from gencheck.gltf.schema import KNOWN_EXTENSIONS

_HEAD = ("asset", "extensionsUsed", "extensionsRequired")
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
    _listed: dict[str, list[tuple[int, Object]]] = field(default_factory=dict)
    _names: dict[tuple[str, ...], Names] = field(default_factory=dict)

    def all(self, name: str) -> list[tuple[int, Object]]:
        """The objects of a list that are objects, with their numbers."""
        if name not in self._listed:
            entries = enumerate(self.lists[name])
            self._listed[name] = [(i, thing) for i, thing in entries if thing is not None]
        return self._listed[name]

    def names_of(self, primitive: Object) -> Names:
        """What the names of the attributes of a primitive say."""
        key = tuple(primitive.get("attributes") or ())
        if key not in self._names:
            self._names[key] = read_names(key)
        return self._names[key]

    def get(self, name: str, index: object) -> Object | None:
        """What an index refers to, or ``None``."""
        entries = self.lists[name]
        if isinstance(index, int) and 0 <= index < len(entries):
            return entries[index]
        return None


def read_document(raw: Object, log: Log) -> Document | None:
    """The document, or ``None`` where it is none of this version."""
    reading = _read_head(raw, log)
    if reading is None:
        return None
    body = {name: value for name, value in raw.items() if name not in _HEAD and _is_known(name)}
    root = DOCUMENT.read(body, "", reading)
    document = Document(root, _lists(root), log, reading.used)
    _resolve(document, reading)
    return document


def _read_head(raw: Object, log: Log) -> Reading | None:
    """Extensions and version; ``None`` where it does not say that it is glTF 2.

    Nothing else makes sense of a document of another version.
    """
    for name in raw:
        if name not in _HEAD and not _is_known(name):
            log.add("UNEXPECTED_PROPERTY", join("", name))
    if "extensionsRequired" in raw and "extensionsUsed" not in raw:
        log.add("UNSATISFIED_DEPENDENCY", "/extensionsRequired", "extensionsUsed")
    used, required = (_texts(raw, name, log) for name in ("extensionsUsed", "extensionsRequired"))
    _check_extension_names(used, required, log)
    reading = Reading(log, frozenset(used), _of_root(raw.get("extensions"), used))
    if raw.get("asset") is None:
        log.add("UNDEFINED_PROPERTY", "", "asset")
    if "asset" not in raw:
        return None
    asset = ASSET.read(raw["asset"], "/asset", reading)
    if not asset or "version" not in asset or log.counts["UNKNOWN_ASSET_MAJOR_VERSION"]:
        return None
    return reading


def _is_known(name: str) -> bool:
    return name in DOCUMENT.members or name in ("extensions", "extras")


def _texts(raw: Object, name: str, log: Log) -> list[str]:
    """A list of different strings; one that holds anything else counts for nothing."""
    if name not in raw:
        return []
    at, value = f"/{name}", raw[name]
    if not is_list(value, at, Reading(log)):
        return []
    seen: set[str] = set()
    for i, entry in enumerate(value):
        if not isinstance(entry, str):
            log.add("ARRAY_TYPE_MISMATCH", f"{at}/{i}", entry)
        elif entry in seen:
            log.add("DUPLICATE_ELEMENTS", f"{at}/{i}", entry)
        else:
            seen.add(entry)
    return value if all(isinstance(entry, str) for entry in value) else []


def _of_root(extensions: Any, used: list[str]) -> frozenset[str]:
    return frozenset(used).intersection(extensions if isinstance(extensions, dict) else ())


def _check_extension_names(used: list[str], required: list[str], log: Log) -> None:
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
    for kind, index, pointer, owner, key in reading.references:
        entries = document.lists[kind.target]
        if index < len(entries) and entries[index] is not None:
            if kind.marks:
                document.used[kind.target].add(index)
            continue
        if isinstance(kind, IndexMap):
            owner[key] = -1  # the name of the member means something by itself
        elif isinstance(kind, Indices):
            owner[key] = None
        else:
            owner.pop(key, None)
        document.log.add("UNRESOLVED_REFERENCE", pointer, index)
