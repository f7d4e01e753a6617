"""Reads what a URI names, whichever way it names it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from gencheck.deadline import Deadline
from gencheck.errors import UnsupportedMedia
from gencheck.media.fetch.files import peek_file, read_file
from gencheck.media.fetch.types import Head
from gencheck.media.types import Limits


class Fetcher:
    """Reads assets by URI, from where the operator allows it."""

    def __init__(self, *, roots: Iterable[str | Path] = (), limits: Limits) -> None:
        """Args: roots: folders that ``file://`` may name; none by default."""
        self._folders = tuple(Path(root) for root in roots)
        self._limits = limits

    async def read(self, uri: str, *, deadline: Deadline) -> bytes:
        """All bytes of an asset.

        Raises:
            PermissionDenied: nobody allowed it.
            NotFound, InvalidInput, LimitExceeded: nothing to check there.
            Unavailable: whoever has it does not answer now.
        """
        deadline.check()
        match _scheme(uri):
            case "file":
                return await asyncio.to_thread(read_file, uri, self._folders, self._limits)
        raise _unknown(uri)

    async def peek(self, uri: str, *, deadline: Deadline) -> Head:
        """The first bytes of an asset and its size. Raises what :meth:`read` raises."""
        deadline.check()
        match _scheme(uri):
            case "file":
                return await asyncio.to_thread(peek_file, uri, self._folders, self._limits)
        raise _unknown(uri)


def _scheme(uri: str) -> str:
    return uri.partition(":")[0][:32].lower() if ":" in uri else ""


def _unknown(uri: str) -> UnsupportedMedia:
    scheme = _scheme(uri)
    return UnsupportedMedia(
        f'the scheme "{scheme}" is not read',
        where="asset.uri",
        fix="Use file:///… under a folder that the server allows, or send the bytes.",
        metadata={"scheme": scheme},
    )
