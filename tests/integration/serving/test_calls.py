"""What a call goes through, over a real socket."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    InvalidArgument,
    LimitExceeded,
    MalformedRequest,
    OutOfMemory,
    Overloaded,
    Unavailable,
)
from gencheck.serving import runner
from gencheck.serving.call import Priority
from gencheck.serving.status import DETAILS_KEY, from_rpc_error
from gencheck.v1 import bias_pb2, consistency_pb2, router_pb2

Start: TypeAlias = Callable[..., Any]
Served: TypeAlias = Any
Logs: TypeAlias = pytest.LogCaptureFixture

MALFORMED = (b"\xff\xff\xff\xff", b"\x82\x01\x05ab", b"\x82\x01\x02\xff\xfe", b"\x00")


def status_of(error: grpc.aio.AioRpcError) -> status_pb2.Status:
    return next(
        status_pb2.Status.FromString(value)
        for key, value in error.trailing_metadata()
        if key == DETAILS_KEY
    )


def infos(error: grpc.aio.AioRpcError) -> list[error_details_pb2.ErrorInfo]:
    found = []
    for detail in status_of(error).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            found.append(info)
    return found


async def test_a_call_goes_through_and_the_handler_knows_about_it(start: Start) -> None:
    async with start() as served:
        assert await served.parse("a red cat", timeout=7) == "a red cat"
        call = served.echo.calls[0]
        assert uuid.UUID(call.request_id).version == 4
        assert call.caller.startswith("ipv4:127.0.0.1:")
        sent = consistency_pb2.ParsePromptRequest(prompt="a red cat")
        assert call.raw == sent.SerializeToString()
        assert call.deadline.cancelled, "work left over after the answer must stop"


async def test_the_request_id_of_the_caller_is_kept(start: Start) -> None:
    given = str(uuid.uuid4())
    request = consistency_pb2.CheckConsistencyRequest(
        asset={"inline": b"x"}, prompt="a", request_id=given
    )
    async with start() as served:
        await served.raw("CheckConsistency")(request.SerializeToString())
        assert served.echo.calls[0].request_id == given


@pytest.mark.parametrize(
    ("service", "method", "raw"),
    [
        *[("gencheck.v1.ConsistencyService", "ParsePrompt", raw) for raw in MALFORMED],
        ("grpc.health.v1.Health", "Check", b"\xff\xff\xff\xff"),
        ("grpc.health.v1.Health", "Check", b"\x0a\x02\xff\xfe"),
    ],
)
async def test_malformed_bytes_are_the_callers_fault(
    start: Start, service: str, method: str, raw: bytes
) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.raw(method, service)(raw)
        error = caught.value
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert [info.reason for info in infos(error)] == ["MALFORMED_REQUEST"]
        assert isinstance(from_rpc_error(error), MalformedRequest)
        assert "parsing" not in error.details()


async def test_a_bound_is_held_before_the_handler_runs(start: Start) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("x" * 4_001)
        error = from_rpc_error(caught.value)
        assert isinstance(error, InvalidArgument)
        assert [path for path, _ in error.violations] == ["prompt"]
        assert served.echo.calls == []


@pytest.mark.parametrize("size", [70_000, 1_500_000, 30_000_000])
async def test_too_large_is_said_clearly_whoever_notices(start: Start, size: int) -> None:
    request = consistency_pb2.CheckConsistencyRequest(asset={"inline": bytes(size)}, prompt="a")
    async with start(inline_limit=65_536) as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.raw("CheckConsistency")(request.SerializeToString())
        assert isinstance(from_rpc_error(caught.value), LimitExceeded)
        assert served.echo.calls == []
        assert await served.parse("still there") == "still there"


async def test_a_compressed_message_is_refused_before_it_is_inflated(start: Start) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.raw("ParsePrompt")(bytes(5_000_000), compression=grpc.Compression.Gzip)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert "gzip" in str(from_rpc_error(caught.value))


@pytest.mark.parametrize("prompt", ["bug", "wrong type", "panic"])
async def test_a_bug_leaks_no_text_and_is_logged_with_its_traceback(
    start: Start, prompt: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "gencheck"):
        async with start() as served:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await served.parse(prompt)
    error = caught.value
    assert error.code() is grpc.StatusCode.INTERNAL
    (info,) = infos(error)
    assert info.reason == "INTERNAL"
    whole = error.details() + str(status_of(error))
    assert "secret" not in whole
    assert "Error" not in whole.replace("ErrorInfo", "")
    (line,) = [r for r in caplog.records if r.message == "rpc"]
    assert line.exc_info is not None
    assert info.metadata["request_id"] == line.gencheck_fields["request_id"]
    assert type(from_rpc_error(error)) is GencheckError


async def test_running_out_of_memory_is_no_bug(start: Start) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("memory")
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert isinstance(from_rpc_error(caught.value), OutOfMemory)


async def test_the_deadline_of_the_caller_reaches_the_handler(start: Start) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("burn", timeout=0.3)
        assert isinstance(from_rpc_error(caught.value), DeadlineExceeded)
        assert served.echo.calls[0].deadline.remaining() == 0
        await _stands_still(served)


async def test_a_cap_of_the_host_bounds_a_call_without_deadline(start: Start) -> None:
    async with start(max_seconds=0.2) as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("wait", timeout=None)
        assert isinstance(from_rpc_error(caught.value), DeadlineExceeded)


async def test_cancelled_work_stops_burning_cpu(start: Start) -> None:
    async with start() as served:
        call = asyncio.ensure_future(served.parse("burn", timeout=None))
        await asyncio.wait_for(served.echo.running.wait(), 5)
        before = served.echo.steps
        await asyncio.sleep(0.05)
        assert served.echo.steps > before, "the work must be under way"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await _stands_still(served)
        assert served.echo.pool.running == 0


async def test_a_client_that_vanishes_stops_its_work(start: Start) -> None:
    async with start() as served:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{served.port}")
        raw = consistency_pb2.ParsePromptRequest(prompt="burn").SerializeToString()
        call = channel.unary_unary("/gencheck.v1.ConsistencyService/ParsePrompt")(raw)
        await asyncio.wait_for(served.echo.running.wait(), 5)
        await channel.close()
        assert call.done()
        await _stands_still(served)


async def _stands_still(served: Served) -> None:
    echo = served.echo
    for _ in range(100):
        if echo.pool.running == 0:
            break
        await asyncio.sleep(0.02)
    steps = echo.steps
    await asyncio.sleep(0.05)
    assert echo.steps == steps


async def test_overload_is_refused_with_a_time_to_come_back(start: Start) -> None:
    async with start(max_in_progress=2, max_queued=3) as served:
        calls = [asyncio.ensure_future(served.parse("wait")) for _ in range(12)]
        done, waiting = await asyncio.wait(calls, timeout=0.5)
        assert len(waiting) == 5, "two in progress and three in the queue"
        text = served.host.metrics.text()
        assert "gencheck_rpc_in_flight 2.0" in text
        assert "gencheck_rpc_queued 3.0" in text
        served.echo.gate.set()
        assert [await call for call in waiting] == ["wait"] * 5
        for call in done:
            error = call.exception()
            assert isinstance(error, grpc.aio.AioRpcError)
            assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert isinstance(from_rpc_error(error), Overloaded)
            assert any(
                detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR)
                for detail in status_of(error).details
            )


async def test_a_queued_caller_who_leaves_makes_room(start: Start) -> None:
    async with start(max_in_progress=1, max_queued=1) as served:
        first = asyncio.ensure_future(served.parse("wait"))
        await asyncio.wait_for(served.echo.running.wait(), 5)
        with pytest.raises(grpc.aio.AioRpcError):
            await served.parse("never admitted", timeout=0.2)
        second = asyncio.ensure_future(served.parse("second"))
        await asyncio.sleep(0.1)
        served.echo.gate.set()
        assert (await first, await second) == ("wait", "second")


async def test_a_stream_of_requests_ends_in_one_answer(start: Start) -> None:
    given = str(uuid.uuid4())
    options = bias_pb2.AuditImagesRequest(options={"request_id": given})
    image = bias_pb2.AuditImagesRequest(image={"asset": {"inline": b"x"}})
    async with start() as served:
        call = served.channel.stream_unary(
            "/gencheck.v1.ConsistencyService/AuditImages",
            lambda message: message.SerializeToString(),
            bias_pb2.AuditImagesResponse.FromString,
        )
        assert (await call(iter([options, image, image]))).audit.state.images == 2
        assert served.echo.calls[0].request_id == given
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(iter([options, bias_pb2.AuditImagesRequest()]))
        assert from_rpc_error(caught.value).where == "part"


async def test_a_stream_of_answers_ends_with_its_error(start: Start) -> None:
    async with start() as served:
        call = served.channel.unary_stream("/gencheck.v1.ConsistencyService/Letters")
        raw = consistency_pb2.ParsePromptRequest(prompt="abc").SerializeToString()
        assert len([answer async for answer in call(raw)]) == 3
        raw = consistency_pb2.ParsePromptRequest(prompt="ab!c").SerializeToString()
        stream = call(raw)
        assert [await stream.read(), await stream.read()].count(grpc.aio.EOF) == 0
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stream.read()
        assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_a_stream_both_ways_answers_while_it_is_asked(start: Start) -> None:
    async with start() as served:
        call = served.channel.stream_stream(
            "/gencheck.v1.ConsistencyService/CheckSet",
            lambda message: message.SerializeToString(),
            router_pb2.CheckSetResponse.FromString,
        )()
        for name in ("one", "two"):
            asset = {"inline": b"x", "name": name}
            await call.write(router_pb2.CheckSetRequest(check={"asset": asset}))
            assert (await call.read()).check.asset == name
        await call.done_writing()
        assert await call.read() is grpc.aio.EOF


async def test_a_stream_that_stands_still_gives_its_slot_back(start: Start) -> None:
    async with start(idle_seconds=0.2, max_in_progress=1) as served:
        call = served.channel.stream_unary("/gencheck.v1.ConsistencyService/AuditImages")()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        error = from_rpc_error(caught.value)
        assert isinstance(error, DeadlineExceeded)
        assert "stood still" in str(error)
        assert await served.parse("next") == "next"


async def test_a_stream_of_a_million_crumbs_has_an_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_MAX_MESSAGES", 50)
    crumb = bias_pb2.AuditImagesRequest(image={"asset": {"inline": b"x"}})
    async with start() as served:
        call = served.channel.stream_unary(
            "/gencheck.v1.ConsistencyService/AuditImages",
            lambda message: message.SerializeToString(),
        )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(iter([crumb] * 51))
        error = from_rpc_error(caught.value)
        assert isinstance(error, LimitExceeded | Unavailable)


async def _one_waits(served: Served) -> None:
    async with asyncio.timeout(20):
        while "gencheck_rpc_queued 1.0" not in served.host.metrics.text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_streams_do_not_take_the_places_of_calls(start: Start) -> None:
    async with start(max_in_progress=2, max_queued=1) as served:
        open_call = served.channel.stream_unary("/gencheck.v1.ConsistencyService/AuditImages")
        streams = [open_call() for _ in range(3)]
        await _one_waits(served)
        assert await served.parse("next") == "next"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await open_call()
        assert isinstance(from_rpc_error(caught.value), Overloaded)
        for stream in streams:
            stream.cancel()


async def test_batch_is_refused_where_others_wait(start: Start) -> None:
    batch = Priority.BATCH.metadata
    async with start(max_in_progress=1, max_queued=2) as served:
        first = asyncio.ensure_future(served.parse("wait"))
        await asyncio.wait_for(served.echo.running.wait(), 5)
        raw = consistency_pb2.ParsePromptRequest(prompt="fine").SerializeToString()
        call = served.raw("ParsePrompt")
        waiting = asyncio.ensure_future(call(raw, metadata=batch))
        await _one_waits(served)
        others = [asyncio.ensure_future(served.parse("fine")) for _ in range(2)]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(waiting, 20)
        error = from_rpc_error(caught.value)
        assert isinstance(error, Overloaded)
        assert error.retry_seconds is not None
        served.echo.gate.set()
        assert await asyncio.gather(first, *others) == ["wait", "fine", "fine"]
        assert served.echo.calls[-1].deadline.yields is False


async def test_so_many_connections_and_no_more(start: Start) -> None:
    async with start(max_connections=20) as served:
        assert await served.parse("before") == "before"
        ends = []
        for _ in range(40):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
            ends.append((reader, writer))
        said = await asyncio.gather(
            *(asyncio.wait_for(reader.read(9), 20) for reader, _ in ends), return_exceptions=True
        )
        assert sum(isinstance(what, bytes) and len(what) == 9 for what in said) < 20
        assert await served.parse("after") == "after"
        for _, writer in ends:
            writer.close()


async def test_a_reader_who_leaves_a_stream_stops_the_handler(start: Start) -> None:
    async with start() as served:
        call = served.channel.unary_stream("/gencheck.v1.ConsistencyService/Letters")
        raw = consistency_pb2.ParsePromptRequest(prompt="a" * 4_000).SerializeToString()
        stream = call(raw)
        await stream.read()
        stream.cancel()
        await asyncio.wait_for(served.echo.running.wait(), 5)
        assert served.echo.calls[0].deadline.cancelled


async def test_an_unknown_method_is_a_clear_error(start: Start) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.raw("Nothing")(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_an_error_with_far_too_much_to_say_still_arrives(start: Start) -> None:
    async with start() as served:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await served.parse("huge")
        error = from_rpc_error(caught.value)
        assert isinstance(error, InvalidArgument)
        assert error.violations
        assert error.where == "?.png"


async def test_no_bytes_whatever_give_internal_or_unknown(start: Start) -> None:
    random = Random(7)
    good = consistency_pb2.CheckConsistencyRequest(
        asset={"inline": b"x" * 40, "name": "a"},
        prompt="a red cat",
        policy={"name": "p", "version": "1", "fail_at": 2, "thresholds": {"BLUR": {"minor": 1}}},
    ).SerializeToString()
    codes = set()
    async with start() as served:
        for _ in range(400):
            raw = bytearray(good)
            for _ in range(random.randint(1, 6)):
                raw[random.randrange(len(raw))] = random.randrange(256)
            try:
                await served.raw("CheckConsistency")(bytes(raw[: random.randint(0, len(raw))]))
            except grpc.aio.AioRpcError as error:
                codes.add(error.code())
    assert codes == {grpc.StatusCode.INVALID_ARGUMENT}


async def test_after_a_storm_nothing_is_left_over(start: Start, caplog: Logs) -> None:
    random = Random(7)
    prompts = ["fine", "burn", "wait", "bug", "memory", ""]
    async with start(max_in_progress=4, max_queued=8) as served:

        async def one() -> None:
            call = asyncio.ensure_future(
                served.parse(random.choice(prompts), timeout=random.choice([0.001, 0.05, 0.2]))
            )
            if random.random() < 0.3:
                await asyncio.sleep(random.random() * 0.05)
                call.cancel()
            await asyncio.gather(call, return_exceptions=True)

        for _ in range(6):
            await asyncio.gather(*(one() for _ in range(40)))
        await _stands_still(served)
        served.echo.gate.set()
        assert await served.parse("fine") == "fine"
        text = served.host.metrics.text()
        assert "gencheck_rpc_in_flight 0.0" in text
        assert "gencheck_rpc_queued 0.0" in text
    foreign = [r for r in caplog.records if not r.name.startswith("gencheck")]
    assert [r.getMessage() for r in foreign if r.levelno >= logging.WARNING] == []
