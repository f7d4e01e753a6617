"""Calls over gRPC: what goes wrong comes back as gencheck's own errors."""

import socket
from collections.abc import AsyncIterator

import pytest
from google.protobuf.message import Message

from gencheck.errors import Unavailable
from gencheck.transport import GrpcTransport
from gencheck.v1 import bias_pb2, consistency_pb2, router_pb2


@pytest.fixture
def nobody() -> str:
    """An address of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


async def nothing() -> AsyncIterator[Message]:
    yield router_pb2.CheckSetRequest(options=router_pb2.CheckSetOptions())


async def test_a_server_that_is_not_there_is_unavailable_and_named(nobody: str) -> None:
    transport = GrpcTransport(nobody)
    try:
        request = consistency_pb2.ParsePromptRequest(prompt="a cat")
        method = "/gencheck.v1.ConsistencyService/ParsePrompt"
        answer = consistency_pb2.ParsePromptResponse
        with pytest.raises(Unavailable, match=nobody):
            await transport.unary(method, request, answer, 5.0)
        method = "/gencheck.v1.BiasService/AuditImages"
        with pytest.raises(Unavailable, match=nobody):
            await transport.upload(method, nothing(), bias_pb2.AuditImagesResponse, 5.0)
        method = "/gencheck.v1.RouterService/CheckSet"
        with pytest.raises(Unavailable, match=nobody):
            async for _ in transport.exchange(method, nothing(), router_pb2.CheckSetResponse, 5.0):
                pass
    finally:
        await transport.aclose()
