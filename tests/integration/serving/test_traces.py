"""One trace from the caller to the model, seen by a collector that receives OTLP over gRPC."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from PIL import Image

from gencheck.client import AsyncClient
from gencheck.compose import Settings
from gencheck.errors import DecodeFailed
from gencheck.v1 import router_pb2

CHECK = "gencheck.v1.RouterService/Check"
ARTIFACT = "gencheck.v1.ArtifactService/CheckArtifact"
SERVER, CLIENT = 2, 3
ERROR = 2
TRACEPARENT = "00-{trace}-b7ad6b7169203331-{flags}"
SECRET = "a very private prompt"


def picture() -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (96, 96, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def settings(store: Path, collector: Any, **more: Any) -> Settings:
    return Settings(cores=1, store=store, otlp=collector.target, **more)


@pytest.fixture
def program(collector: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[trace.Tracer]:
    """A program around the client that has OpenTelemetry of its own."""
    provider = TracerProvider(resource=Resource({"service.name": "program"}))
    exporter = OTLPSpanExporter(collector.target, insecure=True)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield provider.get_tracer("program")
    provider.shutdown()


async def test_one_trace_from_the_caller_to_the_check(
    serve: Any,
    collector: Any,
    program: trace.Tracer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    here = settings(tmp_path, collector, trace_name="gencheck-artifact")
    async with serve(here, ("artifact",)) as (_, artifact):
        there = settings(
            tmp_path, collector, trace_name="gencheck-router", endpoints={"artifact": artifact}
        )
        async with serve(there, ("router",)) as (_, router), AsyncClient(router) as client:
            with program.start_as_current_span("publish"):
                await client.check(picture(), checks=["artifact"], prompt=SECRET)
    spans = await asyncio.to_thread(collector.wait_for, "publish", "compute", CHECK, ARTIFACT)
    assert len({span.trace for span in spans}) == 1
    by_id = {span.id: span for span in spans}

    def path(span: Any) -> list[tuple[str, str, int]]:
        up = path(by_id[span.parent]) if span.parent else []
        return [*up, (span.service, span.name, span.kind)]

    to_the_check = [
        ("program", "publish", 1),
        ("program", CHECK, CLIENT),
        ("gencheck-router", CHECK, SERVER),
        ("gencheck-router", ARTIFACT, CLIENT),
        ("gencheck-artifact", ARTIFACT, SERVER),
    ]
    paths = [path(span) for span in spans]
    for name in ("queue", "decode", "wait for a thread", "compute"):
        assert [*to_the_check, ("gencheck-artifact", name, 1)] in paths
    stages = [p[-1][1] for p in paths if len(p) > 2 and p[-2][1] == "compute"]
    assert "artifact.prepare" in stages
    for span in spans:  # each lies within its parent: the clock of one machine
        if span.parent:
            assert by_id[span.parent].start <= span.start <= span.end <= by_id[span.parent].end
    served = next(span for span in spans if (span.name, span.kind) == (ARTIFACT, SERVER))
    assert served.attributes == {
        "rpc.system.name": "grpc",
        "rpc.method": ARTIFACT,
        "rpc.response.status_code": "OK",
    }
    asked = next(span for span in spans if (span.name, span.kind) == (ARTIFACT, CLIENT))
    assert asked.attributes["server.address"] == artifact
    assert SECRET not in repr(spans)
    lines: list[Any] = [record for record in caplog.records if record.message == "rpc"]
    assert {line.gencheck_fields["trace_id"] for line in lines} == {spans[0].trace}


async def test_a_part_that_is_not_there_is_a_failed_span(
    serve: Any, collector: Any, tmp_path: Path
) -> None:
    nobody = "127.0.0.1:1"
    here = settings(tmp_path, collector, endpoints={"artifact": nobody})
    async with serve(here, ("router",)) as (host, router), AsyncClient(router) as client:
        await client.check(picture(), checks=["artifact"])
        counted = host.metrics.text()
    spans = await asyncio.to_thread(collector.wait_for, CHECK, ARTIFACT)
    asked = next(span for span in spans if span.name == ARTIFACT)
    assert asked.status == ERROR
    assert asked.attributes == {
        "rpc.system.name": "grpc",
        "rpc.method": ARTIFACT,
        "rpc.response.status_code": "UNAVAILABLE",
        "error.type": "UNAVAILABLE",
        "server.address": nobody,
    }
    assert next(span for span in spans if span.name == CHECK).status != ERROR
    assert (
        f'rpc_client_call_duration_seconds_count{{rpc_method="{ARTIFACT}",'
        'rpc_response_status_code="UNAVAILABLE",rpc_system_name="grpc"} 1.0'
    ) in counted


async def test_the_callers_mistake_is_told_and_no_failure_of_the_server(
    serve: Any, collector: Any, tmp_path: Path
) -> None:
    here = settings(tmp_path, collector)
    async with serve(here, ("artifact",)) as (_, address), AsyncClient(address) as client:
        with pytest.raises(DecodeFailed):
            await client.check_artifact(picture()[:40])
    spans = await asyncio.to_thread(collector.wait_for, ARTIFACT)
    served = next(span for span in spans if span.name == ARTIFACT)
    assert served.status != ERROR
    assert served.attributes["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert served.attributes["gencheck.reason"] == "DECODE_FAILED"


@pytest.mark.parametrize(
    ("share", "kept"),
    [((0.0, "01"), True), ((1.0, "00"), False), ((0.0, None), False), ((1.0, None), True)],
)
async def test_a_caller_decides_for_its_own_traces_and_the_share_for_new_ones(
    serve: Any, collector: Any, tmp_path: Path, share: tuple[float, str | None], kept: bool
) -> None:
    ratio, flags = share
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    metadata = (
        [] if flags is None else [("traceparent", TRACEPARENT.format(trace=trace_id, flags=flags))]
    )
    here = settings(tmp_path, collector, trace_ratio=ratio, endpoints={"mesh": "127.0.0.1:1"})
    async with (
        serve(here, ("router",)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        check = channel.unary_unary(f"/{CHECK}")
        request = router_pb2.CheckRequest()
        with pytest.raises(grpc.aio.AioRpcError):
            await check(request.SerializeToString(), metadata=metadata)
    # Leaving closed the exporter, which sent what there was.
    assert [span.name for span in collector.spans if span.kind == SERVER] == [CHECK] * kept
    if flags is not None:
        assert {span.trace for span in collector.spans} <= {trace_id}


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "00-zz",
        "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
        "x" * 4_000,
        "ff-" + "a" * 32 + "-" + "b" * 16 + "-01",
    ],
)
async def test_a_hostile_traceparent_begins_a_trace_of_our_own(
    serve: Any, collector: Any, tmp_path: Path, hostile: str
) -> None:
    here = settings(tmp_path, collector, endpoints={"mesh": "127.0.0.1:1"})
    async with (
        serve(here, ("router",)) as (_, address),
        grpc.aio.insecure_channel(address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await channel.unary_unary(f"/{CHECK}")(b"", metadata=[("traceparent", hostile)])
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    served = [span for span in collector.spans if span.kind == SERVER]
    assert [span.parent for span in served] == [""]
    assert "zz" not in repr(served)


async def test_a_collector_that_is_not_there_costs_one_line_and_no_call(
    serve: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    here = Settings(cores=1, store=tmp_path, otlp="127.0.0.1:1")
    async with serve(here, ("artifact",)) as (_, address), AsyncClient(address) as client:
        for _ in range(3):
            await client.check_artifact(picture())
    lost = [record for record in caplog.records if record.message == "traces are lost"]
    assert len(lost) == 1
    said = [record for record in caplog.records if record.name.startswith("opentelemetry")]
    assert not said, "it speaks in our log alone"


async def test_parts_in_the_routers_own_process_are_spans_too(
    serve: Any, collector: Any, tmp_path: Path
) -> None:
    here = settings(tmp_path, collector)
    async with (
        serve(here, ("artifact", "router")) as (_, address),
        AsyncClient(address) as client,
    ):
        await client.check(picture(), checks=["artifact"])
    by_name = {span.name: span for span in collector.wait_for(CHECK, ARTIFACT, "decode", "compute")}
    check, part = by_name[CHECK], by_name[ARTIFACT]
    assert (part.parent, part.kind) == (check.id, CLIENT)
    assert part.attributes["server.address"] == "local"
    assert {by_name[name].parent for name in ("decode", "compute")} == {part.id}
    assert {span.trace for span in by_name.values()} == {check.trace}
