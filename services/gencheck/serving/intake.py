"""From the asset of a request to decoded media."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, NotFound
from gencheck.findings import Timing
from gencheck.media.clip import ClipPart
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.fetch.types import Head
from gencheck.media.pool import DecodePool
from gencheck.media.sniff import HEAD_BYTES, sniff
from gencheck.media.types import Media, MediaKind
from gencheck.tracing import NO_TRACING, Tracing
from gencheck.v1 import common_pb2 as pb


@dataclass(frozen=True, slots=True)
class Peek:
    """What a router has to know of an asset, whose bytes others will read.

    Attributes:
        name: as in answers.
        head: its first bytes (``sniff.HEAD_BYTES``).
        size: bytes of the whole asset.
    """

    name: str
    head: bytes = field(repr=False)
    size: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """An asset as it was named, decoded, and how long that took."""

    name: str
    media: Media
    timing: Timing


@dataclass(frozen=True, slots=True)
class Encoded:
    """An asset as it was named, read and not yet decoded.

    Attributes:
        kind: by its first bytes.
        seconds: that reading took.
    """

    name: str
    data: bytes = field(repr=False)
    kind: MediaKind
    seconds: float


class Digests(Protocol):
    """Assets that were uploaded, by digest."""

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        """The start of an asset and its size."""
        ...

    async def read(self, digest: str, *, deadline: Deadline) -> bytes:
        """All bytes of an asset, which have this digest. Raises ``NotFound``, ``Unavailable``."""
        ...


class AssetReader:
    """The encoded bytes of an asset: from the request, by the fetcher, or of an uploaded one."""

    def __init__(self, fetcher: Fetcher, digests: Digests | None = None) -> None:
        """Args: digests: what was uploaded; ``None`` where nobody said who holds that."""
        self._fetcher = fetcher
        self._digests = digests

    async def read(self, asset: pb.Asset, *, deadline: Deadline) -> bytes:
        """The encoded bytes. Raises what :meth:`Fetcher.read` raises."""
        match asset.WhichOneof("source"):
            case "inline":
                return asset.inline
            case "uri":
                return await self._fetcher.read(asset.uri, deadline=deadline)
            case "digest":
                return await self._uploaded(asset).read(asset.digest, deadline=deadline)
        raise _no_source()

    async def peek(self, asset: pb.Asset, *, deadline: Deadline) -> Peek:
        """Enough to tell what it is, without reading all of it."""
        match asset.WhichOneof("source"):
            case "inline":
                data = asset.inline
                return Peek(asset_name(asset, data), data[:HEAD_BYTES], len(data))
            case "uri":
                head = await self._fetcher.peek(asset.uri, deadline=deadline)
                return Peek(asset.name or asset.uri, head.data, head.size)
            case "digest":
                head = await self._uploaded(asset).peek(asset.digest, deadline=deadline)
                return Peek(asset.name or asset.digest, head.data, head.size)
        raise _no_source()

    def _uploaded(self, asset: pb.Asset) -> Digests:
        if self._digests is None:
            raise NotFound(
                "this server was not told who holds uploaded assets",
                where=asset.digest,
                fix="Start it with --assets HOST:PORT, a router's with --asset-store.",
                metadata={"digest": asset.digest},
            )
        return self._digests


class Intake:
    """Reads assets from requests and decodes them in killable workers."""

    def __init__(
        self, reader: AssetReader, pool: DecodePool, tracing: Tracing = NO_TRACING
    ) -> None:
        self._reader = reader
        self._pool = pool
        self._tracing = tracing

    async def decode(self, asset: pb.Asset, *, deadline: Deadline) -> Decoded:
        """The asset, decoded. Raises what the decoders raise."""
        encoded = await self.read(asset, deadline=deadline)
        return await self.decode_read(encoded, deadline=deadline)

    async def read(self, asset: pb.Asset, *, deadline: Deadline) -> Encoded:
        """The asset, and what kind it is. Raises what reading raises, or ``UnsupportedMedia``."""
        start = time.perf_counter()
        data = await self._reader.read(asset, deadline=deadline)
        name = asset_name(asset, data)
        return Encoded(name, data, sniff(data, name).kind, time.perf_counter() - start)

    async def decode_read(self, encoded: Encoded, *, deadline: Deadline) -> Decoded:
        """An asset that was read, decoded. Raises what the decoders raise."""
        start = time.perf_counter()
        with self._tracing.span("decode"):
            media = await self._pool.decode(encoded.data, name=encoded.name, deadline=deadline)
        seconds = encoded.seconds + time.perf_counter() - start
        return Decoded(encoded.name, media, Timing("decode", seconds))

    def stream(
        self, encoded: Encoded, *, deadline: Deadline, long: bool
    ) -> AsyncGenerator[ClipPart, None]:
        """Video or sound that was read, part by part; close it to leave early.

        Args:
            long: whether it may last as long as a stream may, else as long as a medium.
        """
        return self._pool.stream(encoded.data, name=encoded.name, deadline=deadline, long=long)


def asset_name(asset: pb.Asset, data: bytes) -> str:
    """The asset as the caller named it, else its URI, else its digest."""
    return asset.name or asset.uri or asset.digest or "sha256:" + hashlib.sha256(data).hexdigest()


def _no_source() -> InvalidArgument:
    return InvalidArgument(
        "the asset has no source", where="asset", fix="Set asset.inline, asset.uri or asset.digest."
    )
