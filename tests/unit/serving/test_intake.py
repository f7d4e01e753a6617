"""Where the bytes of an asset come from, and what a router sees of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, NotFound
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.fetch.types import Head
from gencheck.media.sniff import HEAD_BYTES
from gencheck.media.types import Limits
from gencheck.serving.intake import AssetReader, Peek
from gencheck.v1 import common_pb2 as pb

DATA = bytes(range(256)) * 300
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()
WHENEVER = Deadline()


class FakeDigests:
    """One asset that was uploaded."""

    def __init__(self) -> None:
        self.read_whole = 0

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        assert digest == DIGEST
        return Head(DATA[:HEAD_BYTES], len(DATA))

    async def read(self, digest: str, *, deadline: Deadline) -> bytes:
        assert digest == DIGEST
        self.read_whole += 1
        return DATA


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(DATA)
    return path


def reader(path: Path, digests: FakeDigests | None = None) -> AssetReader:
    return AssetReader(Fetcher(roots=[path.parent], limits=Limits()), digests)


@pytest.mark.parametrize("name", ["", "poster"])
@pytest.mark.parametrize("source", ["inline", "uri", "digest"])
async def test_an_asset_is_read_and_peeked_at_wherever_it_is(
    path: Path, source: str, name: str
) -> None:
    given = {"inline": DATA, "uri": path.as_uri(), "digest": DIGEST}[source]
    asset = pb.Asset(**{source: given, "name": name})
    read = reader(path, FakeDigests())
    assert await read.read(asset, deadline=WHENEVER) == DATA
    named = name or {"inline": DIGEST, "uri": path.as_uri(), "digest": DIGEST}[source]
    assert await read.peek(asset, deadline=WHENEVER) == Peek(named, DATA[:HEAD_BYTES], len(DATA))


async def test_a_peek_by_digest_reads_no_more_than_the_start(path: Path) -> None:
    digests = FakeDigests()
    await reader(path, digests).peek(pb.Asset(digest=DIGEST), deadline=WHENEVER)
    assert digests.read_whole == 0


async def test_who_was_not_told_where_assets_are_says_so(path: Path) -> None:
    read = reader(path)
    for ask in (read.read, read.peek):
        with pytest.raises(NotFound, match="--assets"):
            await ask(pb.Asset(digest=DIGEST), deadline=WHENEVER)


async def test_an_asset_without_a_source_is_refused(path: Path) -> None:
    read = reader(path)
    for ask in (read.read, read.peek):
        with pytest.raises(InvalidArgument, match=r"asset\.digest"):
            await ask(pb.Asset(name="x"), deadline=WHENEVER)
