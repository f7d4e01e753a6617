"""The bytes that a ``uri`` of a manifest names: where the run may read, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from gencheck.batch.plan import Terms
from gencheck.deadline import Deadline
from gencheck.errors import DecodeFailed
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.filesystems import is_local, local_path
from gencheck.media.types import Limits


class Sources:
    """Reads assets by their ``uri``, which may be relative to the manifest."""

    def __init__(self, manifest: str, terms: Terms, limits: Limits) -> None:
        """Args: terms: their roots and hosts; where no root is named, the manifest's own folder."""
        self._folder = manifest.rpartition("/")[0] or ("" if "/" not in manifest else "/")
        roots = terms.roots or (self._folder or ".",)
        if not terms.roots and manifest.startswith(("http://", "https://")):
            roots = ()  # what it names is read from the allowed hosts
        self._fetcher = Fetcher(roots=roots, hosts=terms.hosts, limits=limits)

    async def read(self, uri: str, *, deadline: Deadline) -> bytes:
        """The bytes of an asset. Raises as :meth:`Fetcher.read`, ``DecodeFailed`` for none."""
        data = await self._fetcher.read(self._absolute(uri), deadline=deadline)
        if not data:
            raise DecodeFailed("this is empty", where=uri)
        return data

    def _absolute(self, uri: str) -> str:
        if "://" in uri:
            return uri
        if uri.startswith("/") or is_local(self._folder):
            return "file://" + quote(str(Path(local_path(self._folder), uri).absolute()))
        return f"{self._folder}/{uri}"
