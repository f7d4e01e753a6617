"""A made-up service with real messages, behind a real host on loopback."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import grpc
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.host import Host, HostOptions, serving
from gencheck.serving.work import CpuPool
from gencheck.v1 import bias_pb2, consistency_pb2, router_pb2

NAME = "gencheck.v1.ConsistencyService"
Parse = consistency_pb2.ParsePromptRequest
Parsed = consistency_pb2.ParsePromptResponse


class Panic(BaseException):
    """What a Rust extension raises."""


@dataclass
class Echo:
    """Answers with the prompt; what it does besides hangs on the prompt."""

    pool: CpuPool = field(default_factory=lambda: CpuPool(2))
    calls: list[Call] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    running: asyncio.Event = field(default_factory=asyncio.Event)
    steps: int = 0
    warm: Callable[[], Awaitable[object]] | None = None

    async def warm_up(self) -> None:
        if self.warm is not None:
            await self.warm()

    async def parse(self, request: Parse, call: Call) -> Parsed:
        self.calls.append(call)
        match request.prompt:
            case "wait":
                self.running.set()
                await self.gate.wait()
            case "burn":
                await self.pool.run(self._burn, deadline=call.deadline)
            case "bug":
                raise ZeroDivisionError("secret text of python")
            case "panic":
                raise Panic("secret text of rust")
            case "memory":
                raise MemoryError("Unable to allocate 12 TiB")
            case "huge":
                paths = [(f"поле[{i}]." + "é" * 500, "ä" * 500) for i in range(50)]
                many = {f"Key {i}": "ü" * 9_000 for i in range(50)}
                raise InvalidArgument(
                    "ö" * 9_000, where="\udcff.png", metadata=many, violations=paths
                )
            case "wrong type":
                return bias_pb2.AuditResponse()  # type: ignore[return-value]
        return _parsed(request.prompt)

    def _burn(self, *, deadline: Deadline) -> None:
        self.running.set()
        while True:
            deadline.check()
            self.steps += sum(range(200)) > 0
            time.sleep(0.0005)

    async def audit(
        self, requests: AsyncIterator[bias_pb2.AuditImagesRequest], call: Call
    ) -> bias_pb2.AuditImagesResponse:
        self.calls.append(call)
        count = [request async for request in requests]
        state = bias_pb2.AuditState(images=len(count) - 1)
        return bias_pb2.AuditImagesResponse(audit=bias_pb2.AuditResponse(state=state))

    async def letters(self, request: Parse, call: Call) -> AsyncIterator[Parsed]:
        self.calls.append(call)
        try:
            for letter in request.prompt:
                if letter == "!":
                    raise ZeroDivisionError("secret text of python")
                yield _parsed(letter)
                await asyncio.sleep(0)
        finally:
            self.running.set()

    async def check_set(
        self, requests: AsyncIterator[router_pb2.CheckSetRequest], call: Call
    ) -> AsyncIterator[router_pb2.CheckSetResponse]:
        self.calls.append(call)
        async for request in requests:
            asset = request.check.asset.name
            yield router_pb2.CheckSetResponse(check=router_pb2.CheckResponse(asset=asset))

    def service(self) -> Service:
        audit, audited = bias_pb2.AuditImagesRequest, bias_pb2.AuditImagesResponse
        sets, answers = router_pb2.CheckSetRequest, router_pb2.CheckSetResponse
        checked = consistency_pb2.CheckConsistencyRequest
        rpcs = [
            Rpc("ParsePrompt", Parse, Parsed, self.parse),
            Rpc("CheckConsistency", checked, Parsed, self.check),
            Rpc("Letters", Parse, Parsed, self.letters, "server_stream"),
            Rpc("AuditImages", audit, audited, self.audit, "client_stream"),
            Rpc("CheckSet", sets, answers, self.check_set, "bidi"),
        ]
        return Service(NAME, rpcs, self.warm_up)

    async def check(self, request: consistency_pb2.CheckConsistencyRequest, call: Call) -> Parsed:
        self.calls.append(call)
        return _parsed(str(len(request.asset.inline)))


def _parsed(text: str) -> Parsed:
    return Parsed(uncovered=[{"text": text}])


@dataclass
class Fixture:
    """A running host, the service behind it, and a channel to it."""

    host: Host
    port: int
    echo: Echo
    channel: grpc.aio.Channel

    def raw(self, method: str, service: str = NAME) -> grpc.aio.UnaryUnaryMultiCallable:
        """Bytes in, bytes out."""
        return self.channel.unary_unary(f"/{service}/{method}")

    async def parse(self, prompt: str, timeout: float | None = 5) -> str:
        raw = Parse(prompt=prompt).SerializeToString()
        answer = await self.raw("ParsePrompt")(raw, timeout=timeout)
        return Parsed.FromString(answer).uncovered[0].text


Start = Callable[..., AbstractAsyncContextManager[Fixture]]


@pytest.fixture
def start() -> Start:
    @asynccontextmanager
    async def run(
        warm_up: Callable[[], Awaitable[object]] | None = None,
        *,
        grace: float = 0,
        **options: object,
    ) -> AsyncIterator[Fixture]:
        served = Echo(warm=warm_up)
        settings = HostOptions(drain_seconds=grace, **options)  # type: ignore[arg-type]
        async with (
            serving([served.service()], options=settings) as (host, port),
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            if warm_up is None:
                await asyncio.wait_for(host.ready(), 5)
            yield Fixture(host, port, served, channel)
        await served.pool.aclose()

    return run


@pytest.fixture(autouse=True)
def _info_logs() -> object:
    logger = logging.getLogger("gencheck")
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(logging.NOTSET)
