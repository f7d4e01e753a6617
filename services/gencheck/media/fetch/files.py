"""Files that ``file://`` names: under allowed folders, links followed first."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gencheck.errors import InvalidArgument, NotFound, PermissionDenied
from gencheck.media.fetch.types import Head, checked_size
from gencheck.media.sniff import HEAD_BYTES
from gencheck.media.types import Limits


def read_file(uri: str, roots: Sequence[Path], limits: Limits) -> bytes:
    """The bytes of a ``file://`` URI under one of the roots.

    Raises:
        PermissionDenied: outside the roots, or not readable.
        NotFound: no such file.
        LimitExceeded: over ``limits.max_bytes``.
        InvalidArgument: a URI that names no local file.
    """
    with _opened(uri, roots, limits) as (handle, _), os.fdopen(handle, "rb", closefd=False) as file:
        data = file.read(limits.max_bytes + 1)
    checked_size(len(data), limits, uri)
    return data


def peek_file(uri: str, roots: Sequence[Path], limits: Limits) -> Head:
    """The first bytes of such a file, and its size. Raises what :func:`read_file` raises."""
    with _opened(uri, roots, limits) as (handle, size):
        return Head(os.pread(handle, HEAD_BYTES, 0), size)


@contextmanager
def _opened(uri: str, roots: Sequence[Path], limits: Limits) -> Iterator[tuple[int, int]]:
    """A handle of the file and its size."""
    try:
        path = _allowed(_local_path(uri), roots, uri)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, until Python 3.13
        raise PermissionDenied("this path cannot be followed", where=uri) from None
    try:
        # Opened first and asked then: what is looked at is what is read. NONBLOCK: a pipe that
        # nobody writes to must not hang the server.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFound("no such file", where=uri) from None
    except OSError as error:
        raise PermissionDenied(f"cannot be opened: {error.strerror}", where=uri) from None
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            what = "a directory" if stat.S_ISDIR(info.st_mode) else "no regular file"
            raise InvalidArgument(f"this is {what}", where=uri, fix="Name one file.")
        # A folder on the way may have become a link since it was resolved: ask what was opened.
        _allowed(Path(f"/proc/self/fd/{handle}"), roots, uri)
        yield handle, checked_size(info.st_size, limits, uri)
    finally:
        os.close(handle)


def _local_path(uri: str) -> Path:
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise InvalidArgument("this is no URI", where="asset.uri", fix="file:///a/b.png") from None
    path = unquote(parts.path)
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\x00" in path:
        raise InvalidArgument("this names no local file", where="asset.uri", fix="file:///a/b.png")
    if parts.query or parts.fragment:
        raise InvalidArgument(
            "a file has no query and no fragment",
            where="asset.uri",
            fix="Write ? as %3F, # as %23.",
        )
    return Path(path)


def _allowed(path: Path, roots: Sequence[Path], uri: str) -> Path:
    """The path without links and dots, if it lies under a root."""
    resolved = path.resolve()
    for root in roots:
        if resolved.is_relative_to(root.resolve()):
            return resolved
    raise PermissionDenied(
        "this path is not under a folder that the server may read",
        where=uri,
        fix="Start the server with --root DIR, or send the bytes.",
    )
