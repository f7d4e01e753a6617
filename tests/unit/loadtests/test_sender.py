"""A client process's heart against a server in this process, with events instead of clocks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import numpy as np
import pytest

from gencheck.v1 import common_pb2, router_pb2
from loadtests import sender as sender_module
from loadtests.records import Fate
from loadtests.requests import METHOD
from loadtests.scenario import CLASSES
from loadtests.schedule import Schedule
from loadtests.sender import Sender

Handler = Callable[[bytes, Any], Awaitable[bytes]]
REQUESTS = [[router_pb2.CheckRequest(prompt=kind).SerializeToString()] for kind in CLASSES]
ANSWER = router_pb2.CheckResponse(verdict=common_pb2.VERDICT_FAIL).SerializeToString()


@asynccontextmanager
async def asking(
    handler: Handler, at: list[float], *, deadline: float = 30.0
) -> AsyncIterator[Sender]:
    """A sender to a server with one handler."""
    server = grpc.aio.server()
    service, name = METHOD.strip("/").split("/")
    method: Any = grpc.unary_unary_rpc_method_handler(handler)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {name: method}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    n = len(at)
    kinds = (np.arange(n) % len(CLASSES)).astype(np.int8)
    schedule = Schedule(np.array(at), kinds, np.zeros(n, np.int16))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Sender([channel], REQUESTS, schedule, deadline=deadline)
    await server.stop(0)


async def test_sending_does_not_wait_for_answers() -> None:
    everybody = asyncio.Event()
    seen: list[router_pb2.CheckRequest] = []

    async def handle(raw: bytes, _context: Any) -> bytes:
        seen.append(router_pb2.CheckRequest.FromString(raw))
        if len(seen) == 30:
            everybody.set()
        await everybody.wait()  # a closed loop would wait here for ever
        return ANSWER

    async with asking(handle, [0.001 * i for i in range(30)]) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic())
    records = sender.records
    assert (records.fate == Fate.ANSWERED).all()
    assert (records.verdict == common_pb2.VERDICT_FAIL).all()
    assert (records.latency >= records.lateness).all()
    assert len({request.request_id for request in seen}) == 30
    assert {request.prompt for request in seen} == set(CLASSES)


async def test_what_comes_late_has_waited_since_its_instant() -> None:
    async def handle(_raw: bytes, _context: Any) -> bytes:
        return ANSWER

    async with asking(handle, [0.0, 0.0, 0.0]) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic() - 5.0)  # as if the generator had stood still
    assert (sender.records.fate == Fate.ANSWERED).all()
    assert (sender.records.lateness >= 5.0).all()
    assert (sender.records.latency >= sender.records.lateness).all()


@pytest.mark.parametrize(
    ("code", "fate"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Fate.REFUSED),
        (grpc.StatusCode.UNAVAILABLE, Fate.UNAVAILABLE),
        (grpc.StatusCode.INVALID_ARGUMENT, Fate.FAILED),
        (grpc.StatusCode.INTERNAL, Fate.FAILED),
    ],
)
async def test_a_status_is_a_fate(code: grpc.StatusCode, fate: Fate) -> None:
    async def handle(_raw: bytes, context: Any) -> bytes:
        await context.abort(code, "as told")
        return b""

    async with asking(handle, [0.0, 0.0]) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic())
    assert (sender.records.fate == fate).all()
    assert (sender.records.code == code.value[0]).all()
    assert (sender.records.verdict == 0).all()


async def test_who_is_not_answered_in_time_is_late() -> None:
    async def handle(_raw: bytes, _context: Any) -> bytes:
        await asyncio.Event().wait()
        return ANSWER

    async with asking(handle, [0.0], deadline=0.1) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic())
    assert (sender.records.fate == Fate.LATE).all()


async def test_an_answer_that_cannot_be_read_is_no_answer() -> None:
    async def handle(_raw: bytes, _context: Any) -> bytes:
        return b"\xff\xff"

    async with asking(handle, [0.0]) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic())
    assert (sender.records.fate == Fate.FAILED).all()


async def test_nothing_is_sent_after_a_stop() -> None:
    first = asyncio.Event()

    async def handle(_raw: bytes, _context: Any) -> bytes:
        first.set()
        return ANSWER

    async with asking(handle, [0.0, 3600.0]) as sender, asyncio.timeout(60):
        running = asyncio.create_task(sender.run(time.monotonic()))
        await first.wait()
        sender.stop()
        await running
    assert list(sender.records.fate) == [Fate.ANSWERED, Fate.NOT_SENT]
    assert np.isnan(sender.records.lateness[1])


async def test_more_than_it_can_keep_open_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "MAX_OPEN", 2)
    both, arrived = asyncio.Event(), 0

    async def handle(_raw: bytes, _context: Any) -> bytes:
        nonlocal arrived
        arrived += 1
        if arrived == 2:
            both.set()
        await both.wait()
        return ANSWER

    async with asking(handle, [0.0] * 5) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic())
    assert (sender.records.fate[:2] == Fate.ANSWERED).all()
    assert Fate.NOT_SENT in sender.records.fate


async def test_an_answer_with_a_part_that_failed_is_partial() -> None:
    failed = common_pb2.Outcome(check="mesh")
    failed.error.message = "the server is busy: 17 calls waiting"
    answer = router_pb2.CheckResponse(verdict=common_pb2.VERDICT_INCONCLUSIVE, outcomes=[failed])

    async def handle(_raw: bytes, _context: Any) -> bytes:
        return answer.SerializeToString()

    async with asking(handle, [0.0, 0.0]) as sender, asyncio.timeout(60):
        await sender.run(time.monotonic())
    assert (sender.records.fate == Fate.PARTIAL).all()
    assert sender.errors == {"mesh: the server is busy: N calls waiting": 2}
