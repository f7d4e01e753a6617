"""Coming up, being watched, going down."""

import asyncio
import json
import logging
import os
import signal
import sys
import textwrap
import urllib.request
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from gencheck import __version__
from gencheck.errors import InvalidArgument, ModelNotReady, Overloaded, Unavailable
from gencheck.serving.health import Schedule
from gencheck.serving.status import from_rpc_error
from gencheck.v1 import consistency_pb2

Start: TypeAlias = Callable[..., Any]

NAME = "gencheck.v1.ConsistencyService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def health(channel: grpc.aio.Channel, name: str) -> int:
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        health_pb2.HealthCheckRequest.SerializeToString,
        health_pb2.HealthCheckResponse.FromString,
    )
    return int((await check(health_pb2.HealthCheckRequest(service=name))).status)


async def until(channel: grpc.aio.Channel, name: str, wanted: int) -> None:
    watch = channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        health_pb2.HealthCheckRequest.SerializeToString,
        health_pb2.HealthCheckResponse.FromString,
    )(health_pb2.HealthCheckRequest(service=name))
    while (await watch.read()).status != wanted:
        pass
    watch.cancel()


async def test_health_is_per_service_and_waits_for_the_warm_up(start: Start) -> None:
    warm = asyncio.Event()
    async with start(warm.wait) as served:
        for name in ("", NAME):
            assert await health(served.channel, name) == NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("too early")
        assert isinstance(from_rpc_error(caught.value), ModelNotReady)
        warm.set()
        await asyncio.wait_for(served.host.ready(), 5)
        for name in ("", NAME):
            assert await health(served.channel, name) == SERVING
        assert await served.parse("in time") == "in time"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health(served.channel, "gencheck.v1.Unheard")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_watcher_sees_the_changes(start: Start) -> None:
    async with start() as served:
        watch = served.channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )(health_pb2.HealthCheckRequest(service=NAME))
        assert (await watch.read()).status == SERVING
        held = asyncio.ensure_future(served.parse("wait"))
        await asyncio.wait_for(served.echo.running.wait(), 5)
        drain = asyncio.ensure_future(served.host.drain(5))
        assert (await watch.read()).status == NOT_SERVING
        watch.cancel()
        served.echo.gate.set()
        assert await held == "wait"
        await drain


async def test_a_failing_warm_up_says_why_and_is_tried_again(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []

    async def warm() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ModelNotReady("centerface.onnx is corrupt", where="models", fix="Verify it.")

    with caplog.at_level(logging.INFO, "gencheck"):
        async with start(warm, schedule=Schedule(retry_seconds=0.1)) as served:
            await asyncio.sleep(0.02)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await served.parse("x")
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            assert "centerface.onnx is corrupt" in str(from_rpc_error(caught.value))
            await asyncio.wait_for(served.host.ready(), 5)
            assert await served.parse("x") == "x"
    failed = [record for record in caplog.records if record.message == "not serving"]
    assert len(failed) == 2
    assert failed[0].gencheck_fields["reason"] == "MODEL_NOT_READY"  # type: ignore[attr-defined]


async def test_a_bug_in_the_warm_up_leaks_nothing_to_callers(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    async def warm() -> None:
        raise ZeroDivisionError("secret text of python")

    with caplog.at_level(logging.INFO, "gencheck"):
        async with start(warm) as served:
            await asyncio.sleep(0.02)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await served.parse("x")
    assert "secret" not in str(caught.value)
    assert any(record.exc_info for record in caplog.records if record.message == "not serving")


OFTEN = Schedule(again_seconds=0.02, retry_seconds=0.02, limit_seconds=0.2)


class Model:
    """A service whose model works at first; ``says`` is what its next self-check does."""

    def __init__(self) -> None:
        self.says: Exception | asyncio.Event | None = None
        self.asked = asyncio.Semaphore(0)

    async def warm_up(self) -> None:
        self.asked.release()
        if isinstance(self.says, Exception):
            raise self.says
        if self.says is not None:
            await self.says.wait()


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (ModelNotReady("on its golden input the model found nothing"), "found nothing"),
        (Unavailable("Triton does not answer"), "Triton does not answer"),
        (asyncio.Event(), "not judged within 0.2 s"),
    ],
    ids=["wrong", "gone", "frozen"],
)
async def test_a_model_that_fails_later_is_not_served_until_it_is_right_again(
    start: Start, says: Exception | asyncio.Event, reason: str
) -> None:
    model = Model()
    async with asyncio.timeout(20), start(model.warm_up, schedule=OFTEN) as served:
        await served.host.ready()
        assert await served.parse("right") == "right"
        model.says = says
        await until(served.channel, NAME, NOT_SERVING)
        assert await health(served.channel, "") == NOT_SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("wrong")
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert reason in str(from_rpc_error(caught.value))
        assert f'gencheck_service_serving{{service="{NAME}"}} 0.0' in served.host.metrics.text()
        model.says = None
        if isinstance(says, asyncio.Event):
            says.set()
        await until(served.channel, "", SERVING)
        assert await served.parse("right again") == "right again"
        for result in ("passed", "failed"):
            counted = f'gencheck_self_checks_total{{result="{result}",service="{NAME}"}}'
            assert counted in served.host.metrics.text()


