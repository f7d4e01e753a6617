"""Which store, and which way to one, an operator's words mean."""

from __future__ import annotations

from gencheck.assets.cloud import CloudStore
from gencheck.assets.disk import DiskStore
from gencheck.assets.memory import MemoryStore
from gencheck.assets.reading import DigestReader, Origin
from gencheck.assets.store import Store
from gencheck.media.filesystems import is_local, local_path
from gencheck.media.types import Limits

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


def names_store(where: str) -> bool:
    """Whether a place is a folder or a URL, rather than ``HOST:PORT``."""
    return "/" in where or where.startswith(".")


def reader_of(origin: Origin, limits: Limits) -> DigestReader:
    """Reads from a store of this machine, or from the server that has one."""
    return DigestReader(origin, limits=limits, cache_bytes=_CACHE_BYTES)
