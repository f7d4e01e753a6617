"""Which store, and which way to one, an operator's words mean."""

from __future__ import annotations

from collections.abc import Callable

from gencheck.assets.cloud import CloudStore
from gencheck.assets.disk import DiskStore
from gencheck.assets.memory import MemoryStore
from gencheck.assets.reading import DigestReader, Origin, StoreOrigin
from gencheck.assets.remote import RemoteOrigin
from gencheck.assets.store import Store
from gencheck.media.filesystems import is_local, local_path
from gencheck.media.types import Limits
from gencheck.transport import Transport

_CACHE_BYTES = 256 << 20
"""Bytes of assets that a process keeps beside those that it works on."""


def open_store(where: str, capacity: int) -> Store:
    """A store.

    Args:
        where: ``memory``, a folder, or a URL such as ``s3://bucket/folder``.
        capacity: bytes that it may hold; a bucket has lifecycle rules of its own.

    Raises:
        InvalidArgument: a folder that cannot be used, a scheme that is not known.
    """
    if where == "memory":
        return MemoryStore(capacity)
    if is_local(where):
        return DiskStore(local_path(where), capacity)
    return CloudStore(where)


def reader_of(store: Store, limits: Limits) -> DigestReader:
    """Reads from a store of this process."""
    return _reader(StoreOrigin(store), limits)


def reader_from(where: str, connect: Callable[[str], Transport], limits: Limits) -> DigestReader:
    """Reads what others hold.

    Args:
        where: ``HOST:PORT`` of a router, or the folder or URL of its store.
    """
    if "/" in where or where.startswith("."):
        return _reader(StoreOrigin(open_store(where, 0)), limits)
    return _reader(RemoteOrigin(connect(where)), limits)


def _reader(origin: Origin, limits: Limits) -> DigestReader:
    return DigestReader(origin, limits=limits, cache_bytes=_CACHE_BYTES)
