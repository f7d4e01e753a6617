"""A store in a folder: restarts, crashes, links, other processes, a disk that is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from gencheck.assets.disk import DiskStore
from gencheck.errors import InvalidArgument, NotFound, Unavailable


def place(folder: Path, digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return folder / "store" / name[:2] / name


def test_assets_outlive_the_process_and_so_does_their_order(
    disk: DiskStore, tmp_path: Path, kit: Any
) -> None:
    old, new = b"1" * 400, b"2" * 400
    for data, used in ((new, 2_000), (old, 1_000)):
        kit.put(disk, data)
        os.utime(place(tmp_path, kit.digest(data)), (used, used))
    again = DiskStore(tmp_path / "store", kit.CAPACITY)
    assert kit.get(DiskStore(tmp_path / "store", 0), old) == old
    os.utime(place(tmp_path, kit.digest(old)), (1_000, 1_000))
    kit.put(again, b"3" * 400)
    assert [kit.holds(again, data) for data in (old, new)] == [False, True]
    again.close()


def test_reading_makes_an_asset_young_past_a_restart(
    disk: DiskStore, tmp_path: Path, kit: Any
) -> None:
    kit.put(disk, b"x")
    os.utime(place(tmp_path, kit.digest(b"x")), (1_000, 1_000))
    kit.get(disk, b"x")
    assert place(tmp_path, kit.digest(b"x")).stat().st_mtime > 1_000


def test_a_smaller_capacity_after_a_restart_lets_the_oldest_go(
    disk: DiskStore, tmp_path: Path, kit: Any
) -> None:
    for number in range(5):
        data = bytes([number]) * 200
        kit.put(disk, data)
        os.utime(place(tmp_path, kit.digest(data)), (number, number))
    smaller = DiskStore(tmp_path / "store", 500)
    kit.put(smaller, b"new")
    held = [kit.holds(smaller, bytes([number]) * 200) for number in range(5)]
    assert held == [False, False, False, True, True]
    smaller.close()


def test_leftovers_of_a_crash_go_and_an_upload_of_another_process_stays(
    disk: DiskStore, tmp_path: Path, kit: Any
) -> None:
    parts = tmp_path / "store" / "parts"
    parts.mkdir()
    (parts / "0123").write_bytes(b"half")
    other = DiskStore(tmp_path / "store", kit.CAPACITY)
    with other.create() as writing:  # its first: what lay there is gone now
        assert len(list(parts.iterdir())) == 1
        writing.write(b"whole")
        kit.put(disk, b"x")  # the first of this process
        assert writing.keep(kit.digest(b"whole"))
    assert kit.get(disk, b"whole") == b"whole"
    assert not list(parts.iterdir())
    other.close()


def test_links_are_not_followed(disk: DiskStore, tmp_path: Path, kit: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    path = place(tmp_path, kit.digest(b"secret"))
    path.parent.mkdir()
    path.symlink_to(secret)
    assert not kit.holds(disk, b"secret")
    path.unlink()
    path.parent.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / path.name).write_bytes(b"secret")
    path.parent.symlink_to(elsewhere)
    assert not kit.holds(disk, b"secret")
    with pytest.raises(Unavailable):
        kit.put(disk, b"secret")
    disk.remove(kit.digest(b"secret"))
    assert secret.read_bytes() == (elsewhere / path.name).read_bytes() == b"secret"


def test_nothing_else_in_the_folder_is_touched(disk: DiskStore, tmp_path: Path, kit: Any) -> None:
    root = tmp_path / "store"
    (root / "ab").mkdir()
    strange = [
        root / "notes.txt",
        root / "ab" / "file",
        root / "ab" / ("cd" * 32),
        root / "ab" / "x",
    ]
    for path in strange[:3]:
        path.write_bytes(bytes(900))
    strange[3].mkdir()
    kit.put(disk, bytes(900))
    kit.put(disk, b"1" * 900)
    assert all(path.exists() for path in strange)


@pytest.mark.parametrize(
    "digest",
    [
        "sha256:../../etc/passwd",
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "",
        "sha256:",
        "a" * 65,
    ],
)
def test_what_is_no_digest_names_nothing(disk: DiskStore, digest: str) -> None:
    with pytest.raises(NotFound):
        disk.peek(digest)


def test_removed_while_it_is_read_it_is_read_to_its_end(
    disk: DiskStore, tmp_path: Path, kit: Any
) -> None:
    kit.put(disk, b"hello")
    with disk.open(kit.digest(b"hello")) as reading:
        place(tmp_path, kit.digest(b"hello")).unlink()
        assert reading.read(0, 5) == b"hello"
    assert not kit.holds(disk, b"hello")


def test_a_full_disk_is_said_and_leaves_nothing(
    disk: DiskStore, tmp_path: Path, kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(Unavailable, match="no space is left") as caught:
            kit.put(disk, b"12345")
    assert str(tmp_path) not in str(caught.value)
    assert not list((tmp_path / "store" / "parts").iterdir())
    assert kit.put(disk, b"12345")


def test_a_folder_that_cannot_be_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidArgument, match="cannot be used"):
        DiskStore(tmp_path / "file" / "store", 10)


def test_a_bug_in_the_block_is_no_failure_of_the_disk(disk: DiskStore) -> None:
    with pytest.raises(ZeroDivisionError), disk.create():
        raise ZeroDivisionError
