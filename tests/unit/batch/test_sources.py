"""An asset is read under the allowed roots, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from gencheck.batch.plan import Terms
from gencheck.batch.sources import Sources
from gencheck.deadline import Deadline
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
    return Sources(str(folder / "m.csv"), Terms(roots=roots), Limits(max_bytes=4))


async def _read(sources: Sources, uri: str) -> bytes:
    return await sources.read(uri, deadline=Deadline())


@pytest.mark.parametrize("uri", ["a b#.png", "./sub/../a b#.png", "{}/a b#.png"])
async def test_a_path_from_the_manifests_folder(uri: str, folder: Path) -> None:
    assert await _read(_sources(folder), uri.format(folder)) == b"a"


async def test_a_file_uri(folder: Path) -> None:
    assert await _read(_sources(folder), f"file://{folder}/a%20b%23.png") == b"a"


async def test_a_manifest_without_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert await _read(Sources("m.csv", Terms(), Limits()), "sub/c.png") == b"c"


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
async def test_what_is_not_read(uri: str, kind: type[GencheckError], folder: Path) -> None:
    with pytest.raises(kind):
        await _read(_sources(folder), uri.format(folder))


async def test_another_root_replaces_the_manifests_folder(folder: Path) -> None:
    sources = _sources(folder, str(folder / "sub"))
    assert await _read(sources, "sub/c.png") == b"c"
    with pytest.raises(PermissionDenied):
        await _read(sources, "a b#.png")


async def test_urls_under_a_prefix() -> None:
    for name in ("in/a.png", "in/big", "out.png"):
        with fsspec.open(f"memory://sources-test/{name}", "wb") as file:
            file.write(b"12345" if name == "in/big" else b"1")
    sources = Sources("memory://sources-test/in/m.csv", Terms(), Limits(max_bytes=4))
    assert await _read(sources, "a.png") == b"1"
    assert await _read(sources, "memory://sources-test/in/a.png") == b"1"
    with pytest.raises(LimitExceeded):
        await _read(sources, "big")
    with pytest.raises(NotFound):
        await _read(sources, "none.png")
    for uri in ("../out.png", "memory://sources-test/in/../out.png", "/etc/passwd"):
        with pytest.raises(PermissionDenied):
            await _read(sources, uri)
    with pytest.raises(PermissionDenied):
        await _read(
            Sources("memory://sources-test/i/m.csv", Terms(), Limits()),
            "memory://sources-test/in/a.png",
        )


async def test_relative_to_a_manifest_on_the_web_is_no_leave_to_ask_hosts() -> None:
    with pytest.raises(PermissionDenied, match="--allow-host"):
        await _read(Sources("https://example.com/m.csv", Terms(), Limits()), "a.png")
