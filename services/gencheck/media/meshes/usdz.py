"""USDZ: the rules of its container, and the layers that it holds.

Source: Usdz File Format Specification, "Layout": a ZIP archive whose files are stored, not
encrypted, and begin at a multiple of 64 bytes; the first is the scene.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from gencheck.gltf.log import Issue
from gencheck.media.meshes.zips import Package

_ALIGNMENT = 64
_LOCAL_HEADER = 30
LAYERS = (".usd", ".usda", ".usdc")
_FILES = (*LAYERS, ".png", ".jpg", ".jpeg", ".exr", ".avif", ".m4a", ".mp3", ".wav")


class Usdz:
    """A package that was looked through before USD sees any of it.

    Attributes:
        files: names of all that it holds, in its order.
        issues: what is against the rules; the scene is read all the same.
    """

    def __init__(self, data: bytes, name: str) -> None:
        """Raises: DecodeFailed: no ZIP, encrypted, no scene in it.

        LimitExceeded: more entries or bytes than ``Package`` allows.
        """
        self._package = Package(data, name)
        entries = [e for e in self._package.entries.values() if not e.is_dir()]
        self.files = {entry.filename: None for entry in entries}
        self.issues = list(_issues(entries, data))
        if not entries or not entries[0].filename.lower().endswith(LAYERS):
            raise self._package.failure("the first file of the package is no USD scene")

    @property
    def scene(self) -> str:
        """The name of the first file."""
        return next(iter(self.files))

    def read(self, file: str) -> bytes:
        """What a file holds. Raises ``DecodeFailed`` where it is damaged."""
        return b"".join(self._package.chunks(file))

    def find(self, reference: str, layer: str) -> str | None:
        """The file that a reference in a layer names; ``None`` where the package has none such.

        Beside the layer, or from the top of the package (ArResolver, search paths).
        """
        if reference.startswith("/") or "://" in reference or "\\" in reference:
            return None
        beside = _inside(str(PurePosixPath(layer).parent / reference))
        if beside in self.files:
            return beside
        top = None if reference.startswith(".") else _inside(reference)
        return top if top in self.files else None


def _inside(path: str) -> str | None:
    """A path without dots; ``None`` for one that leads out of the package."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _issues(entries: list[zipfile.ZipInfo], data: bytes) -> Iterator[Issue]:
    for entry in entries:
        name = entry.filename[:100]
        if entry.compress_type != zipfile.ZIP_STORED:
            yield _error("CompressedFile", f"{name!r} is compressed")
        header = data[entry.header_offset : entry.header_offset + _LOCAL_HEADER]
        lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        if (entry.header_offset + _LOCAL_HEADER + lengths) % _ALIGNMENT:
            yield _error("UnalignedFile", f"{name!r} does not begin at a multiple of 64 bytes")
        if not name.lower().endswith(_FILES):
            yield _error("ForeignFile", f"{name!r} is of no type that a package may hold")


def _error(rule: str, message: str) -> Issue:
    return Issue("USD_ERROR", "", None, f"{rule}: {message}")
