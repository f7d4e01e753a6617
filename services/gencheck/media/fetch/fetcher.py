"""Reads what a URI names, whichever way it names it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, PermissionDenied, UnsupportedMedia
from gencheck.media.fetch.files import peek_file, read_file
from gencheck.media.fetch.remote import peek_remote, read_remote
from gencheck.media.fetch.types import Head
from gencheck.media.filesystems import is_local, local_path
from gencheck.media.types import Limits

if TYPE_CHECKING:
    from gencheck.media.fetch.https import HttpsFetcher

_READS = 8
"""Of stores, at a time."""

T = TypeVar("T")


class Fetcher:
    """Reads assets by URI, from where the operator allows it, and nowhere else."""

    def __init__(
        self, *, limits: Limits, roots: Iterable[str | Path] = (), hosts: Iterable[str] = ()
    ) -> None:
        """By default nothing may be read.

        Args:
            roots: folders that ``file://`` may name, and prefixes such as ``s3://bucket/folder``.
            hosts: hosts that ``https://`` may name: ``cdn.example.com``, ``*.example.com``.

        Raises:
            InvalidArgument: a prefix or a host that cannot be meant.
        """
        given = [str(root) for root in roots]
        self._limits = limits
        self._folders = tuple(local_path(root) for root in given if is_local(root))
        self._prefixes = tuple(_prefix(root) for root in given if not is_local(root))
        # A store that does not answer must not take the threads of others.
        self._threads = ThreadPoolExecutor(_READS, "store")
        self._https = _https(tuple(hosts), limits)

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
            case "http" | "https":
                return await self._web(uri).read(uri, deadline=deadline)
        return await self._stored(partial(read_remote, uri, self._prefixes, self._limits))

    async def peek(self, uri: str, *, deadline: Deadline) -> Head:
        """The first bytes of an asset and its size. Raises what :meth:`read` raises."""
        deadline.check()
        match _scheme(uri):
            case "file":
                return await asyncio.to_thread(peek_file, uri, self._folders, self._limits)
            case "http" | "https":
                return await self._web(uri).peek(uri, deadline=deadline)
        return await self._stored(partial(peek_remote, uri, self._prefixes, self._limits))

    async def _stored(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _web(self, uri: str) -> HttpsFetcher:
        if self._https is None:
            raise PermissionDenied(
                "no host may be asked",
                where=uri.partition("?")[0],
                fix="Start with --allow-host HOST, or send the bytes.",
            )
        return self._https


def _https(hosts: tuple[str, ...], limits: Limits) -> HttpsFetcher | None:
    """Imported where hosts are allowed: TLS is not for nothing."""
    if not hosts:
        return None
    from gencheck.media.fetch.hosts import AllowedHosts
    from gencheck.media.fetch.https import HttpsFetcher

    return HttpsFetcher(AllowedHosts.of(hosts), limits)


def _prefix(root: str) -> str:
    scheme = root.partition(":")[0].lower()
    if scheme in ("http", "https") or "::" in root:
        raise InvalidArgument(
            "this is no prefix that is read",
            where=f"--root {root}",
            fix="Allow hosts of https:// with --allow-host HOST.",
        )
    return root.rstrip("/") + "/"


def _scheme(uri: str) -> str:
    """The scheme of a URI. Raises ``UnsupportedMedia`` where it has none, or names no store."""
    scheme, found, _ = uri.partition("://")
    if not found or not scheme.isascii() or not scheme.isalnum():
        raise UnsupportedMedia(
            "this is no URI that is read",
            where="asset.uri",
            fix="Use file:///…, https://…, s3://… or gs://…, as far as the server allows it, "
            "or send the bytes.",
        )
    return scheme.lower()
