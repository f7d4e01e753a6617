"""Reads what a URI names: files under allowed folders, and nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gencheck.errors import (
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    UnsupportedMedia,
)
from gencheck.media.types import Limits


def read_source(uri: str, roots: Sequence[Path], limits: Limits) -> bytes:
    """The bytes of a ``file://`` URI under one of the roots; links are followed first.

    Raises:
        PermissionDenied: outside the roots, or not readable.
        NotFound: no such file.
        LimitExceeded: over ``limits.max_bytes``.
        UnsupportedMedia: another scheme.
        InvalidArgument: a URI that names no local path.
    """
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
        return _read(handle, roots, uri, limits)
    finally:
        os.close(handle)


def _read(handle: int, roots: Sequence[Path], uri: str, limits: Limits) -> bytes:
    info = os.fstat(handle)
    if not stat.S_ISREG(info.st_mode):
        what = "a directory" if stat.S_ISDIR(info.st_mode) else "no regular file"
        raise InvalidArgument(f"this is {what}", where=uri, fix="Name one file.")
    # A folder on the way may have become a link since it was resolved: ask what was opened.
    _allowed(Path(f"/proc/self/fd/{handle}"), roots, uri)
    if info.st_size > limits.max_bytes:
        raise too_many_bytes(info.st_size, limits, uri)
    with os.fdopen(handle, "rb", closefd=False) as file:
        data = file.read(limits.max_bytes + 1)
    if len(data) > limits.max_bytes:
        raise too_many_bytes(len(data), limits, uri)
    return data


def too_many_bytes(size: int, limits: Limits, where: str) -> LimitExceeded:
    """The error of a file over the cap."""
    return LimitExceeded(
        f"{size} bytes are over the limit of {limits.max_bytes}",
        where=where,
        fix="Send a smaller file.",
        metadata={"bytes": str(size), "limit": str(limits.max_bytes)},
    )


def _local_path(uri: str) -> Path:
    try:
        parts = urlsplit(uri)
    except ValueError:
        raise InvalidArgument("this is no URI", where="asset.uri", fix="file:///a/b.png") from None
    if parts.scheme != "file":
        raise UnsupportedMedia(
            f'the scheme "{parts.scheme}" is not read',
            where="asset.uri",
            fix="Use file:///… under a folder that the server allows, or send the bytes.",
            metadata={"scheme": parts.scheme},
        )
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
