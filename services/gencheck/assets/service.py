"""Assets as a gRPC service: taken once, piece by piece, and given by digest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from google_crc32c import value as crc32c

from gencheck.assets.reading import PIECE_BYTES, call, changed, held, in_thread
from gencheck.assets.store import Store
from gencheck.errors import (
    DeadlineExceeded,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    Overloaded,
    UnsupportedMedia,
)
from gencheck.media.fetch.types import Head
from gencheck.media.sniff import HEAD_BYTES, sniff
from gencheck.media.types import MediaKind
from gencheck.serving.call import Call, Rpc, Service
from gencheck.transfer import LEAST_RATE, chunk_of
from gencheck.v1 import asset_pb2 as pb

_SMALL_CHUNKS = 256
"""Pieces of any size; further ones must not make the average smaller than this:"""
_LEAST_AVERAGE = 4 << 10

_KINDS = {
    MediaKind.IMAGE: pb.MEDIA_KIND_IMAGE,
    MediaKind.VIDEO: pb.MEDIA_KIND_VIDEO,
    MediaKind.AUDIO: pb.MEDIA_KIND_AUDIO,
    MediaKind.MESH: pb.MEDIA_KIND_MESH,
}


@dataclass(frozen=True, slots=True)
class Quota:
    """What uploads may take.

    Attributes:
        max_bytes: of one asset.
        max_uploads: at a time; one more is refused.
        grace_seconds: until an upload has to reach ``transfer.LEAST_RATE`` on average.
    """

    max_bytes: int
    max_uploads: int = 8
    grace_seconds: float = 60.0


class AssetService:
    """Takes, gives and describes assets of one store."""

    def __init__(
        self, store: Store, quota: Quota, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        capacity = quota.max_bytes if store.capacity is None else store.capacity
        self._max_bytes = min(quota.max_bytes, capacity)
        self._quota = quota
        self._clock = clock
        self._uploads = 0

    def service(self) -> Service:
        """What the host offers to callers."""
        rpcs = [
            Rpc(
                "UploadAsset",
                pb.UploadAssetRequest,
                pb.UploadAssetResponse,
                self.upload,
                "client_stream",
            ),
            Rpc("ReadAsset", pb.ReadAssetRequest, pb.ReadAssetResponse, self.read, "server_stream"),
            Rpc("StatAsset", pb.StatAssetRequest, pb.StatAssetResponse, self.stat),
        ]
        return Service("gencheck.v1.AssetService", rpcs, self.warm_up)

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def upload(
        self, requests: AsyncIterator[pb.UploadAssetRequest], call_: Call
    ) -> pb.UploadAssetResponse:
        """Take an asset.

        Raises:
            InvalidArgument: a piece, the size or the digest is wrong; says which.
            LimitExceeded: larger than is taken here.
            Overloaded: too many uploads at a time, or no room now.
            DeadlineExceeded: too slow.
        """
        metadata = await _first(requests)
        self._check_size(metadata.size, "metadata.size")
        if metadata.digest:
            try:
                head = await self._peek(metadata.digest)
                return pb.UploadAssetResponse(asset=_stored(metadata.digest, head), existed=True)
            except NotFound:
                pass
        with self._slot():
            return await self._take(metadata, requests)

    async def _take(
        self, metadata: pb.UploadMetadata, requests: AsyncIterator[pb.UploadAssetRequest]
    ) -> pb.UploadAssetResponse:
        coming = _Coming(metadata, self._clock(), self._quota.grace_seconds)
        async with held(self._store, self._store.create()) as writing:

            def swallow(data: bytes) -> None:
                coming.sha256.update(data)
                writing.write(data)

            async for request in requests:
                data = coming.check(request, self._clock())
                self._check_size(coming.size, coming.where)
                await in_thread(partial(swallow, data))  # hashing takes its time, too
            digest = coming.finish()
            new = await call(self._store, lambda: writing.keep(digest))
        return pb.UploadAssetResponse(asset=_stored(digest, coming.head()), existed=not new)

    async def read(
        self, request: pb.ReadAssetRequest, call_: Call
    ) -> AsyncIterator[pb.ReadAssetResponse]:
        """Send an asset, or a part of it.

        Raises:
            NotFound: it is not here (any more).
            InvalidArgument: a part that it does not have.
            Unavailable: what is stored is not the asset.
        """
        head = await self._peek(request.digest)
        if request.offset > head.size:
            raise InvalidArgument(
                f"the asset has {head.size} bytes",
                where="offset",
                fix="Ask for a part of it.",
                metadata={"bytes": str(head.size)},
            )
        yield pb.ReadAssetResponse(asset=_stored(request.digest, head))
        end = min(head.size, request.offset + (request.limit or head.size))
        whole = hashlib.sha256() if end - request.offset == head.size else None
        async with held(self._store, self._store.open(request.digest)) as reading:
            for offset in range(request.offset, end, PIECE_BYTES):
                call_.deadline.check()
                count = min(PIECE_BYTES, end - offset)
                data = await call(self._store, partial(reading.read, offset, count))
                if len(data) != count:
                    raise changed(request.digest)
                if whole is not None:
                    whole.update(data)
                yield pb.ReadAssetResponse(chunk=chunk_of(data))
        if whole is not None and f"sha256:{whole.hexdigest()}" != request.digest:
            await call(self._store, lambda: self._store.remove(request.digest))
            raise changed(request.digest)

    async def stat(self, request: pb.StatAssetRequest, call_: Call) -> pb.StatAssetResponse:
        """Say what an asset is. Raises ``NotFound``."""
        head = await self._peek(request.digest)
        return pb.StatAssetResponse(asset=_stored(request.digest, head))

    async def _peek(self, digest: str) -> Head:
        return await call(self._store, lambda: self._store.peek(digest))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if self._uploads >= self._quota.max_uploads:
            raise Overloaded(
                f"{self._uploads} uploads are in progress",
                where="uploads",
                fix="Try again later.",
                metadata={"limit": str(self._quota.max_uploads)},
            )
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    def _check_size(self, size: int, where: str) -> None:
        if size > self._max_bytes:
            raise LimitExceeded(
                f"{size} bytes are more than this server holds of one asset, {self._max_bytes}",
                where=where,
                fix="Send a smaller file.",
                metadata={"bytes": str(size), "limit": str(self._max_bytes)},
            )


@dataclass(slots=True)
class _Coming:
    """What has come of an upload, held against what was announced."""

    metadata: pb.UploadMetadata
    began: float
    grace: float
    sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    start: bytearray = field(default_factory=bytearray)
    size: int = 0
    chunks: int = 0

    @property
    def where(self) -> str:
        """The piece that came last, counted from 0."""
        return f"chunk[{self.chunks - 1}]"

    def check(self, request: pb.UploadAssetRequest, now: float) -> bytes:
        """The bytes of the next piece, as they were sent off."""
        self.chunks += 1
        if request.WhichOneof("part") != "chunk":
            raise self._wrong("only the first message holds metadata")
        data = request.chunk.data
        if not data:
            raise self._wrong("a piece without bytes")
        if not request.chunk.HasField("crc32c"):
            raise self._wrong("a piece without its CRC32C")
        if crc32c(data) != request.chunk.crc32c:
            raise self._wrong("its CRC32C is another one: the bytes changed on their way")
        self.size += len(data)
        self.start += data[: HEAD_BYTES - len(self.start)]
        if self.metadata.HasField("size") and self.size > self.metadata.size:
            raise self._wrong(f"more than the {self.metadata.size} bytes that were announced")
        if self.chunks > _SMALL_CHUNKS + self.size // _LEAST_AVERAGE:
            raise self._wrong(f"pieces must have {_LEAST_AVERAGE} bytes and more on average")
        if now - self.began > self.grace + self.size / LEAST_RATE:
            raise DeadlineExceeded(
                f"this upload is slower than {LEAST_RATE} bytes a second",
                where=self.where,
                fix="Send it over a faster connection.",
            )
        return data

    def head(self) -> Head:
        """What came, as it can be peeked at."""
        return Head(bytes(self.start), self.size)

    def finish(self) -> str:
        """The digest of what came, which is what was announced."""
        if not self.size:
            raise self._wrong("there are no bytes", "chunk[0]")
        if self.metadata.HasField("size") and self.size != self.metadata.size:
            what = f"{self.size} bytes came, {self.metadata.size} were announced"
            raise self._wrong(what, "metadata.size")
        digest = f"sha256:{self.sha256.hexdigest()}"
        if self.metadata.digest not in ("", digest):
            raise self._wrong(f"what came has the digest {digest}", "metadata.digest")
        return digest

    def _wrong(self, what: str, where: str = "") -> InvalidArgument:
        return InvalidArgument(
            what, where=where or self.where, fix="Send the asset anew.", metadata=_named(self)
        )


def _named(coming: _Coming) -> dict[str, str]:
    return {"name": coming.metadata.name} if coming.metadata.name else {}


async def _first(requests: AsyncIterator[pb.UploadAssetRequest]) -> pb.UploadMetadata:
    request = await anext(requests, None)
    if request is None or request.WhichOneof("part") != "metadata":
        raise InvalidArgument(
            "the first message holds no metadata", where="metadata", fix="Send UploadMetadata."
        )
    return request.metadata


def _stored(digest: str, head: Head) -> pb.StoredAsset:
    stored = pb.StoredAsset(digest=digest, size=head.size)
    try:
        sniffed = sniff(head.data, size=head.size)
    except UnsupportedMedia:
        return stored  # it is held all the same; whoever checks it will say so
    stored.kind, stored.format = _KINDS[sniffed.kind], sniffed.format
    return stored