async def test_a_service_too_busy_to_be_asked_goes_on_serving(start: Start) -> None:
    model = Model()
    async with asyncio.timeout(20), start(model.warm_up, schedule=OFTEN) as served:
        await served.host.ready()
        model.says = Overloaded("128 CPU tasks wait already")
        model.asked = asyncio.Semaphore(0)
        await model.asked.acquire()
        await model.asked.acquire()
        assert await served.parse("under load") == "under load"
        assert 'result="busy"' in served.host.metrics.text()


@pytest.mark.parametrize("on", [True, False])
async def test_reflection_is_there_only_when_asked_for(start: Start, on: bool) -> None:
    async with start(reflection=on) as served:
        call = served.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        if not on:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call.read()
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            return
        names = [entry.name for entry in (await call.read()).list_services_response.service]
        assert NAME in names
        assert "grpc.health.v1.Health" in names


async def test_metrics_tell_calls_bytes_and_readiness(start: Start) -> None:
    async with start(metrics_port=0) as served:
        await served.parse("a red cat")
        with pytest.raises(grpc.aio.AioRpcError):
            await served.parse("")
        url = f"http://127.0.0.1:{served.host.metrics_port}/metrics"
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
    method = f'rpc_method="{NAME}/ParsePrompt"'
    for code in ("OK", "INVALID_ARGUMENT"):
        labels = f'{method},rpc_response_status_code="{code}",rpc_system_name="grpc"'
        assert f"rpc_server_call_duration_seconds_count{{{labels}}} 1.0" in text
    assert f'gencheck_service_serving{{service="{NAME}"}} 1.0' in text
    size = consistency_pb2.ParsePromptRequest(prompt="a red cat").ByteSize()
    assert f"gencheck_rpc_received_bytes_total{{{method}}} {float(size)}" in text
    assert "process_cpu_seconds_total" in text
    assert f'gencheck_build_info{{version="{__version__}"}} 1.0' in text


async def test_two_hosts_in_one_process_count_apart(start: Start) -> None:
    async with start() as one, start() as two:
        await one.parse("a")
        ended = {
            "rpc_system_name": "grpc",
            "rpc_method": f"{NAME}/ParsePrompt",
            "rpc_response_status_code": "OK",
        }
        name = "rpc_server_call_duration_seconds_count"
        counts = [h.host.metrics.registry.get_sample_value(name, ended) for h in (one, two)]
        assert counts == [1, 0]


async def test_one_line_a_call_without_the_payload(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "gencheck"):
        async with start() as served:
            await served.parse("a very private prompt")
            with pytest.raises(grpc.aio.AioRpcError):
                await served.parse("private" * 1_000)
    lines: list[Any] = [record for record in caplog.records if record.message == "rpc"]
    assert [line.gencheck_fields["code"] for line in lines] == ["OK", "INVALID_ARGUMENT"]
    assert lines[1].gencheck_fields["reason"] == "INVALID_ARGUMENT"
    assert set(lines[0].gencheck_fields) == {
        *("service", "method", "code", "seconds", "request_id", "bytes_in", "bytes_out", "caller")
    }
    assert "private" not in str([vars(line) for line in lines])


async def test_a_taken_port_is_a_clear_error(start: Start) -> None:
    async with start() as served:
        with pytest.raises(InvalidArgument, match=rf"127\.0\.0\.1:{served.port}.*--port"):
            async with start(port=served.port):
                pass


async def test_metrics_listen_where_they_are_told_to(start: Start) -> None:
    async with start(metrics_host="127.0.0.2", metrics_port=0) as served:
        url = f"http://127.0.0.2:{served.host.metrics_port}/metrics"
        text = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=5).read())
        assert b"gencheck_service_serving" in text


