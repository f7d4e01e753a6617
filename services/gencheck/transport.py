"""How calls of the client go out: over gRPC, or (``serving/local.py``) within this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from gencheck.serving.status import from_rpc_error

_UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]

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
    ) -> AsyncIterator[M]:
        """A stream out, a stream back."""
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

    async def unary(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> M:
        """See :class:`Transport`."""
        call = self._channel.unary_unary(
            method,
            request_serializer=_serialise,
            response_deserializer=answer.FromString,
        )
        try:
            return await call(request, timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._target) from None

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> M:
        """See :class:`Transport`."""
        call = self._channel.stream_unary(
            method, request_serializer=_serialise, response_deserializer=answer.FromString
        )
        try:
            return await call(requests, timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._target) from None

    async def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> AsyncIterator[M]:
        """See :class:`Transport`."""
        call = self._channel.stream_stream(
            method, request_serializer=_serialise, response_deserializer=answer.FromString
        )
        try:
            async for message in call(requests, timeout=timeout):
                yield message
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._target) from None

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close()


def open_channel(target: str) -> grpc.aio.Channel:
    """A channel that takes messages of any size: the servers hold them to their limits."""
    return grpc.aio.insecure_channel(target, options=_UNLIMITED)


def _serialise(message: Message) -> bytes:
    return message.SerializeToString()
