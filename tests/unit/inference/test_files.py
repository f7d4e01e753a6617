from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from gencheck.errors import Unavailable
from gencheck.inference import files
from gencheck.inference.files import locked, move_into_place, write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file"]  # noqa: PTH208
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_moved_is_removed(tmp_path: Path) -> None:
    part = tmp_path / "part"
    part.write_bytes(b"x")
    (tmp_path / "there" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        move_into_place(part, tmp_path / "there")
    assert not part.exists()


def test_nobody_waits_for_a_free_lock(tmp_path: Path) -> None:
    waited: list[int] = []
    for _ in range(2):
        with locked(tmp_path / "store" / ".lock", lambda: waited.append(1)):
            pass
    assert not waited


def test_the_wait_for_another_holder_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_WAIT_SECONDS", 0.0)
    waited: list[int] = []
    lock = tmp_path / ".lock"
    with (
        locked(lock, lambda: None),
        pytest.raises(Unavailable, match="another installation"),
        locked(lock, lambda: waited.append(1)),
    ):
        pass
    assert waited == [1]


def _hold_and_die(path: Path) -> None:
    with locked(path, lambda: None):
        os._exit(1)


def test_a_holder_that_dies_lets_go(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_hold_and_die, args=(tmp_path / ".lock",)
    )
    process.start()
    process.join()
    with locked(tmp_path / ".lock", lambda: pytest.fail("still held")):
        pass