async def test_a_server_that_never_gets_warm_is_alive_and_not_ready(start: Start) -> None:
    async with start(asyncio.Event().wait) as served:
        said = {name: await health(served.channel, name) for name in ("", NAME, "liveness")}
    assert said == {"": NOT_SERVING, NAME: NOT_SERVING, "liveness": SERVING}


async def test_a_taken_metrics_port_is_a_clear_error(start: Start) -> None:
    async with start(metrics_port=0) as served:
        port = served.host.metrics_port
        with pytest.raises(InvalidArgument, match="--metrics-port"):
            async with start(metrics_port=port):
                pass


async def test_while_draining_no_new_call_begins(start: Start) -> None:
    async with start() as served:
        held = asyncio.ensure_future(served.parse("wait"))
        await asyncio.wait_for(served.echo.running.wait(), 5)
        drain = asyncio.ensure_future(served.host.drain(5))
        await asyncio.sleep(0.1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("late")
        assert isinstance(from_rpc_error(caught.value), Unavailable)
        served.echo.gate.set()
        assert await held == "wait"
        await drain


async def test_what_outlives_the_grace_is_cut(start: Start) -> None:
    async with start() as served:
        held = asyncio.ensure_future(served.parse("burn", timeout=None))
        await asyncio.wait_for(served.echo.running.wait(), 5)
        await asyncio.wait_for(served.host.drain(0.2), 5)
        with pytest.raises(grpc.aio.AioRpcError):
            await held
        assert served.echo.calls[0].deadline.cancelled


SERVER = """
    import asyncio
    from gencheck.serving.call import Rpc, Service
    from gencheck.serving.host import Host, HostOptions
    from gencheck.serving.logs import configure
    from gencheck.serving.work import CpuPool
    from gencheck.v1 import consistency_pb2 as pb
    import time

    def work(*, deadline):
        end = time.monotonic() + WORK
        while time.monotonic() < end:
            deadline.check()
            time.sleep(0.01)

    async def main():
        pool = CpuPool(1)
        async def parse(request, call):
            print("running", flush=True)
            await pool.run(work, deadline=call.deadline)
            return pb.ParsePromptResponse()
        async def warm_up():
            pass
        rpc = Rpc("ParsePrompt", pb.ParsePromptRequest, pb.ParsePromptResponse, parse)
        service = Service("gencheck.v1.ConsistencyService", [rpc], warm_up)
        host = Host([service], options=HostOptions(drain_seconds=GRACE))
        port = await host.start()
        await host.ready()
        print(port, flush=True)
        await host.wait()
        await pool.aclose()

    configure()
    asyncio.run(main())
"""


async def _server(grace: float, work: float) -> asyncio.subprocess.Process:
    code = textwrap.dedent(SERVER).replace("GRACE", str(grace)).replace("WORK", str(work))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize(
    ("number", "grace", "work"),
    [(signal.SIGTERM, 20, 1), (signal.SIGINT, 20, 1), (signal.SIGTERM, 0.5, 20)],
)
async def test_a_signal_drains_a_process(number: signal.Signals, grace: float, work: float) -> None:
    process = await _server(grace, work)
    assert process.stdout is not None
    assert process.stderr is not None
    port = int(await process.stdout.readline())
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        parse = channel.unary_unary(f"/{NAME}/ParsePrompt")
        raw = consistency_pb2.ParsePromptRequest(prompt="x").SerializeToString()
        held = asyncio.ensure_future(parse(raw))
        assert await process.stdout.readline() == b"running\n"
        process.send_signal(number)
        await asyncio.sleep(0.1)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await parse(raw)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        if work < grace:
            assert await held == b""
        else:
            with pytest.raises(grpc.aio.AioRpcError):
                await held
    assert await asyncio.wait_for(process.wait(), 10) == 0
    lines = [json.loads(line) for line in (await process.stderr.read()).splitlines()]
    assert {"serving", "listening", "signal", "draining", "rpc", "stopped"} <= {
        line["event"] for line in lines
    }
    assert not any("traceback" in line for line in lines)


async def test_a_second_signal_stops_at_once() -> None:
    process = await _server(30, 20)
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        raw = consistency_pb2.ParsePromptRequest(prompt="x").SerializeToString()
        held = asyncio.ensure_future(channel.unary_unary(f"/{NAME}/ParsePrompt")(raw))
        assert await process.stdout.readline() == b"running\n"
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.1)
        process.send_signal(signal.SIGINT)
        with pytest.raises(grpc.aio.AioRpcError):
            await asyncio.wait_for(held, 8)  # the work would have taken 20 s
    assert await asyncio.wait_for(process.wait(), 10) == 0
