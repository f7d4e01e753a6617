"""Files that a client cannot send, and names that are no text."""

import os
from pathlib import Path

import pytest

from gencheck.errors import DecodeFailed, InvalidInput, NotFound, PermissionDenied
from gencheck.inputs import printable, to_asset


def test_what_is_no_readable_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"x")
    for name, error, told in (
        ("none", NotFound, "no such file"),
        ("", InvalidInput, "folder"),
        ("empty", DecodeFailed, "empty"),
        ("pipe", InvalidInput, "no regular file"),
        ("file/inside", InvalidInput, "cannot be read"),
        ("x" * 300, InvalidInput, "cannot be read"),
    ):
        with pytest.raises(error, match=told):
            to_asset(tmp_path / name)


def test_an_address_is_told_to_be_one() -> None:
    with pytest.raises(NotFound, match="download the file first"):
        to_asset("https://example.com/chair.glb")


@pytest.mark.parametrize("locked", ["file", "folder"])
def test_no_permission_is_told(tmp_path: Path, locked: str) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(b"x")
    (path if locked == "file" else tmp_path).chmod(0)
    root = os.geteuid() == 0  # to whom everything is permitted
    if root:
        os.seteuid(65_534)
    try:
        with pytest.raises(PermissionDenied, match=r"secret\.png: no permission"):
            to_asset(path)
    finally:
        if root:
            os.seteuid(0)
        tmp_path.chmod(0o700)


def test_a_name_that_is_no_text_is_made_one() -> None:
    assert printable(os.fsdecode(b"caf\xe9.png")) == "caf\ufffd.png"
    assert printable("здание.png") == "здание.png"
