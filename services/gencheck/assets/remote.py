"""Assets of another server, by ``ReadAsset``."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from gencheck import transfer
from gencheck.deadline import Deadline
from gencheck.errors import Unavailable
from gencheck.media.fetch.types import Head
from gencheck.media.sniff import HEAD_BYTES
from gencheck.transport import Transport


class RemoteOrigin:
    """The assets that a router holds; see :class:`gencheck.assets.reading.Origin`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def peek(self, digest: str, *, deadline: Deadline) -> Head:
        """See :class:`gencheck.assets.reading.Origin`."""
        size, data = -1, bytearray()
        answers = transfer.read(
            self._transport, digest, limit=HEAD_BYTES, timeout=deadline.remaining()
        )
        async with aclosing(answers):
            async for part in answers:
                if isinstance(part, bytes):
                    data += part
                else:
                    size = part.size
        if size < len(data):
            raise Unavailable("the server did not say what the asset is", where=digest)
        return Head(bytes(data[:HEAD_BYTES]), size)

    async def pieces(self, digest: str, *, deadline: Deadline) -> AsyncGenerator[bytes, None]:
        """See :class:`gencheck.assets.reading.Origin`."""
        answers = transfer.read(self._transport, digest, timeout=deadline.remaining())
        async with aclosing(answers):
            async for part in answers:
                if isinstance(part, bytes):
                    yield part

    async def forget(self, digest: str) -> None:
        """That server checks what it sends, and forgets by itself."""
