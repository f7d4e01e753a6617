"""Servers that stop under load: nothing accepted is lost, and clients that watch notice nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chaos.fleet import target_of
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.host import Host, HostOptions
from gencheck.transport import open_channel
from gencheck.v1 import consistency_pb2 as pb

NAME = "gencheck.v1.ConsistencyService"
METHOD = f"/{NAME}/ParsePrompt"
CALLERS = 20
WORK_SECONDS = 0.01


@pytest.fixture(autouse=True)
async def hang_guard() -> AsyncIterator[None]:
    async with asyncio.timeout(100):
        yield


@dataclass
class Work:
    """A service that takes a moment, and knows what it took on."""

    begun: set[str] = field(default_factory=set)

    async def parse(self, request: pb.ParsePromptRequest, call: Call) -> pb.ParsePromptResponse:
        self.begun.add(request.prompt)
        await asyncio.sleep(WORK_SECONDS)
        return pb.ParsePromptResponse()

    async def warm_up(self) -> None:
        pass

    async def host(self, port: int = 0, age: float = 300.0) -> tuple[Host, int]:
        rpc = Rpc("ParsePrompt", pb.ParsePromptRequest, pb.ParsePromptResponse, self.parse)
        options = HostOptions(
            port=port,
            lame_duck_seconds=0.3,
            connection_age_seconds=age,
            connection_grace_seconds=30,
        )
        host = Host([Service(NAME, [rpc], self.warm_up)], options=options)
        port = await host.start()
        await host.ready()
        return host, port


@dataclass
class Callers:
    """Call all the time, one call after the other each, until told to stop."""

    channel: grpc.aio.Channel
    codes: Counter[str] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)
    enough: Callable[[], bool] = lambda: False
    _last: int = 0

    async def run(self) -> None:
        await asyncio.gather(*(self._one() for _ in range(CALLERS)))

    async def _one(self) -> None:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(METHOD)
        while not self.enough():
            self._last += 1
            prompt = str(self._last)
            raw = pb.ParsePromptRequest(prompt=prompt).SerializeToString()
            try:
                await call(raw, timeout=30)
                self.codes["OK"] += 1
            except grpc.aio.AioRpcError as error:
                self.codes[error.code().name] += 1
                self.failed.add(prompt)


async def restart_each(work: Work, channel_of: Callable[[str], grpc.aio.Channel]) -> Callers:
    """Two hosts, each stopped and started again twice, while callers go on."""
    hosts = [await work.host(), await work.host()]
    channel = channel_of(target_of([f"127.0.0.1:{port}" for _, port in hosts]))
    callers = Callers(channel)
    restarted = asyncio.Event()
    callers.enough = restarted.is_set
    running = asyncio.create_task(callers.run())
    for number in (0, 1, 0, 1):
        seen = callers.codes["OK"]
        while callers.codes["OK"] < seen + 10 * CALLERS:  # noqa: ASYNC110 - both are in use again
            await asyncio.sleep(0.01)
        host, port = hosts[number]
        await host.drain(20)
        hosts[number] = await work.host(port)
        await asyncio.sleep(1.2)  # gRPC connects again after a second
    restarted.set()
    await running
    for host, _ in hosts:
        await host.drain(1)
    await channel.close()
    return callers


async def test_clients_that_watch_the_health_do_not_notice_a_rolling_restart() -> None:
    callers = await restart_each(Work(), open_channel)
    assert callers.codes.keys() == {"OK"}


async def test_nothing_that_was_accepted_is_lost_by_clients_that_do_not_watch() -> None:
    work = Work()
    callers = await restart_each(
        work,
        lambda target: grpc.aio.insecure_channel(target, [("grpc.lb_policy_name", "round_robin")]),
    )
    assert not callers.failed & work.begun
    assert callers.codes.keys() <= {"OK", "UNAVAILABLE", "CANCELLED"}  # the last is gRPC's own


async def test_connections_that_get_old_lose_nothing() -> None:
    work = Work()
    host, port = await work.host(age=0.2)
    channel = open_channel(f"127.0.0.1:{port}")
    callers = Callers(channel)
    callers.enough = lambda: callers.codes["OK"] >= 1_500
    await callers.run()
    assert callers.codes.keys() == {"OK"}
    await host.drain(1)
    await channel.close()


async def test_a_server_that_stops_does_not_wait_for_those_who_watch() -> None:
    host, port = await Work().host()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        async with asyncio.timeout(20):  # a hang guard; the grace is far longer
            await host.drain(90)
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert await watch.read() is grpc.aio.EOF
