"""Assets sent and read in pieces, against the service itself in this process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message

from gencheck import transfer
from gencheck.assets.memory import MemoryStore
from gencheck.assets.remote import RemoteOrigin
from gencheck.assets.service import AssetService, Quota
from gencheck.client import AsyncClient
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, NotFound, Unavailable
from gencheck.media.sniff import HEAD_BYTES
from gencheck.serving.bounds import INLINE_LIMIT
from gencheck.serving.local import LocalServices
from gencheck.v1 import asset_pb2 as pb
from gencheck.v1 import common_pb2

DATA = bytes(range(256)) * 12_000  # 3 MB: more than two pieces


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Watched(LocalServices):
    """Counts the pieces that are sent."""

    pieces = 0

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: Any, timeout: float | None
    ) -> Any:
        async def counted() -> AsyncIterator[Message]:
            async for request in requests:
                assert isinstance(request, pb.UploadAssetRequest)
                assert len(request.chunk.data) <= transfer.CHUNK_BYTES
                self.pieces += request.HasField("chunk")
                yield request

        return await super().upload(method, counted(), answer, timeout)


@pytest.fixture
def transport() -> Watched:
    made = AssetService(MemoryStore(64 << 20), Quota(32 << 20)).service()
    return Watched({made.name: partial(asyncio.sleep, 0, made)}, inline_limit=1)


@pytest.mark.parametrize("kind", ["bytes", "file"])
async def test_an_asset_goes_once_in_pieces(transport: Watched, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(DATA)
    source = DATA if kind == "bytes" else path
    told: list[tuple[int, int]] = []
    stored = await transfer.upload(
        transport, source, progress=lambda done, size: told.append((done, size))
    )
    assert (stored.digest, stored.size) == (digest_of(DATA), len(DATA))
    assert transport.pieces == len(told) == 3
    assert told[-1] == (len(DATA), len(DATA))
    await transfer.upload(transport, source)
    assert transport.pieces == 3
    assert (await transfer.stat(transport, stored.digest, timeout=9)) == stored


async def test_reading_gives_what_it_is_and_then_the_bytes(transport: Watched) -> None:
    stored = await transfer.upload(transport, DATA)
    parts = [part async for part in transfer.read(transport, stored.digest)]
    assert parts[0] == stored
    assert b"".join(parts[1:]) == DATA  # type: ignore[arg-type]
    parts = [part async for part in transfer.read(transport, stored.digest, offset=5, limit=7)]
    assert parts[1:] == [DATA[5:12]]
    with pytest.raises(NotFound):
        await anext(transfer.read(transport, digest_of(b"none")))


async def test_a_service_reads_from_there_too(transport: Watched) -> None:
    stored = await transfer.upload(transport, DATA)
    origin = RemoteOrigin(transport)
    head = await origin.peek(stored.digest, deadline=Deadline())
    assert (head.data, head.size) == (DATA[:HEAD_BYTES], len(DATA))
    pieces = [piece async for piece in origin.pieces(stored.digest, deadline=Deadline())]
    assert b"".join(pieces) == DATA


async def test_a_file_that_grows_while_it_is_sent_is_refused(
    transport: Watched, tmp_path: Path
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(DATA)

    def grow(done: int, size: int) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(InvalidArgument, match="announced"):
        await transfer.upload(transport, path, progress=grow)


class Damaging(Watched):
    """A server, or the way to it, that changes a bit."""

    async def download(
        self, method: str, request: Message, answer: Any, timeout: float | None
    ) -> AsyncGenerator[Any, None]:
        async for message in super().download(method, request, answer, timeout):
            if message.HasField("chunk"):
                message.chunk.crc32c ^= 1
            yield message


async def test_a_damaged_piece_is_never_taken() -> None:
    made = AssetService(MemoryStore(1 << 20), Quota(1 << 20)).service()
    transport = Damaging({made.name: partial(asyncio.sleep, 0, made)}, inline_limit=1)
    stored = await transfer.upload(transport, b"abc")
    with pytest.raises(Unavailable, match="damaged"):
        _ = [part async for part in transfer.read(transport, stored.digest)]


async def test_the_client_uploads_what_no_request_can_carry(
    transport: Watched, tmp_path: Path
) -> None:
    client = AsyncClient(transport)
    large = tmp_path / "large.png"
    large.write_bytes(bytes(INLINE_LIMIT + 1))
    by_path = await client.sendable(large)
    assert by_path == common_pb2.Asset(digest=digest_of(large.read_bytes()), name=str(large))
    by_bytes = await client.sendable(large.read_bytes())
    assert by_bytes.digest == by_path.digest
    named = await client.sendable(common_pb2.Asset(inline=large.read_bytes(), name="row 7"))
    assert named == common_pb2.Asset(digest=by_path.digest, name="row 7")
    large.write_bytes(bytes(INLINE_LIMIT))
    assert (await client.sendable(large)).inline == bytes(INLINE_LIMIT)
    assert await client.sendable(by_path) == by_path


async def test_streams_carry_digests_of_what_is_too_large(transport: Watched) -> None:
    large = bytes(INLINE_LIMIT + 1)
    sent: list[Any] = []

    class Listening(Watched):
        async def upload(
            self, method: str, requests: AsyncIterator[Message], answer: Any, timeout: float | None
        ) -> Any:
            if "AssetService" in method:
                return await transport.upload(method, requests, answer, timeout)
            sent.extend([request async for request in requests])
            return answer()

    listening = Listening([], inline_limit=1)
    listening.unary = transport.unary  # type: ignore[method-assign]
    client = AsyncClient(listening)
    await client.audit_images([large, b"small"])
    assert [part.image.asset.WhichOneof("source") for part in sent[1:]] == ["digest", "inline"]
    assert sent[1].image.asset.digest == digest_of(large)


async def test_where_nobody_takes_uploads_the_bytes_go_along(tmp_path: Path) -> None:
    client = AsyncClient(LocalServices({}, inline_limit=1))
    large = bytes(INLINE_LIMIT + 1)
    for _ in range(2):
        assert (await client.sendable(large)).inline == large


async def test_a_file_that_is_not_there_is_said(transport: Watched, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such file"):
        await AsyncClient(transport).upload(tmp_path / "none.png")
