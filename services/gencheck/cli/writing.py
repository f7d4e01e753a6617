"""Files that a command writes where it is told to."""

from __future__ import annotations

from pathlib import Path

from gencheck.errors import InvalidArgument


def write_file(path: Path, data: bytes) -> Path:
    """Write a file, in a folder that is made where it is not there; return its path.

    Raises:
        InvalidArgument: it cannot be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise InvalidArgument(
            f"cannot be written ({error.strerror or error})",
            where=str(path),
            fix="Name a folder that you may write into.",
        ) from None
    return path
