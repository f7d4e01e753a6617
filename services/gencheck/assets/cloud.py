"""A store behind fsspec: ``s3://``, ``gs://``. Its own lifecycle rules say how long assets stay."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gencheck.assets.store import unknown
from gencheck.errors import NotFound
from gencheck.media.fetch.types import Head
from gencheck.media.filesystems import open_fs, store_errors
from gencheck.media.sniff import HEAD_BYTES

_WHERE = "asset store"


class CloudStore:
    """Holds assets as objects ``ab/abcd…`` under a prefix; routers may share it."""

    blocks = True
    capacity: int | None = None

    def __init__(self, url: str) -> None:
        """Raises ``InvalidArgument``: no such scheme, or its package is not installed."""
        self._fs, root = open_fs(url)
        self._root = root.rstrip("/")

    def peek(self, digest: str) -> Head:
        """See :class:`gencheck.assets.store.Store`."""
        path = self._path(digest)
        size = self._size(digest, path)
        with store_errors(_WHERE):
            return Head(bytes(self._fs.cat_file(path, start=0, end=HEAD_BYTES)), size)

    @contextmanager
    def open(self, digest: str) -> Iterator[_Reading]:
        """See :class:`gencheck.assets.store.Store`; here another may remove it meanwhile."""
        path = self._path(digest)
        yield _Reading(self._fs, path, digest, self._size(digest, path))

    @contextmanager
    def create(self) -> Iterator[_Writing]:
        """See :class:`gencheck.assets.store.Store`. It is a file of this host on its way in."""
        with store_errors(_WHERE):
            file = tempfile.NamedTemporaryFile(prefix="gencheck-")  # noqa: SIM115 - closed below
        with file:
            yield _Writing(self, file)

    def remove(self, digest: str) -> None:
        """See :class:`gencheck.assets.store.Store`."""
        with store_errors(_WHERE):
            try:
                self._fs.rm_file(self._path(digest))
            except FileNotFoundError:
                return

    def close(self) -> None:
        """See :class:`gencheck.assets.store.Store`: nothing is open."""

    def put(self, digest: str, file: Path) -> bool:
        """Copy a finished file to its place, in one request; whether it was new."""
        path = self._path(digest)
        with store_errors(_WHERE):
            if self._fs.exists(path):
                return False
            self._fs.put_file(str(file), path)
        return True

    def _path(self, digest: str) -> str:
        name = digest.removeprefix("sha256:")
        return f"{self._root}/{name[:2]}/{name}"

    def _size(self, digest: str, path: str) -> int:
        try:
            with store_errors(_WHERE):
                self._fs.invalidate_cache()
                return int(self._fs.info(path)["size"])
        except NotFound:
            raise unknown(digest) from None


class _Reading:
    def __init__(self, fs: Any, path: str, digest: str, size: int) -> None:
        self._fs = fs
        self._path = path
        self._digest = digest
        self.size = size

    def read(self, offset: int, count: int) -> bytes:
        end = min(offset + count, self.size)
        try:
            with store_errors(_WHERE):
                return bytes(self._fs.cat_file(self._path, start=offset, end=end))
        except NotFound:
            raise unknown(self._digest) from None


class _Writing:
    def __init__(self, store: CloudStore, file: Any) -> None:
        self._store = store
        self._file = file

    def write(self, data: bytes) -> None:
        with store_errors(_WHERE):
            self._file.write(data)

    def keep(self, digest: str) -> bool:
        with store_errors(_WHERE):
            self._file.flush()
        return self._store.put(digest, Path(self._file.name))
