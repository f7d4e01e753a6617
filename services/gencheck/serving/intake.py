"""From the asset of a request to decoded media."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import Timing
from gencheck.media.fetch import read_source
from gencheck.media.pool import DecodePool
from gencheck.media.types import Limits, Media
from gencheck.tracing import NO_TRACING, Tracing
from gencheck.v1 import common_pb2 as pb


@dataclass(frozen=True, slots=True)
class Decoded:
    """An asset as it was named, decoded, and how long that took."""

    name: str
    media: Media
    timing: Timing


class AssetReader:
    """The encoded bytes of an asset, from the request itself or from an allowed folder."""

    def __init__(self, *, roots: Sequence[Path], limits: Limits) -> None:
        """Args: roots: folders that ``file://`` may name; none by default."""
        self._roots = tuple(roots)
        self._limits = limits

    async def read(self, asset: pb.Asset) -> bytes:
        """The encoded bytes. Raises ``InvalidInput``, ``NotFound`` or ``PermissionDenied``."""
        match asset.WhichOneof("source"):
            case "inline":
                return asset.inline
            case "uri":
                return await asyncio.to_thread(read_source, asset.uri, self._roots, self._limits)
        raise InvalidArgument(
            "the asset has no source", where="asset", fix="Set asset.inline or asset.uri."
        )


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
        start = time.perf_counter()
        with self._tracing.span("decode"):
            data = await self._reader.read(asset)
            name = asset_name(asset, data)
            media = await self._pool.decode(data, name=name, deadline=deadline)
        return Decoded(name, media, Timing("decode", time.perf_counter() - start))


def asset_name(asset: pb.Asset, data: bytes) -> str:
    """The asset as the caller named it, else its URI, else its digest."""
    return asset.name or asset.uri or "sha256:" + hashlib.sha256(data).hexdigest()
