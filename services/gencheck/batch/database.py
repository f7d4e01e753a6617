"""DuckDB, held to a little memory: it sorts and groups what does not fit by way of the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gencheck.media.filesystems import is_local, local_path, open_fs

if TYPE_CHECKING:
    import duckdb


@contextmanager
def database(*, memory: str, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with a bound on memory and a folder of its own to spill into.

    It installs and loads no extension from anywhere.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="gencheck-duckdb-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(config=config) as connection:
            connection.execute("SET enable_progress_bar = false")  # it would write on stdout
            yield connection


def address(connection: duckdb.DuckDBPyConnection, url: str) -> str:
    """What DuckDB calls a file; a remote store is read through fsspec."""
    if is_local(url):
        return str(local_path(url))
    fs, _ = open_fs(url)
    if not connection.filesystem_is_registered(url.partition("://")[0]):
        connection.register_filesystem(fs)
    return url


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
