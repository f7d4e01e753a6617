"""How calls of the client go out: over gRPC, or (``serving/local.py``) within this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError, Message

from gencheck.errors import Cancelled, InvalidArgument, ModelError, Unavailable
from gencheck.serving.call import LIVE, Priority
from gencheck.serving.callers import bearer
from gencheck.serving.renewal import RenewedChannel
from gencheck.serving.status import from_rpc_error
from gencheck.serving.telemetry import ambient
from gencheck.serving.tls import Tls, is_loopback

MAX_ATTEMPTS = 3
MAX_ANSWER = 64 << 20
"""Bytes of an answer, mostly its pictures: a server gone mad must not fill the memory."""

# Asking again does no harm where it changes nothing; a stream is not kept, so it is not resent.
_REPEATABLE = (
    ("RouterService", "Check"),
    ("ArtifactService", "CheckArtifact"),
    ("ConsistencyService", "CheckConsistency"),
    ("ConsistencyService", "CheckViews"),
    ("ConsistencyService", "ParsePrompt"),
    ("MeshService", "CheckMesh"),
    ("BiasService", "Audit"),
)
_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],  # over all addresses of a name, not its first
    "methodConfig": [
        {
            "name": [
                {"service": f"gencheck.v1.{service}", "method": method}
                for service, method in _REPEATABLE
            ],
            "retryPolicy": {
                "maxAttempts": MAX_ATTEMPTS,
                "initialBackoff": "0.05s",
                "maxBackoff": "1s",
                "backoffMultiplier": 3,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # Every address is watched: a server that is about to stop says so before it does, and gets no
    # more calls. Not by service, so that one that is not ready can still say why.
    "healthCheckConfig": {"serviceName": LIVE},
    # Half of the tokens gone: no more retries, which would only add to the load of what is failing.
    "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
}
_CHANNEL = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", MAX_ANSWER),
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    # A server that comes back is found within two seconds, however long it was away (gRPC: 120).
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # One that vanished without a word, or stands still, is left for another within half a minute.
    ("grpc.keepalive_time_ms", 15_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.ping_timeout_ms", 10_000),
    # The policy is this client's, not what a resolver says.
    ("grpc.service_config_disable_resolution", 1),
    # A request above this size is sent once only; by default 256 KiB. gRPC keeps what it sends
    # until the answer begins, without another copy.
    ("grpc.per_rpc_retry_buffer_size", 16 << 20),
]

M = TypeVar("M", bound=Message)


class Transport(Protocol):
    """How calls go out. Every method raises a ``GencheckError`` for whatever goes wrong."""

    async def unary(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> M:
        """One message out, one back. ``method`` is a full name: ``/gencheck.v1.X/Y``."""
        ...

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> M:
        """A stream out, one message back."""
        ...

    def download(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """One message out, a stream back; close it to leave early."""
        ...

    def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """A stream out, a stream back; close it to leave early."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...


