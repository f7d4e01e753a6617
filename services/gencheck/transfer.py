"""Sending assets to a server that holds them, and reading them there, in pieces of bounded size."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TypeAlias

from google.protobuf.message import Message
from google_crc32c import value as crc32c

from gencheck.errors import GencheckError, NotFound, Unavailable
from gencheck.transport import Transport
from gencheck.v1 import asset_pb2 as pb

CHUNK_BYTES = 1 << 20
"""Bytes of a piece."""

LEAST_RATE = 64 << 10
"""Bytes a second that a transfer must reach, after its first minute."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told the bytes that are through, and how many there are."""

_SERVICE = "/gencheck.v1.AssetService"


async def upload(
    transport: Transport,
    source: bytes | Path,
    *,
    name: str = "",
    timeout: float | None = None,
    progress: Progress | None = None,
) -> pb.StoredAsset:
    """Send an asset; what is there already is not sent again.

    Args:
        source: the bytes, or a file; of that no more than a piece is in memory at a time.
        timeout: seconds, besides those that its size may take.

    Raises:
        InvalidArgument: the file changed while it was sent.
        LimitExceeded: larger than the server takes.
        Overloaded, Unavailable: there is no room now, or no such service.
        OSError: the file cannot be read.
    """
    digest, size = await asyncio.to_thread(_digest_of, source)
    # Asked beforehand: a client whose stream ends while it is writing may miss the answer.
    with suppress(NotFound):
        return await stat(transport, digest, timeout=timeout)
    metadata = pb.UploadMetadata(digest=digest, size=size, name=name)

    async def messages() -> AsyncIterator[Message]:
        yield pb.UploadAssetRequest(metadata=metadata)
        done = 0
        async for data in _pieces(source):
            yield pb.UploadAssetRequest(chunk=chunk_of(data))
            done += len(data)
            if progress is not None:
                progress(done, size)

    answer = await transport.upload(
        f"{_SERVICE}/UploadAsset", messages(), pb.UploadAssetResponse, _seconds(timeout, size)
    )
    return answer.asset


async def read(
    transport: Transport,
    digest: str,
    *,
    offset: int = 0,
    limit: int = 0,
    timeout: float | None = None,
) -> AsyncGenerator[pb.StoredAsset | bytes, None]:
    """First what an asset is, then its bytes, piece by piece.

    Raises:
        NotFound: it is not there (any more).
        Unavailable: a piece came damaged, or the server does not answer.
    """
    request = pb.ReadAssetRequest(digest=digest, offset=offset, limit=limit)
    answers = transport.download(f"{_SERVICE}/ReadAsset", request, pb.ReadAssetResponse, timeout)
    async with aclosing(answers):
        async for message in answers:
            if message.WhichOneof("part") == "asset":
                yield message.asset
                continue
            data = message.chunk.data
            if message.chunk.crc32c != crc32c(data):
                raise Unavailable("a piece of it came damaged", where=digest, fix="Try again.")
            yield data


async def stat(transport: Transport, digest: str, *, timeout: float | None) -> pb.StoredAsset:
    """What an asset is. Raises ``NotFound``."""
    request = pb.StatAssetRequest(digest=digest)
    answer = await transport.unary(f"{_SERVICE}/StatAsset", request, pb.StatAssetResponse, timeout)
    return answer.asset


def chunk_of(data: bytes) -> pb.AssetChunk:
    """A piece with its checksum."""
    return pb.AssetChunk(data=data, crc32c=crc32c(data))


def is_not_offered(error: GencheckError) -> bool:
    """Whether an error says that the server has no such service."""
    return isinstance(error, Unavailable) and error.metadata.get("code") == "UNIMPLEMENTED"


def _seconds(timeout: float | None, size: int) -> float | None:
    return None if timeout is None else timeout + size / LEAST_RATE


async def _pieces(source: bytes | Path) -> AsyncIterator[bytes]:
    if isinstance(source, bytes):
        for start in range(0, len(source), CHUNK_BYTES):
            yield source[start : start + CHUNK_BYTES]
        return
    with source.open("rb") as file:
        while data := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield data


def _digest_of(source: bytes | Path) -> tuple[str, int]:
    if isinstance(source, bytes):
        return f"sha256:{hashlib.sha256(source).hexdigest()}", len(source)
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return f"sha256:{digest}", os.fstat(file.fileno()).st_size
