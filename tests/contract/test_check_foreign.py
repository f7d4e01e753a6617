"""Servers that are no services of gencheck: whatever they send, nothing passes because of it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from gencheck import wire
from gencheck.deadline import Deadline
from gencheck.findings import Verdict
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.types import Limits
from gencheck.policy_file import Policies
from gencheck.router.ports import Ports
from gencheck.router.remote import RemoteCheck
from gencheck.router.service import RouterService
from gencheck.serving.call import Call, new_id
from gencheck.serving.intake import AssetReader
from gencheck.serving.metrics import Metrics
from gencheck.serving.verdict import Bench
from gencheck.transport import MAX_ANSWER, open_channel
from gencheck.v1 import artifact_pb2, common_pb2
from gencheck.v1 import router_pb2 as pb

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
Handler = Callable[[bytes, Any], Awaitable[bytes]]


@asynccontextmanager
async def router_before(handler: Handler) -> AsyncIterator[RouterService]:
    """A router whose artifact detector is such a server."""

    class Every(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            if not details.method.startswith("/gencheck.v1."):
                return None  # a server without a health service counts as healthy
            return grpc.unary_unary_rpc_method_handler(handler)

    server = grpc.aio.server(options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers((Every(),))
    target = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    channel = open_channel(target)
    ports = Ports({"artifact": RemoteCheck("artifact", channel, target)})
    reader = AssetReader(Fetcher(limits=Limits()))
    yield RouterService(reader, Bench(Policies.load()), ports, Metrics().router)
    await channel.close()
    await server.stop(None)


async def ask(router: RouterService, seconds: float = 20.0) -> pb.CheckResponse:
    asset = common_pb2.Asset(inline=PNG, name="a.png")
    return await router.check(pb.CheckRequest(asset=asset), Call(new_id(), Deadline.after(seconds)))


async def nothing(raw: bytes, context: Any) -> bytes:
    return b""


async def echo(raw: bytes, context: Any) -> bytes:
    return raw


async def noise(raw: bytes, context: Any) -> bytes:
    return os.urandom(4_000)


async def huge(raw: bytes, context: Any) -> bytes:
    return bytes(MAX_ANSWER + 1)


async def bare_pass(raw: bytes, context: Any) -> bytes:
    return artifact_pb2.CheckArtifactResponse(verdict=common_pb2.VERDICT_PASS).SerializeToString()


async def cut(raw: bytes, context: Any) -> bytes:
    asked = pb.CheckRequest.FromString(raw)
    whole = pb.CheckResponse(asset=asked.asset.name, request_id=asked.request_id, verdict=1)
    whole.outcomes.add(check="artifact", judged=common_pb2.Judged())
    return whole.SerializeToString()[:-3]


async def odd_code(raw: bytes, context: Any) -> bytes:
    await context.abort(grpc.StatusCode.DATA_LOSS, "what?")
    return b""


async def odd_details(raw: bytes, context: Any) -> bytes:
    trailers = (("grpc-status-details-bin", os.urandom(100)), ("gencheck-attempts", "-7"))
    await context.abort(grpc.StatusCode.UNKNOWN, "?" * 1_000, trailing_metadata=trailers)
    return b""


_UNTRUSTED = grpc.StatusCode.FAILED_PRECONDITION.value[0]
_BROKEN = grpc.StatusCode.UNAVAILABLE.value[0]


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (nothing, _UNTRUSTED),
        (echo, _UNTRUSTED),
        (noise, _UNTRUSTED),
        (huge, _UNTRUSTED),
        (bare_pass, _UNTRUSTED),
        (cut, _UNTRUSTED),
        (odd_code, _BROKEN),
        (odd_details, _BROKEN),
    ],
)
async def test_what_cannot_be_trusted_is_an_error_of_that_part(handler: Handler, code: int) -> None:
    async with router_before(handler) as router:
        answer = await ask(router)
    assert wire.verdict_from(answer.verdict) is Verdict.INCONCLUSIVE
    (part,) = answer.parts
    assert part.error.code == code
    assert part.attempts == 1
    assert answer.outcomes[0].error == part.error
    assert not answer.findings


async def test_a_server_that_never_answers_costs_its_own_part_only() -> None:
    async def never(raw: bytes, context: Any) -> bytes:
        await asyncio.Event().wait()
        return b""

    async with router_before(never) as router:
        answer = await ask(router, seconds=5.0)
    assert answer.parts[0].error.code == grpc.StatusCode.DEADLINE_EXCEEDED.value[0]
    assert wire.verdict_from(answer.verdict) is Verdict.INCONCLUSIVE
