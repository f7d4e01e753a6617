"""Paths that lead astray: each a clear error, none a traceback."""

import os
from pathlib import Path

import fsspec
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import (
    GencheckError,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    UnsupportedMedia,
)
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.fetch.files import read_file
from gencheck.media.sniff import HEAD_BYTES
from gencheck.media.types import Limits


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "a.png").write_bytes(b"abc")
    (root / "a#b.png").write_bytes(b"hash")
    (root / "big").write_bytes(bytes(100))
    (root / "inside").symlink_to(root / "a.png")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "loop").symlink_to(root / "loop")
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize(
    ("name", "data"), [("a.png", b"abc"), ("inside", b"abc"), ("a%23b.png", b"hash")]
)
def test_reads_files_under_the_root(root: Path, name: str, data: bytes) -> None:
    assert read_file(f"file://{root}/{name}", [root], Limits()) == data


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("missing", NotFound),
        ("folder", InvalidArgument),
        ("pipe", InvalidArgument),
        ("big", LimitExceeded),
        ("loop", PermissionDenied),
        ("outside", PermissionDenied),
        ("../secret", PermissionDenied),
        ("%2e%2e/secret", PermissionDenied),
        ("a.png/x", PermissionDenied),
        ("x" * 5000, PermissionDenied),
        ("a#b.png", InvalidArgument),
        ("a.png?x=1", InvalidArgument),
        ("a%00b", InvalidArgument),
    ],
)
def test_refuses_everything_else(root: Path, name: str, error: type[GencheckError]) -> None:
    with pytest.raises(error):
        read_file(f"file://{root}/{name}", [root], Limits(max_bytes=50))


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("", UnsupportedMedia),
        ("/etc/passwd", UnsupportedMedia),
        ("ftp://example.org/a.png", PermissionDenied),
        ("https://example.org/a.png", PermissionDenied),
        ("file://host/a.png", InvalidArgument),
        ("file://[half", InvalidArgument),
    ],
)
async def test_refuses_other_uris(root: Path, uri: str, error: type[GencheckError]) -> None:
    fetcher = Fetcher(roots=[root], limits=Limits())
    for ask in (fetcher.read, fetcher.peek):
        with pytest.raises(error):
            await ask(uri, deadline=Deadline())


async def test_a_peek_reads_the_start_and_says_the_size(root: Path) -> None:
    data = bytes(range(256)) * 1_000
    (root / "large").write_bytes(data)
    fetcher = Fetcher(roots=[root], limits=Limits())
    head = await fetcher.peek(f"file://{root}/large", deadline=Deadline())
    assert head.data == data[:HEAD_BYTES]
    assert head.size == len(data)


async def test_a_peek_refuses_what_is_too_large_to_read(root: Path) -> None:
    fetcher = Fetcher(roots=[root], limits=Limits(max_bytes=50))
    with pytest.raises(LimitExceeded):
        await fetcher.peek(f"file://{root}/big", deadline=Deadline())


def test_a_file_that_may_not_be_opened_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # root may open everything
    with pytest.raises(PermissionDenied, match="Permission denied"):
        read_file(f"file://{root}/a.png", [root], Limits())


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "folder" / "secret").write_bytes(b"harmless")
    really_open = os.open

    def swap(path: Path, flags: int) -> int:
        (root / "folder").rename(root / "gone")
        (root / "folder").symlink_to(root.parent)
        return really_open(path, flags)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(PermissionDenied):
        read_file(f"file://{root}/folder/secret", [root], Limits())


async def test_objects_of_a_store_are_read_under_their_prefix() -> None:
    data = bytes(range(256)) * 1_000
    with fsspec.open("memory://fetch-test/in/large", "wb") as file:
        file.write(data)
    fetcher = Fetcher(roots=["memory://fetch-test/in/"], limits=Limits())
    uri = "memory://fetch-test/in/large"
    assert await fetcher.read(uri, deadline=Deadline()) == data
    head = await fetcher.peek(uri, deadline=Deadline())
    assert (head.data, head.size) == (data[:HEAD_BYTES], len(data))
    small = Fetcher(roots=["memory://fetch-test/in"], limits=Limits(max_bytes=50))
    for ask in (small.read, small.peek):
        with pytest.raises(LimitExceeded):
            await ask(uri, deadline=Deadline())
        with pytest.raises(NotFound):
            await ask("memory://fetch-test/in/none", deadline=Deadline())