class GrpcTransport:
    """Calls over one long-lived channel."""

    def __init__(
        self,
        target: str,
        *,
        tls: Tls | None = None,
        token: str = "",
        priority: Priority = Priority.INTERACTIVE,
    ) -> None:
        """Args: target: ``HOST:PORT`` or any gRPC target; token: who calls.

        priority: whether others go first where there is not room for all.

        Raises:
            InvalidArgument: a file of ``tls`` that cannot be used, a token in plain text.
        """
        self._target = target
        self._metadata = (*token_metadata(token, target, tls), *priority.metadata)
        self._channel = open_channel(target, tls)
        self._closed = False

    async def unary(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> M:
        """See :class:`Transport`."""
        with self._traced(method) as metadata, self._typed_errors():
            call: grpc.aio.UnaryUnaryMultiCallable[Message, bytes] = self._channel.unary_unary(
                method, request_serializer=_serialise
            )
            raw = await call(request, timeout=timeout, metadata=metadata)
            return self._read(answer, raw)

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> M:
        """See :class:`Transport`."""
        outgoing = _Outgoing(requests)
        with self._traced(method) as metadata, self._typed_errors(outgoing):
            call: grpc.aio.StreamUnaryMultiCallable[Message, bytes] = self._channel.stream_unary(
                method, request_serializer=_serialise
            )
            raw = await call(outgoing.messages(), timeout=timeout, metadata=metadata)
            return self._read(answer, raw)

    async def download(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """See :class:`Transport`."""
        with self._typed_errors():
            start: grpc.aio.UnaryStreamMultiCallable[Message, bytes]
            start = self._channel.unary_stream(method, request_serializer=_serialise)
            metadata = (*self._metadata, *ambient().headers().items())
            call = start(request, timeout=timeout, metadata=metadata)
            try:
                async for raw in call:
                    yield self._read(answer, raw)
            finally:
                call.cancel()  # nothing happens to it when it is done

    async def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """See :class:`Transport`."""
        outgoing = _Outgoing(requests)
        with self._typed_errors(outgoing):
            start: grpc.aio.StreamStreamMultiCallable[Message, bytes]
            start = self._channel.stream_stream(method, request_serializer=_serialise)
            # No span is left open over what the caller does between two answers.
            metadata = (*self._metadata, *ambient().headers().items())
            call = start(outgoing.messages(), timeout=timeout, metadata=metadata)
            try:
                async for raw in call:
                    yield self._read(answer, raw)
            finally:
                call.cancel()  # nothing happens to it when it is done

    async def aclose(self) -> None:
        """Close the channel; calls in progress end as ``Cancelled``."""
        self._closed = True
        await self._channel.close()

    def _read(self, answer: type[M], raw: bytes | None) -> M:
        """The message; gRPC itself would make ``None`` of bytes that are no message."""
        try:
            if raw is not None:
                return answer.FromString(raw)
        except DecodeError:
            pass
        raise ModelError(
            "the server sent an answer that cannot be read",
            where=self._target,
            fix="Check what listens there, and its version.",
        )

    @contextmanager
    def _traced(self, method: str) -> Iterator[tuple[tuple[str, str], ...]]:
        """A span of the program's own OpenTelemetry, if it has one, and what carries it on."""
        tracing = ambient()
        name = method.removeprefix("/")
        about = {"rpc.system.name": "grpc", "rpc.method": name, "server.address": self._target}
        with tracing.span(name, about, kind="client"):
            yield (*self._metadata, *tracing.headers().items())

    @contextmanager
    def _typed_errors(self, outgoing: _Outgoing | None = None) -> Iterator[None]:
        if self._closed:
            raise Unavailable("this client is closed", where=self._target, fix="Make a new one.")
        try:
            yield
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._target) from None
        except asyncio.CancelledError:
            # gRPC also says this when nobody cancelled the caller.
            if outgoing is not None and outgoing.failure is not None:
                raise outgoing.failure from None
            if self._closed:
                raise Cancelled("the client was closed during this call") from None
            raise


class _Outgoing:
    """A stream of requests that remembers what broke it: gRPC only cancels the call then."""

    def __init__(self, requests: AsyncIterator[Message]) -> None:
        self._requests = requests
        self.failure: Exception | None = None

    async def messages(self) -> AsyncIterator[Message]:
        try:
            async for request in self._requests:
                yield request
        except Exception as error:
            self.failure = error
            raise


def open_channel(target: str, tls: Tls | None = None) -> grpc.aio.Channel:
    """A channel that sends messages of any size: the servers hold them to their limits.

    Where the target has many addresses, as a headless service has, calls go to them in turn.

    Args:
        tls: how to know the server; its files are read again when they change. ``None``: the
            channel is in plain text.

    Raises:
        InvalidArgument: a file of ``tls`` that cannot be used.
    """
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_CHANNEL)
    renewed = RenewedChannel(tls, partial(grpc.aio.secure_channel, target, options=_CHANNEL))
    return cast(grpc.aio.Channel, renewed)  # it has what is called


def token_metadata(token: str, target: str, tls: Tls | None) -> tuple[tuple[str, str], ...]:
    """The metadata that show a token to a server; none where it is empty.

    Raises:
        InvalidArgument: anybody on the way could read it, or it cannot be a token.
    """
    if token and tls is None and not _stays_here(target):
        raise InvalidArgument(
            "a token in plain text could be read on its way",
            where=target,
            fix="Call the server over TLS (GENCHECK_TLS_CA, tls= of the client, --services-ca).",
        )
    return bearer(token)


def _stays_here(target: str) -> bool:
    """Whether every address of a target is of this machine, as far as its text says."""
    scheme, colon, rest = target.partition(":")
    if scheme in ("unix", "unix-abstract"):
        return True
    addresses = rest if scheme in ("ipv4", "ipv6", "dns") and colon else target
    hosts = [address.rpartition(":")[0] for address in addresses.lstrip("/").split(",")]
    return all(is_loopback(host) for host in hosts)


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()
