"""Calls over gRPC: what goes wrong comes back as gencheck's own errors."""

import asyncio
import socket
from collections.abc import AsyncIterator

import grpc
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


async def test_calls_go_in_turn_to_all_addresses_of_a_target() -> None:
    async def answer_as(number: int) -> tuple[grpc.aio.Server, int]:
        async def parse(request: Message, context: object) -> Message:
            return consistency_pb2.ParsePromptResponse(uncovered=[{"text": str(number)}])

        handler = grpc.unary_unary_rpc_method_handler(
            parse,
            consistency_pb2.ParsePromptRequest.FromString,
            consistency_pb2.ParsePromptResponse.SerializeToString,
        )
        server = grpc.aio.server()
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler("gencheck.v1.X", {"Y": handler})]
        )
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    servers = [await answer_as(number) for number in range(2)]
    target = "ipv4:" + ",".join(f"127.0.0.1:{port}" for _, port in servers)
    transport = GrpcTransport(target)
    request, answer = consistency_pb2.ParsePromptRequest(), consistency_pb2.ParsePromptResponse
    seen: set[str] = set()
    try:
        for _ in range(50):  # the second connection may take a moment
            found = await transport.unary("/gencheck.v1.X/Y", request, answer, 5.0)
            seen.add(found.uncovered[0].text)
            if len(seen) == 2:
                break
            await asyncio.sleep(0.1)
    finally:
        await transport.aclose()
        for server, _ in servers:
            await server.stop(None)
    assert seen == {"0", "1"}
