"""Writing files so that a reader, a crash or a second writer never sees half of one."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gencheck.errors import Unavailable

_WAIT_SECONDS = 3600.0
_POLL_SECONDS = 0.1


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside the place and rename: a reader sees the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    os.close(handle)
    try:
        Path(name).write_bytes(data)
        move_into_place(Path(name), path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def move_into_place(part: Path, path: Path) -> None:
    """Rename a file that is complete, once the disk has all of it; removed where that fails."""
    try:
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file, which the system lets go when its holder ends, however it ends.

    Args:
        on_wait: called once where another process holds it.

    Raises:
        Unavailable: it was not to be had within an hour.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if not _lock(file.fileno()):
            on_wait()
            end = time.monotonic() + _WAIT_SECONDS
            while not _lock(file.fileno()):
                if time.monotonic() > end:
                    raise Unavailable(
                        "another installation has not ended for an hour",
                        where=str(path),
                        fix="End it, and try again.",
                    )
                time.sleep(_POLL_SECONDS)
        yield


def _lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
