from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled, DeadlineExceeded, ModelNotReady
from gencheck.inference import triton_calls
from gencheck.inference.triton_calls import Parameters, TritonCalls


class Server:
    """A Triton of some version, whose one model computes until it is let go."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.go_on = asyncio.Event()
        self.asked: list[tuple[float, Parameters]] = []
        self.cancelled = 0

    async def get_server_metadata(self, client_timeout: float) -> Any:
        return SimpleNamespace(version=self.version)

    async def infer(self, seconds: float, parameters: Parameters) -> str:
        self.asked.append((seconds, parameters))
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return "answer"


async def calls_of(server: Server) -> TritonCalls:
    calls = TritonCalls(server, "127.0.0.1:1")
    await calls.learn_version(Deadline.after(5))
    return calls


async def leave(calls: TritonCalls, server: Server) -> None:
    """Ask, and go before the answer comes."""
    before = len(server.asked)
    deadline = Deadline.after(30)
    call = asyncio.ensure_future(calls.run(server.infer, "m", deadline))
    async with asyncio.timeout(10):
        while len(server.asked) == before:  # noqa: ASYNC110 - the server is no task of ours
            await asyncio.sleep(0)
    deadline.cancel()
    with pytest.raises(Cancelled):
        await call


@pytest.mark.parametrize("version", ["2.51.0", "2.59.1", ""])
async def test_an_old_triton_is_not_told_that_a_caller_left(version: str) -> None:
    server = Server(version)
    calls = await calls_of(server)
    await leave(calls, server)
    ((seconds, parameters),) = server.asked
    assert seconds > 30, "a timeout of the call would cancel it too"
    assert 0 < parameters["deadline_ms"] / 1000 - time.time() <= 30
    server.go_on.set()
    await calls.aclose()
    assert not server.cancelled


@pytest.mark.parametrize("version", ["2.60.0", "2.75.0", "3.0.0"])
async def test_a_newer_triton_is_told(version: str) -> None:
    server = Server(version)
    calls = await calls_of(server)
    await leave(calls, server)
    ((seconds, parameters),) = server.asked
    assert (seconds <= 30, parameters) == (True, {})
    await asyncio.sleep(0)
    assert server.cancelled == 1
    await calls.aclose()


async def test_only_so_many_calls_go_on_without_their_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triton_calls, "_MOST_RUNNING", 3)
    server = Server("2.51.0")
    calls = await calls_of(server)
    for _ in range(3):
        await leave(calls, server)
    with pytest.raises(DeadlineExceeded):
        await calls.run(server.infer, "m", Deadline.after(0.05))
    assert len(server.asked) == 3
    waiting = [calls.run(server.infer, "m", Deadline.after(30)) for _ in range(8)]
    answers = asyncio.gather(*waiting)
    await asyncio.sleep(0)
    server.go_on.set()
    assert await answers == ["answer"] * 8
    await calls.aclose()


async def test_a_late_failure_of_an_abandoned_call_is_nobodys() -> None:
    server = Server("2.51.0")
    calls = await calls_of(server)

    async def fails(seconds: float, parameters: Parameters) -> str:
        await server.infer(seconds, parameters)
        raise OSError("late")

    deadline = Deadline.after(0.05)
    with pytest.raises(DeadlineExceeded):
        await calls.run(fails, "m", deadline)
    server.go_on.set()
    await calls.aclose()  # an exception that nobody looked at would be a warning, and so an error


async def test_closed_calls_nobody() -> None:
    server = Server("2.51.0")
    calls = await calls_of(server)
    await calls.aclose()
    with pytest.raises(ModelNotReady, match="shut down"):
        await calls.run(server.infer, "m", Deadline.after(5))
    assert not server.asked
