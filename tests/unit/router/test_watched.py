"""Parts of a router, counted by what became of them, and in a trace."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import Unavailable
from gencheck.router.ports import Reply
from gencheck.router.watched import Watch
from gencheck.serving.call import Call, Priority, new_id
from gencheck.serving.metrics import Metrics
from gencheck.tracing import Attributes, NoTracing, Span, SpanKind
from gencheck.v1 import bias_pb2

METHOD = "gencheck.v1.ArtifactService/CheckArtifact"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Traced(NoTracing):
    """A trace that is under way inside a span, and only there."""

    def __init__(self) -> None:
        self.open: list[tuple[str, Attributes | None, SpanKind]] = []

    @contextmanager
    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> Iterator[Span]:
        self.open.append((name, attributes, kind))
        try:
            with super().span(name) as span:
                yield span
        finally:
            self.open.pop()

    def headers(self) -> Mapping[str, str]:
        return {"traceparent": TRACEPARENT} if self.open else {}


class Port:
    """Answers, fails or waits; remembers the call that it was given."""

    target = "artifact:7400"

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.calls: list[Call] = []
        self.asked = asyncio.Event()

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        self.calls.append(call)
        self.asked.set()
        if isinstance(self.error, asyncio.CancelledError):
            await asyncio.Event().wait()
        if self.error is not None:
            raise self.error
        return Reply(request)

    async def audit_images(
        self, requests: AsyncIterator[Any], call: Call, *, deadline: Deadline
    ) -> bias_pb2.AuditImagesResponse:
        self.calls.append(call)
        return bias_pb2.AuditImagesResponse()


def counted(metrics: Metrics, method: str) -> dict[str, float]:
    """Calls by code."""
    return {
        sample.labels["rpc_response_status_code"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "rpc_client_call_duration_seconds_count"
        and sample.labels["rpc_method"] == method
    }


async def test_parts_count_by_the_status_they_ended_with() -> None:
    metrics = Metrics()
    watch = Watch(metrics, NoTracing())
    call = Call(new_id())
    await watch.check("artifact", Port()).check(b"x", call, deadline=Deadline())
    failing = watch.check("artifact", Port(Unavailable("it is down")))
    with pytest.raises(Unavailable):
        await failing.check(b"x", call, deadline=Deadline())
    stuck = Port(asyncio.CancelledError())
    asking = asyncio.create_task(
        watch.check("artifact", stuck).check(b"x", call, deadline=Deadline())
    )
    async with asyncio.timeout(10):
        await stuck.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert counted(metrics, METHOD) == {"OK": 1, "UNAVAILABLE": 1, "CANCELLED": 1}


async def test_a_part_goes_out_inside_its_span_with_what_the_call_had() -> None:
    traced = Traced()
    port = Port()
    call = Call(new_id(), priority=Priority.BATCH)
    watched = Watch(Metrics(), traced).check("artifact", port)
    assert watched.target == port.target
    assert (await watched.check(b"bytes", call, deadline=Deadline())).data == b"bytes"
    assert port.calls[0].metadata == (*call.priority.metadata, ("traceparent", TRACEPARENT))
    assert port.calls[0].request_id == call.request_id
    assert call.metadata == call.priority.metadata


async def test_an_audit_is_watched_as_well() -> None:
    async def pictures() -> AsyncIterator[bias_pb2.AuditImagesRequest]:
        yield bias_pb2.AuditImagesRequest()

    metrics, port = Metrics(), Port()
    audit = Watch(metrics, Traced()).audit(port, "bias:7400")
    await audit.audit_images(pictures(), Call(new_id()), deadline=Deadline())
    assert counted(metrics, "gencheck.v1.BiasService/AuditImages") == {"OK": 1}
    assert port.calls[0].metadata == (("traceparent", TRACEPARENT),)
