"""How calls of the client go out: over gRPC, or (``serving/local.py``) within this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from gencheck.errors import Cancelled, Unavailable
from gencheck.serving.status import from_rpc_error
from gencheck.serving.telemetry import ambient

_CHANNEL = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.lb_policy_name", "round_robin"),  # over all addresses of a name, not its first one
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

    def __init__(self, target: str) -> None:
        """Args: target: ``HOST:PORT`` or any gRPC target."""
        self._target = target
        self._channel = open_channel(target)
        self._closed = False

    async def unary(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> M:
        """See :class:`Transport`."""
        with self._traced(method) as metadata, self._typed_errors():
            call = self._channel.unary_unary(
                method, request_serializer=_serialise, response_deserializer=answer.FromString
            )
            return await call(request, timeout=timeout, metadata=metadata)

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> M:
        """See :class:`Transport`."""
        outgoing = _Outgoing(requests)
        with self._traced(method) as metadata, self._typed_errors(outgoing):
            call = self._channel.stream_unary(
                method, request_serializer=_serialise, response_deserializer=answer.FromString
            )
            return await call(outgoing.messages(), timeout=timeout, metadata=metadata)

    async def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """See :class:`Transport`."""
        outgoing = _Outgoing(requests)
        with self._typed_errors(outgoing):
            method_call = self._channel.stream_stream(
                method, request_serializer=_serialise, response_deserializer=answer.FromString
            )
            # No span is left open over what the caller does between two answers.
            metadata = tuple(ambient().headers().items())
            call = method_call(outgoing.messages(), timeout=timeout, metadata=metadata)
            try:
                async for message in call:
                    yield message
            finally:
                call.cancel()  # nothing happens to it when it is done

    async def aclose(self) -> None:
        """Close the channel; calls in progress end as ``Cancelled``."""
        self._closed = True
        await self._channel.close()

    @contextmanager
    def _traced(self, method: str) -> Iterator[tuple[tuple[str, str], ...]]:
        """A span of the program's own OpenTelemetry, if it has one, and what carries it on."""
        tracing = ambient()
        name = method.removeprefix("/")
        about = {"rpc.system.name": "grpc", "rpc.method": name, "server.address": self._target}
        with tracing.span(name, about, kind="client"):
            yield tuple(tracing.headers().items())

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


def open_channel(target: str) -> grpc.aio.Channel:
    """A channel that takes messages of any size: the servers hold them to their limits.

    Where the target has many addresses, as a headless service has, calls go to them in turn.
    """
    return grpc.aio.insecure_channel(target, options=_CHANNEL)


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()
