"""Where manifests and results are: any fsspec URL, with whole files or none.

A local file is written beside its place and renamed; a remote one is put in one request. Either
way a reader sees all of a file or nothing of it, whatever happens to the writer.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from gencheck.media.filesystems import is_local, open_fs, store_errors

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of results, by name.

    Attributes:
        url: a local folder or any fsspec URL.
        writer: stands in the names of its unfinished files; copies in other processes share it.
    """

    url: str
    writer: str = field(default_factory=partial(secrets.token_hex, 6), compare=False, repr=False)

    def _at(self, name: str) -> tuple[Any, str]:
        fs, root = open_fs(self.url)
        return fs, f"{root.rstrip('/')}/{name}" if name else root.rstrip("/")

    def where(self, name: str) -> str:
        """The full address of a name, for messages."""
        return f"{self.url.rstrip('/')}/{name}"

    def read(self, name: str) -> bytes | None:
        """A whole small file; ``None`` where there is none."""
        fs, path = self._at(name)
        with store_errors(self.where(name)):
            try:
                return bytes(fs.cat_file(path))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        """A whole small file, atomically; one of that name is replaced."""
        fs, path = self._at(name)
        with store_errors(self.where(name)):
            if is_local(self.url):
                with _beside(Path(path), self.writer) as part:
                    part.write_bytes(data)
            else:
                fs.pipe_file(path, data)

    def put(self, local: Path, name: str) -> str:
        """Copy a finished local file to its place, atomically. Returns its sha256."""
        fs, path = self._at(name)
        with store_errors(self.where(name)):
            if is_local(self.url):
                with _beside(Path(path), self.writer) as part:
                    shutil.copyfile(local, part)
            else:
                fs.put_file(str(local), path)
        with local.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def get(self, name: str, local: Path) -> None:
        """Copy a file from the store."""
        fs, path = self._at(name)
        with store_errors(self.where(name)):
            fs.get_file(path, str(local))

    def sweep(self, folder: str) -> None:
        """Remove unfinished files of this writer, whose processes have ended; local ones only."""
        if is_local(self.url):
            for part in Path(self._at(folder)[1]).glob(f".*.{self.writer}-*.part"):
                with suppress(OSError):
                    part.unlink(missing_ok=True)

    def names(self, folder: str = "") -> list[str]:
        """The names of the files in a folder, sorted; none where there is no folder."""
        fs, path = self._at(folder)
        with store_errors(self.where(folder)):
            fs.invalidate_cache()
            try:
                found = fs.ls(path, detail=False)
            except FileNotFoundError:
                return []
        return sorted(entry.rstrip("/").rpartition("/")[2] for entry in found)


@contextmanager
def _beside(path: Path, writer: str) -> Iterator[Path]:
    """A new file in the same folder, renamed to its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{writer}-{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def digest_of(url: str) -> tuple[str, int]:
    """The sha256 of a file anywhere, and its bytes; read in pieces."""
    fs, path = open_fs(url)
    digest, size = hashlib.sha256(), 0
    with store_errors(url), fs.open(path, "rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
