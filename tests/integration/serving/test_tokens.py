"""Tokens over real sockets: who gets in, who does not, and what is said about it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gencheck.client import AsyncClient
from gencheck.errors import GencheckError, InvalidArgument, Unauthenticated
from gencheck.serving.callers import bearer, digest_of, new_token
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.status import from_rpc_error
from gencheck.serving.tls import ServerTls, Tls
from gencheck.v1 import consistency_pb2

NewAuthority: TypeAlias = Callable[..., Any]
Start: TypeAlias = Callable[..., Any]
NAME = "gencheck.v1.ConsistencyService"
TOKEN = new_token("pipeline")[0]


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(f"pipeline {digest_of(TOKEN)}\n")
    return path


async def parse(port: int, prompt: str = "a", **access: Any) -> str:
    async with AsyncClient(f"127.0.0.1:{port}", timeout=20, **access) as client:
        return (await client.parse_prompt(prompt)).uncovered[0].text


async def refusal(call: Any) -> GencheckError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value)


def count(host: Host, reason: str) -> float:
    name = "gencheck_unauthenticated_total"
    return host.metrics.registry.get_sample_value(name, {"reason": reason}) or 0.0


async def test_a_token_names_the_caller(
    start: Start, tokens: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with start(tokens=tokens) as served:
        assert await parse(served.port, "a red cat", token=TOKEN) == "a red cat"
        assert served.echo.calls[0].caller == "pipeline"
        await asyncio.sleep(0)
    [line] = [record for record in caplog.records if record.message == "rpc"]
    assert line.gencheck_fields["caller"] == "pipeline"


async def test_whoever_has_none_is_refused_counted_and_logged(
    start: Start, tokens: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with start(tokens=tokens) as served:
        for access, cause in (({}, "missing"), ({"token": "gck_guess"}, "unknown")):
            with pytest.raises(Unauthenticated, match="Send a token") as raised:
                await parse(served.port, **access)
            assert raised.value.metadata["cause"] == cause
            assert count(served.host, cause) == 1
        call = served.raw("ParsePrompt")(b"", metadata=[("authorization", "Basic YTpi")])
        assert isinstance(await refusal(call), Unauthenticated)
        assert count(served.host, "malformed") == 1
        assert not served.echo.calls
    said = [record for record in caplog.records if record.message == "unauthenticated"]
    assert [record.gencheck_fields["cause"] for record in said] == [
        "missing",
        "unknown",
        "malformed",
    ]
    assert all("127.0.0.1" in record.gencheck_fields["caller"] for record in said)


async def test_nothing_is_read_or_told_without_a_token(start: Start, tokens: Path) -> None:
    """Malformed bytes, methods that do not exist, messages over the limit: all one answer."""
    async with start(tokens=tokens, reflection=True) as served:
        large = b"x" * (20 << 20)
        for raw in (b"\xff\xff", large):
            call = served.raw("ParsePrompt")(raw, timeout=20)
            assert isinstance(await refusal(call), Unauthenticated)
        unknown = served.channel.unary_unary(f"/{NAME}/Nothing")(b"")
        assert isinstance(await refusal(unknown), Unauthenticated)
        listing = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
        stream = served.channel.stream_stream(listing)(iter([b""]))
        assert isinstance(await refusal(stream.read()), Unauthenticated)


async def test_streams_of_every_kind_are_refused_and_let_in(start: Start, tokens: Path) -> None:
    async with start(tokens=tokens) as served:
        prompt = consistency_pb2.ParsePromptRequest(prompt="abc").SerializeToString()
        letters = served.channel.unary_stream(f"/{NAME}/Letters")
        sets = served.channel.stream_stream(f"/{NAME}/CheckSet")
        images = served.channel.stream_unary(f"/{NAME}/AuditImages")
        assert isinstance(await refusal(letters(prompt).read()), Unauthenticated)
        assert isinstance(await refusal(sets(iter([b""])).read()), Unauthenticated)
        assert isinstance(await refusal(images(iter([b""]))), Unauthenticated)
        stream = letters(prompt, metadata=bearer(TOKEN))
        assert len([answer async for answer in stream]) == 3
        assert [call.caller for call in served.echo.calls] == ["pipeline"]


async def test_health_stays_open(start: Start, tokens: Path) -> None:
    async with start(tokens=tokens) as served:
        stub = health_pb2_grpc.HealthStub(served.channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_revoked_token_is_refused_at_the_next_call(start: Start, tokens: Path) -> None:
    async with (
        start(tokens=tokens) as served,
        AsyncClient(f"127.0.0.1:{served.port}", token=TOKEN) as client,
    ):
        await client.parse_prompt("a")
        tokens.write_text(new_token("other")[1])  # noqa: ASYNC240 - a line
        with pytest.raises(Unauthenticated):
            await client.parse_prompt("a")


async def test_tokens_go_over_tls_beside_a_certificate(
    start: Start, tokens: Path, authority: NewAuthority
) -> None:
    ca = authority()
    files, mine = ca.issue("127.0.0.1"), ca.issue("laptop")
    tls = Tls(ca.pem, mine.cert, mine.key)
    async with start(tls=ServerTls(files.cert, files.key, ca.pem), tokens=tokens) as served:
        await parse(served.port, tls=tls, token=TOKEN)
        assert served.echo.calls[0].caller == "pipeline", "the token says more than the machine"
        with pytest.raises(Unauthenticated):
            await parse(served.port, tls=tls)


def test_tokens_in_plain_text_stay_on_this_machine(tokens: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        with pytest.raises(InvalidArgument, match="plain text") as raised:
            Host([], options=HostOptions(host=host, tokens=tokens))
        assert "--tls-cert" in raised.value.fix
    with pytest.raises(InvalidArgument, match="names no caller"):
        tokens.write_text("")
        Host([], options=HostOptions(tokens=tokens))


@pytest.mark.parametrize(
    "target",
    ["router.gencheck:7400", "192.0.2.1:7400", "ipv4:127.0.0.1:1,192.0.2.1:1", "dns:///x.test:1"],
)
async def test_a_client_sends_no_token_in_plain_text_elsewhere(target: str) -> None:
    with pytest.raises(InvalidArgument, match="plain text") as raised:
        AsyncClient(target, token=TOKEN)
    assert TOKEN not in str(raised.value)
    async with AsyncClient(target):
        pass


@pytest.mark.parametrize(
    "target", ["127.0.0.1:1", "localhost:1", "[::1]:1", "ipv4:127.0.0.1:1", "unix:/run/x"]
)
async def test_a_client_may_send_it_to_this_machine(target: str) -> None:
    async with AsyncClient(target, token=TOKEN):
        pass
