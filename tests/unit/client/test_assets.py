"""From what a caller has to the asset of a request."""

import os
from pathlib import Path

import pytest

from gencheck.client import check_request, printable, to_asset
from gencheck.errors import DecodeFailed, InvalidInput, NotFound, PermissionDenied
from gencheck.policy import Policy
from gencheck.serving.call import is_uuid4
from gencheck.v1 import common_pb2


def test_a_path_is_read_and_keeps_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.png").write_bytes(b"data")
    for given in ("a.png", Path("a.png")):
        assert to_asset(given) == common_pb2.Asset(inline=b"data", name="a.png")


def test_bytes_and_assets_stay_as_they_are() -> None:
    asset = common_pb2.Asset(uri="file:///x")
    assert to_asset(asset) is asset
    assert to_asset(b"data") == common_pb2.Asset(inline=b"data")


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


def test_a_policy_is_named_or_carried() -> None:
    named = check_request(b"x", policy="default")
    carried = check_request(b"x", policy=Policy("house", "1"))
    neither = check_request(b"x")
    assert named.WhichOneof("policy_choice") == "policy_name"
    assert carried.policy.name == "house"
    assert neither.WhichOneof("policy_choice") is None
    assert all(is_uuid4(r.request_id) for r in (named, carried, neither))
