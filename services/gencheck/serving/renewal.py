"""A channel that takes renewed certificates: gRPC reads those of a client once, at the start."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import grpc

from gencheck.errors import InvalidArgument
from gencheck.serving.logs import log
from gencheck.serving.tls import Tls

_LOGGER = logging.getLogger(__name__)
_LOOK_SECONDS = 10.0
_GRACE_SECONDS = 600.0

Open = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]


class RenewedChannel:
    """Opens its channel anew when the files of its certificates have changed and can be used.

    Calls in progress end on the channel that they began on. It has all ways to call that
    ``grpc.aio.Channel`` has, and ``close``.
    """

    def __init__(
        self, tls: Tls, open_one: Open, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises ``InvalidArgument`` for a file that cannot be used now."""
        self._tls = tls
        self._open = open_one
        self._clock = clock
        self._seen = tls.signature()
        self._channel = open_one(tls.credentials())
        self._looked = clock()
        self._closing: set[asyncio.Task[None]] = set()

    def unary_unary(self, method: str, **coders: Any) -> _Method:
        """See ``grpc.aio.Channel``."""
        return _Method(self, "unary_unary", method, coders)

    def unary_stream(self, method: str, **coders: Any) -> _Method:
        """See ``grpc.aio.Channel``."""
        return _Method(self, "unary_stream", method, coders)

    def stream_unary(self, method: str, **coders: Any) -> _Method:
        """See ``grpc.aio.Channel``."""
        return _Method(self, "stream_unary", method, coders)

    def stream_stream(self, method: str, **coders: Any) -> _Method:
        """See ``grpc.aio.Channel``."""
        return _Method(self, "stream_stream", method, coders)

    async def close(self, grace: float | None = None) -> None:
        """Close what is open."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self._channel.close(grace)

    def current(self) -> grpc.aio.Channel:
        """The channel for a call that begins now; the files are looked at every ten seconds."""
        if self._clock() - self._looked >= _LOOK_SECONDS:
            self._looked = self._clock()
            self._renew()
        return self._channel

    def _renew(self) -> None:
        now = self._tls.signature()
        if now == self._seen:
            return
        self._seen = now
        try:
            fresh = self._open(self._tls.credentials())
        except InvalidArgument as error:
            fields = {"where": error.where, "message": str(error)}
            log(_LOGGER, logging.ERROR, "new certificate refused, the old one stays", fields)
            return
        log(_LOGGER, logging.INFO, "certificate read anew", {"where": str(self._tls.cert)})
        old, self._channel = self._channel, fresh
        task = asyncio.get_running_loop().create_task(old.close(_GRACE_SECONDS))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _Method:
    """A method on whatever channel is current when it is called."""

    def __init__(
        self, owner: RenewedChannel, kind: str, method: str, coders: dict[str, Any]
    ) -> None:
        self._owner = owner
        self._kind = kind
        self._method = method
        self._coders = coders
        self._channel: grpc.aio.Channel | None = None
        self._made: Any = None

    def __call__(self, *words: Any, **how: Any) -> Any:
        channel = self._owner.current()
        if channel is not self._channel:
            self._channel = channel
            self._made = getattr(channel, self._kind)(self._method, **self._coders)
        return self._made(*words, **how)
