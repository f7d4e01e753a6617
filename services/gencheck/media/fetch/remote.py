"""``s3://``, ``gs://`` and whatever else fsspec reads, under allowed prefixes."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.errors import PermissionDenied
from gencheck.media.fetch.types import Head, checked_size
from gencheck.media.filesystems import open_fs, store_errors
from gencheck.media.sniff import HEAD_BYTES
from gencheck.media.types import Limits


def read_remote(uri: str, prefixes: Sequence[str], limits: Limits) -> bytes:
    """The bytes of an object. Raises as :meth:`gencheck.media.fetch.fetcher.Fetcher.read`."""
    _check(uri, prefixes)
    fs, path = open_fs(uri)
    with store_errors(uri), fs.open(path, "rb") as file:
        data: bytes = file.read(limits.max_bytes + 1)
    checked_size(len(data), limits, uri)
    return data


def peek_remote(uri: str, prefixes: Sequence[str], limits: Limits) -> Head:
    """The first bytes of an object, and its size."""
    _check(uri, prefixes)
    fs, path = open_fs(uri)
    with store_errors(uri):
        size = checked_size(int(fs.info(path)["size"]), limits, uri)
        return Head(bytes(fs.cat_file(path, start=0, end=HEAD_BYTES)), size)


def _check(uri: str, prefixes: Sequence[str]) -> None:
    plain = "::" not in uri and ".." not in uri.split("/")
    if not plain or not uri.startswith(tuple(prefixes)):
        raise PermissionDenied(
            "this is under no prefix that may be read",
            where=uri,
            fix="Allow it with --root PREFIX, or send the bytes.",
        )
