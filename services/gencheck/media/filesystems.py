"""fsspec's file systems (``s3://``, ``gs://``, …), with their failures as errors of the tree."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gencheck.errors import (
    GencheckError,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unavailable,
)

_FULL = {errno.ENOSPC, errno.EDQUOT}


def is_local(url: str) -> bool:
    """Whether a URL names a file of this machine."""
    return "://" not in url or url.startswith("file://")


def local_path(url: str) -> Path:
    """The path of a local URL."""
    return Path(url.removeprefix("file://"))


def open_fs(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        InvalidArgument: no such scheme, or its package is not installed.
    """
    if "::" in url:
        raise InvalidArgument("chained URLs are not read", where=url, fix="Name one plain URL.")
    try:
        import fsspec

        return fsspec.core.url_to_fs(url)  # type: ignore[no-any-return]
    except ImportError as error:
        raise InvalidArgument(
            f"this store needs a package: {error}",
            where=url,
            fix='For S3 and GCS: pip install "gencheck[cloud]".',
        ) from None
    except ValueError as error:
        raise InvalidArgument(f"no such store: {error}", where=url) from None


@contextmanager
def store_errors(where: str) -> Iterator[None]:
    """What a store raises, as errors of the tree; stores raise whatever their library has."""
    try:
        yield
    except GencheckError:
        raise
    except FileNotFoundError:
        raise NotFound("no such file", where=where, fix="Check the address.") from None
    except PermissionError as error:
        raise PermissionDenied(f"access denied: {error.strerror or error}", where=where) from None
    except OSError as error:
        if error.errno in _FULL:
            raise _full(where) from error
        raise _unreachable(error, where) from error
    except Exception as error:
        raise _unreachable(error, where) from error


@contextmanager
def full_disk(where: str) -> Iterator[None]:
    """A full disk as an error of the tree; all else as it is."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or "No space left" in str(error):
            raise _full(where) from error
        raise


def _full(where: str) -> Unavailable:
    return Unavailable(
        "no space is left there",
        where=where,
        fix="Free some and try again: what is finished is kept.",
    )


def _unreachable(error: Exception, where: str) -> Unavailable:
    what = str(error) or type(error).__name__
    return Unavailable(f"the store failed: {what[:300]}", where=where, fix="Try again.")
