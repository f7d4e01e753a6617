"""A check in this process and one on a server: the same answers, the same errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import (
    DeadlineExceeded,
    DecodeFailed,
    GencheckError,
    InvalidArgument,
    LimitExceeded,
    ModelError,
    ModelNotReady,
    NotFound,
    Overloaded,
    PermissionDenied,
    Unavailable,
    WorkerLost,
)
from gencheck.router.local import LocalAudit, LocalCheck
from gencheck.router.ports import AuditPort, CheckPort
from gencheck.router.remote import RemoteAudit, RemoteCheck
from gencheck.serving.call import Call, Priority, Rpc, Service, new_id
from gencheck.serving.host import HostOptions, serving
from gencheck.serving.local import LocalServices
from gencheck.serving.work import CpuPool
from gencheck.transport import open_channel
from gencheck.v1 import artifact_pb2, bias_pb2, common_pb2, router_pb2

LIMIT = 1 << 16
ERRORS: list[GencheckError] = [
    DecodeFailed("nothing of it", where="half.jpg", fix="Save it again.", metadata={"byte": "7"}),
    LimitExceeded("too many pixels", where="big.png", metadata={"limit": "1"}),
    InvalidArgument("wrong", where="asset", violations=[("asset.uri", "no such scheme")]),
    NotFound("no such file", where="x.png"),
    PermissionDenied("not under a root"),
    Overloaded("too many wait"),
    WorkerLost("the decoder died"),
    ModelNotReady("it loads", where="centerface"),
    ModelError("a tensor too few"),
]


@dataclass
class Detector:
    """A made-up service; what it does hangs on the name of the asset."""

    pool: CpuPool = field(default_factory=lambda: CpuPool(1))
    requests: list[artifact_pb2.CheckArtifactRequest] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None

    async def check(
        self, request: artifact_pb2.CheckArtifactRequest, call: Call
    ) -> artifact_pb2.CheckArtifactResponse:
        self.requests.append(request)
        self.ids.append(call.request_id)
        self.calls.append(call)
        self.started.set()
        if self.error is not None:
            raise self.error
        if request.asset.name == "burn":
            await self._burn(call)
        return artifact_pb2.CheckArtifactResponse(asset=request.asset.name, heat_map=b"\x00png")

    async def _burn(self, call: Call) -> None:
        def burn(*, deadline: Deadline) -> None:
            while True:
                deadline.check()
                time.sleep(0.001)

        try:
            await self.pool.run(burn, deadline=call.deadline)
        finally:
            self.stopped.set()

    async def audit(
        self, requests: AsyncIterator[bias_pb2.AuditImagesRequest], call: Call
    ) -> bias_pb2.AuditImagesResponse:
        if self.error is not None:
            raise self.error
        names = [request.image.asset.name async for request in requests]
        self.ids.append(call.request_id)
        audit = bias_pb2.AuditResponse(verdict=common_pb2.VERDICT_PASS)
        audit.outcomes.add(check="bias").judged.SetInParent()
        return bias_pb2.AuditImagesResponse(
            audit=audit, images=[bias_pb2.ImageOutcome(asset=name) for name in names[1:]]
        )

    async def warm_up(self) -> None:
        pass

    def services(self) -> list[Service]:
        check = Rpc(
            "CheckArtifact",
            artifact_pb2.CheckArtifactRequest,
            artifact_pb2.CheckArtifactResponse,
            self.check,
        )
        audit = Rpc(
            "AuditImages",
            bias_pb2.AuditImagesRequest,
            bias_pb2.AuditImagesResponse,
            self.audit,
            "client_stream",
        )
        return [
            Service("gencheck.v1.ArtifactService", [check], self.warm_up),
            Service("gencheck.v1.BiasService", [audit], self.warm_up),
        ]


@dataclass
class Ports:
    """One adapter of each port, with the service behind it."""

    detector: Detector
    port: Callable[[str], CheckPort]
    audit: AuditPort


@pytest.fixture(params=["local", "remote"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    detector = Detector()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(detector.pool.aclose)
        if request.param == "local":
            ready = {made.name: partial(asyncio.sleep, 0, made) for made in detector.services()}
            services = LocalServices(ready, inline_limit=LIMIT)
            yield Ports(detector, lambda check: LocalCheck(check, services), LocalAudit(services))
            return
        options = HostOptions(inline_limit=LIMIT)
        host, number = await stack.enter_async_context(
            serving(detector.services(), options=options)
        )
        await host.ready()
        target = f"127.0.0.1:{number}"
        channel = open_channel(target)
        stack.push_async_callback(channel.close)
        yield Ports(
            detector,
            lambda check: RemoteCheck(check, channel, target),
            RemoteAudit(channel, target),
        )


def message(name: str = "cat.png", **fields: Any) -> router_pb2.CheckRequest:
    asset = common_pb2.Asset(inline=b"\x00\xffpixels", name=name)
    return router_pb2.CheckRequest(asset=asset, **fields)


async def ask(
    ports: Ports, request: router_pb2.CheckRequest, seconds: float = 20.0, check: str = "artifact"
) -> router_pb2.CheckResponse:
    reply = await ports.port(check).check(
        request.SerializeToString(), Call(request.request_id), deadline=Deadline.after(seconds)
    )
    return router_pb2.CheckResponse.FromString(reply.data)


def told(error: GencheckError) -> tuple[object, ...]:
    metadata = {k: v for k, v in error.metadata.items() if k not in ("request_id", "attempts")}
    violations = getattr(error, "violations", ())
    return type(error), error.what, error.where, error.fix, metadata, violations


async def test_the_answer_comes_back_with_every_field(ports: Ports) -> None:
    answer = await ask(ports, message())
    assert (answer.asset, answer.heat_map) == ("cat.png", b"\x00png")


async def test_the_payload_and_the_id_arrive_unchanged(ports: Ports) -> None:
    given = new_id()
    await ask(ports, message(request_id=given, prompt="for another service", want_heat_map=True))
    (received,) = ports.detector.requests
    assert received.asset == message().asset
    assert received.want_heat_map
    assert ports.detector.ids == [given]


@pytest.mark.parametrize("priority", Priority)
async def test_the_priority_goes_along(ports: Ports, priority: Priority) -> None:
    call = Call(new_id(), priority=priority)
    await ports.port("artifact").check(
        message().SerializeToString(), call, deadline=Deadline.after(20)
    )
    (received,) = ports.detector.calls
    assert received.priority is priority
    assert received.deadline.yields is (priority is Priority.BATCH)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_an_error_of_the_service_arrives_whole(ports: Ports, error: GencheckError) -> None:
    ports.detector.error = error
    with pytest.raises(GencheckError) as caught:
        await ask(ports, message())
    assert told(caught.value) == told(error)


async def test_a_bug_arrives_as_an_internal_error_without_its_text(
    ports: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    ports.detector.error = ZeroDivisionError("secret")
    with pytest.raises(GencheckError) as caught:
        await ask(ports, message())
    assert type(caught.value) is GencheckError
    assert "secret" not in str(caught.value)
    await asyncio.sleep(0)  # the host logs after the answer
    assert any(record.exc_info for record in caplog.records)


async def test_a_request_out_of_bounds_names_the_field(ports: Ports) -> None:
    with pytest.raises(InvalidArgument) as caught:
        await ask(ports, router_pb2.CheckRequest(policy_name="x" * 200))
    assert {path for path, _ in caught.value.violations} == {"asset", "policy_name"}
    assert not ports.detector.requests


async def test_an_asset_over_the_limit_is_that(ports: Ports) -> None:
    request = message()
    request.asset.inline = bytes(LIMIT + 1)
    with pytest.raises(LimitExceeded) as caught:
        await ask(ports, request)
    assert caught.value.metadata["limit"] == str(LIMIT)


async def test_the_deadline_ends_the_call_and_the_work(ports: Ports) -> None:
    with pytest.raises(DeadlineExceeded):
        await ask(ports, message("burn"), seconds=0.5)
    async with asyncio.timeout(5):
        await ports.detector.stopped.wait()
        await ports.detector.pool.aclose()  # waits for the thread


async def test_a_caller_who_leaves_ends_the_work(ports: Ports) -> None:
    asking = asyncio.create_task(ask(ports, message("burn")))
    async with asyncio.timeout(10):
        await ports.detector.started.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await ports.detector.stopped.wait()
        await ports.detector.pool.aclose()  # waits for the thread


async def test_a_method_that_nobody_offers_is_unavailable(ports: Ports) -> None:
    with pytest.raises(Unavailable):
        await ask(ports, message(), check="mesh")


async def test_the_audit_gets_every_picture_in_order(ports: Ports) -> None:
    async def stream() -> AsyncIterator[bias_pb2.AuditImagesRequest]:
        options = bias_pb2.AuditImagesOptions(request_id=given)
        yield bias_pb2.AuditImagesRequest(options=options)
        for name in "abc":
            image = bias_pb2.SetImage(asset=message(name).asset)
            yield bias_pb2.AuditImagesRequest(image=image)

    given = new_id()
    answer = await ports.audit.audit_images(stream(), Call(given), deadline=Deadline.after(20))
    assert [image.asset for image in answer.images] == list("abc")
    assert ports.detector.ids == [given]


async def test_the_audit_refuses_a_picture_out_of_bounds(ports: Ports) -> None:
    async def stream() -> AsyncIterator[bias_pb2.AuditImagesRequest]:
        yield bias_pb2.AuditImagesRequest(options=bias_pb2.AuditImagesOptions())
        yield bias_pb2.AuditImagesRequest(image=bias_pb2.SetImage())

    with pytest.raises(InvalidArgument) as caught:
        await ports.audit.audit_images(stream(), Call(""), deadline=Deadline.after(20))
    assert caught.value.where == "image.asset"


async def test_an_error_of_the_audit_arrives_whole(ports: Ports) -> None:
    async def endless() -> AsyncIterator[bias_pb2.AuditImagesRequest]:
        yield bias_pb2.AuditImagesRequest(options=bias_pb2.AuditImagesOptions())
        await asyncio.Event().wait()

    ports.detector.error = error = Unavailable("nobody finds faces", metadata={"role": "x"})
    with pytest.raises(Unavailable) as caught:
        await ports.audit.audit_images(endless(), Call(""), deadline=Deadline.after(20))
    assert told(caught.value) == told(error)


async def test_a_server_that_is_down_is_unavailable_with_its_address() -> None:
    channel = open_channel("127.0.0.1:1")
    port = RemoteCheck("artifact", channel, "127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1: the service cannot be reached"):
        await port.check(b"", Call(""), deadline=Deadline.after(10))
    await channel.close()


async def test_a_server_that_stops_is_unavailable_and_found_again_when_it_is_back() -> None:
    detector = Detector()
    async with serving(detector.services()) as (host, number):
        await host.ready()
        channel = open_channel(f"127.0.0.1:{number}")
        ports = Ports(
            detector,
            lambda check: RemoteCheck(check, channel, "here"),
            RemoteAudit(channel, "here"),
        )
        assert (await ask(ports, message())).asset == "cat.png"
    with pytest.raises(Unavailable):
        await ask(ports, message())
    async with serving(detector.services(), options=HostOptions(port=number)) as (host, _):
        await host.ready()
        async with asyncio.timeout(20):
            while True:
                try:
                    assert (await ask(ports, message())).asset == "cat.png"
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
    await channel.close()
    await detector.pool.aclose()
