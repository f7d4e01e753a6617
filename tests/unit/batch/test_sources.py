"""An asset is read under the allowed roots, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from gencheck.batch.sources import Sources
from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded, NotFound, PermissionDenied
from gencheck.media.types import Limits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "catalogue"
    (inside / "sub").mkdir(parents=True)
    (inside / "a b#.png").write_bytes(b"a")
    (inside / "sub" / "c.png").write_bytes(b"c")
    (inside / "empty").touch()
    (tmp_path / "secret").write_bytes(b"s")
    (inside / "link").symlink_to(tmp_path / "secret")
    return inside


def _sources(folder: Path, *roots: str) -> Sources:
    return Sources(str(folder / "m.csv"), roots, Limits(max_bytes=4))


@pytest.mark.parametrize("uri", ["a b#.png", "./sub/../a b#.png", "{}/a b#.png"])
def test_a_path_from_the_manifests_folder(uri: str, folder: Path) -> None:
    assert _sources(folder).read(uri.format(folder)) == b"a"


def test_a_file_uri(folder: Path) -> None:
    assert _sources(folder).read(f"file://{folder}/a%20b%23.png") == b"a"


def test_a_manifest_without_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert Sources("m.csv", (), Limits()).read("sub/c.png") == b"c"


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("../secret", PermissionDenied),
        ("{}/../secret", PermissionDenied),
        ("/etc/passwd", PermissionDenied),
        ("link", PermissionDenied),
        ("memory://x/y", PermissionDenied),
        ("http://169.254.169.254/latest", PermissionDenied),
        ("zip://a::memory://x", PermissionDenied),
        ("none.png", NotFound),
        ("sub", GencheckError),
        ("empty", DecodeFailed),
        ("a\x00b", GencheckError),
    ],
)
def test_what_is_not_read(uri: str, kind: type[GencheckError], folder: Path) -> None:
    with pytest.raises(kind):
        _sources(folder).read(uri.format(folder))


def test_another_root_replaces_the_manifests_folder(folder: Path) -> None:
    sources = _sources(folder, str(folder / "sub"))
    assert sources.read("sub/c.png") == b"c"
    with pytest.raises(PermissionDenied):
        sources.read("a b#.png")


def test_urls_under_a_prefix() -> None:
    for name in ("in/a.png", "in/big", "out.png"):
        with fsspec.open(f"memory://sources-test/{name}", "wb") as file:
            file.write(b"12345" if name == "in/big" else b"1")
    sources = Sources("memory://sources-test/in/m.csv", (), Limits(max_bytes=4))
    assert sources.read("a.png") == b"1"
    assert sources.read("memory://sources-test/in/a.png") == b"1"
    with pytest.raises(LimitExceeded):
        sources.read("big")
    with pytest.raises(NotFound):
        sources.read("none.png")
    for uri in ("../out.png", "memory://sources-test/in/../out.png", "/etc/passwd"):
        with pytest.raises(PermissionDenied):
            sources.read(uri)
    with pytest.raises(PermissionDenied):
        Sources("memory://sources-test/i/m.csv", (), Limits()).read(
            "memory://sources-test/in/a.png"
        )
