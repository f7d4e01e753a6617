"""The bytes that a ``uri`` of a manifest names: under the allowed roots, and nothing else.

A manifest may come from anywhere. So a path is read only under a folder that was allowed, links
followed first (``media/fetch.py``), and a URL only under an allowed prefix.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from gencheck.errors import DecodeFailed, PermissionDenied
from gencheck.media.fetch.files import read_file
from gencheck.media.fetch.types import checked_size
from gencheck.media.filesystems import is_local, local_path, open_fs, store_errors
from gencheck.media.types import Limits


class Sources:
    """Reads assets by their ``uri``."""

    def __init__(self, manifest: str, roots: Sequence[str], limits: Limits) -> None:
        """Args: roots: folders and URL prefixes; the manifest's own folder where empty."""
        self._folder = manifest.rpartition("/")[0] or ("" if "/" not in manifest else "/")
        allowed = list(roots) or [self._folder or "."]
        self._folders = tuple(local_path(root) for root in allowed if is_local(root))
        self._prefixes = tuple(root.rstrip("/") + "/" for root in allowed if not is_local(root))
        self._limits = limits

    def read(self, uri: str) -> bytes:
        """The bytes of an asset.

        Raises:
            PermissionDenied: under no root.
            NotFound, InvalidInput, LimitExceeded: nothing to check there.
            Unavailable: its store cannot be reached now.
        """
        data = self._local(uri) if self._is_local(uri) else self._remote(self._absolute(uri))
        if not data:
            raise DecodeFailed("this is empty", where=uri)
        return data

    def _absolute(self, uri: str) -> str:
        return uri if "://" in uri else f"{self._folder}/{uri}"

    def _is_local(self, uri: str) -> bool:
        return is_local(self._absolute(uri)) if not uri.startswith("/") else True

    def _local(self, uri: str) -> bytes:
        if not uri.startswith("file://"):
            path = Path(local_path(self._folder), uri).absolute()
            uri = "file://" + quote(str(path))
        return read_file(uri, self._folders, self._limits)

    def _remote(self, uri: str) -> bytes:
        plain = "::" not in uri and ".." not in uri.split("/")
        if not plain or not uri.startswith(self._prefixes):
            raise PermissionDenied(
                "this is under no folder or prefix that this run may read",
                where=uri,
                fix="Allow it with --root PREFIX.",
            )
        fs, path = open_fs(uri)
        with store_errors(uri), fs.open(path, "rb") as file:
            data: bytes = file.read(self._limits.max_bytes + 1)
        checked_size(len(data), self._limits, uri)
        return data
