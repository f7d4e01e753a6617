"""Calls of the router on a service that is unavailable for a moment: gRPC repeats them by rule."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import DecodeFailed, GencheckError, Overloaded, Unavailable, WorkerLost
from gencheck.router.ports import Reply
from gencheck.router.remote import METHODS, RemoteCheck
from gencheck.serving.call import Call, Rpc, Service, attempts_of, attempts_told
from gencheck.serving.host import HostOptions, serving
from gencheck.transport import _SERVICE_CONFIG, MAX_ATTEMPTS, open_channel
from gencheck.v1 import artifact_pb2, common_pb2

DOWN = Unavailable("not for a moment")


@dataclass
class Flaky:
    """Fails so many times, then answers."""

    errors: list[GencheckError] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def check(
        self, request: artifact_pb2.CheckArtifactRequest, call: Call
    ) -> artifact_pb2.CheckArtifactResponse:
        self.sizes.append(len(request.asset.inline))
        self.asked.set()
        if self.errors:
            raise self.errors.pop(0)
        return artifact_pb2.CheckArtifactResponse(asset=request.asset.name)

    async def warm_up(self) -> None:
        pass

    def service(self) -> Service:
        kinds = (artifact_pb2.CheckArtifactRequest, artifact_pb2.CheckArtifactResponse)
        return Service(
            "gencheck.v1.ArtifactService", [Rpc("CheckArtifact", *kinds, self.check)], self.warm_up
        )


@pytest.fixture
async def flaky() -> AsyncIterator[tuple[Flaky, RemoteCheck]]:
    service = Flaky()
    async with serving([service.service()], options=HostOptions()) as (host, number):
        await host.ready()
        target = f"127.0.0.1:{number}"
        channel = open_channel(target)
        yield service, RemoteCheck("artifact", channel, target)
        await channel.close()


async def ask(port: RemoteCheck, size: int = 10) -> Reply:
    asset = common_pb2.Asset(inline=random.randbytes(size), name="a.png")
    request = artifact_pb2.CheckArtifactRequest(asset=asset).SerializeToString()
    return await port.check(request, Call(""), deadline=Deadline.after(20))


async def test_a_call_that_was_answered_at_once_was_made_once(flaky: Any) -> None:
    _, port = flaky
    assert (await ask(port)).attempts == 1


@pytest.mark.parametrize("size", [10, 2_000_000], ids=["small", "above gRPC's own buffer"])
async def test_unavailable_is_asked_again_with_the_same_bytes(flaky: Any, size: int) -> None:
    service, port = flaky
    service.errors = [DOWN, DOWN]
    assert (await ask(port, size)).attempts == 3
    assert service.sizes == [size] * 3


async def test_the_number_of_attempts_is_bounded_and_told(flaky: Any) -> None:
    service, port = flaky
    service.errors = [DOWN] * 10
    with pytest.raises(Unavailable, match="not for a moment") as caught:
        await ask(port)
    assert len(service.sizes) == MAX_ATTEMPTS
    assert caught.value.metadata["attempts"] == str(MAX_ATTEMPTS)


@pytest.mark.parametrize(
    "error", [DecodeFailed("nothing of it"), Overloaded("too many wait"), WorkerLost("it died")]
)
async def test_what_asking_again_does_not_mend_is_asked_once(
    flaky: Any, error: GencheckError
) -> None:
    """Above all an asset that killed a worker: it must not kill two more."""
    service, port = flaky
    service.errors = [error] * 10
    with pytest.raises(type(error)):
        await ask(port)
    assert len(service.sizes) == 1


async def test_a_service_that_keeps_failing_is_no_longer_asked_again(flaky: Any) -> None:
    service, port = flaky
    service.errors = [DOWN] * 1_000
    for _ in range(30):
        with pytest.raises(Unavailable):
            await ask(port)
    before = len(service.sizes)
    assert before < 30 * MAX_ATTEMPTS
    with pytest.raises(Unavailable):
        await ask(port)
    assert len(service.sizes) == before + 1


async def test_a_caller_who_leaves_between_attempts_ends_them(flaky: Any) -> None:
    service, port = flaky
    service.errors = [DOWN] * 10
    asking = asyncio.create_task(ask(port))
    async with asyncio.timeout(10):
        await service.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


def test_every_check_of_the_router_is_repeatable() -> None:
    config: Any = _SERVICE_CONFIG
    (method,) = config["methodConfig"]
    named = {f"/{name['service']}/{name['method']}" for name in method["name"]}
    assert set(METHODS.values()) <= named
    assert not any("AuditImages" in name or "CheckSet" in name for name in named)


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ((), 1),
        ((("grpc-previous-rpc-attempts", "2"),), 3),
        ((("grpc-previous-rpc-attempts", "many"),), 1),
        ((("grpc-previous-rpc-attempts", "9" * 5_000),), 1),
        ((("grpc-previous-rpc-attempts", b"\xff"),), 1),
    ],
)
def test_attempts_are_told_as_they_were_counted(metadata: Any, told: int) -> None:
    assert attempts_of(attempts_told(metadata)) == told


@pytest.mark.parametrize("said", ["", "-1", "x", "9" * 5_000, b"\x00"])
def test_nonsense_about_attempts_counts_as_one(said: Any) -> None:
    assert attempts_of((("gencheck-attempts", said),)) == 1
