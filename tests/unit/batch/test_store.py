"""A store has whole files or none, and its errors are words."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from gencheck.batch.store import Store
from gencheck.errors import InvalidArgument, NotFound, Unavailable
from gencheck.media.filesystems import full_disk, open_fs


class Failing(MemoryFileSystem):
    """A store that fails in the middle of a write, with the error that it was given."""

    protocol = "failing"
    error: Exception = OSError(errno.ENOSPC, "No space left on device")

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None:
        raise self.error

    def put_file(self, lpath: str, rpath: str, **options: Any) -> None:
        raise self.error


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "local":
        yield Store(str(tmp_path / "out"))
    else:
        yield Store("memory://batch-store-test/out")
        fs = fsspec.filesystem("memory")
        if fs.exists("/batch-store-test"):
            fs.rm("/batch-store-test", recursive=True)


def test_what_was_written_is_read(store: Store, tmp_path: Path) -> None:
    assert store.read("a/b.json") is None
    assert store.names("a") == []
    store.write("a/b.json", b"one")
    store.write("a/b.json", b"two")
    local = tmp_path / "local"
    local.write_bytes(b"three")
    assert store.put(local, "a/c.bin") == hashlib.sha256(b"three").hexdigest()
    assert store.read("a/b.json") == b"two"
    assert store.names("a") == ["b.json", "c.bin"]
    store.get("a/c.bin", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"three"
    with pytest.raises(NotFound):
        store.get("a/none", tmp_path / "back")


def test_a_local_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path))
    store.write("x", b"old")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Unavailable, match="no space is left there"):
        store.write("x", b"new")
    assert store.read("x") == b"old"
    assert store.names() == ["x"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left"),
        (ConnectionResetError("reset by peer"), "the store failed: reset by peer"),
        (RuntimeError("SlowDown"), "the store failed: SlowDown"),
    ],
)
def test_a_remote_write_that_fails(
    error: Exception, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.register_implementation("failing", Failing, clobber=True)
    monkeypatch.setattr(Failing, "error", error)
    store = Store("failing://x")
    with pytest.raises(Unavailable, match=told):
        store.write("a", b"1")
    local = tmp_path / "local"
    local.touch()
    with pytest.raises(Unavailable, match=told):
        store.put(local, "a")


@pytest.mark.parametrize("url", ["nosuch://x", "zip::memory://x", "simplecache::s3://x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InvalidArgument):
        open_fs(url)


def test_a_full_disk_is_told_from_other_errors() -> None:
    with pytest.raises(Unavailable, match="no space"), full_disk("/scratch"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OSError, match="other"), full_disk("/scratch"):
        raise OSError("other")


def test_unfinished_files_of_a_writer_are_swept_and_no_others(tmp_path: Path) -> None:
    ours, theirs = Store(str(tmp_path)), Store(str(tmp_path))
    (tmp_path / "shards").mkdir()
    for writer in (ours, theirs):
        (tmp_path / "shards" / f".results.parquet.{writer.writer}-0a.part").touch()
    (tmp_path / "shards" / "results.parquet").touch()
    pickle_of_ours = Store(ours.url, ours.writer)
    pickle_of_ours.sweep("shards")
    assert sorted(path.name for path in (tmp_path / "shards").iterdir()) == [
        f".results.parquet.{theirs.writer}-0a.part",
        "results.parquet",
    ]
    assert ours == theirs, "where they write is all that tells stores apart"
    Store("memory://nothing-there").sweep("shards")
