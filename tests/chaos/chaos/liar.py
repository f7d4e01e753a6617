"""A gRPC server that answers every call with a lie: what a broken or foreign service might send."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias

import grpc
from google.rpc import error_details_pb2, status_pb2

from gencheck.v1 import router_pb2 as pb

HUGE_BYTES = 64 << 20

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class Lie(StrEnum):
    """What is wrong with the answer."""

    GARBAGE = "garbage protobuf"
    EMPTY = "empty message"
    NO_OUTCOMES = "PASS without outcomes"
    OTHER_CHECK = "PASS by another check"
    CONTRADICTION = "PASS with an outcome that failed"
    HUGE = "64 MiB of PASS"
    NO_MESSAGE = "OK without a message"
    TWO_MESSAGES = "two messages"
    NEVER = "headers, then nothing"
    ENDLESS = "messages without an end"
    STATUS = "status INTERNAL"
    UNKNOWN = "status UNKNOWN"
    DATA_LOSS = "status DATA_LOSS"
    BLAME = "status INVALID_ARGUMENT"
    STRANGE_DETAILS = "details that do not parse"
    FALSE_DETAILS = "details of another status"


_CODES = {
    Lie.STATUS: grpc.StatusCode.INTERNAL,
    Lie.UNKNOWN: grpc.StatusCode.UNKNOWN,
    Lie.DATA_LOSS: grpc.StatusCode.DATA_LOSS,
    Lie.BLAME: grpc.StatusCode.INVALID_ARGUMENT,
    Lie.STRANGE_DETAILS: grpc.StatusCode.UNAVAILABLE,
    Lie.FALSE_DETAILS: grpc.StatusCode.UNAVAILABLE,
}


class Liar(grpc.GenericRpcHandler):
    """Answers every method of every service with ``lie``, which may be changed at any time."""

    def __init__(self, lie: Lie = Lie.GARBAGE) -> None:
        self.lie = lie
        self.calls = 0
        self.address = ""
        self._server: grpc.aio.Server | None = None

    async def start(self) -> str:
        """Listen on a free port; the address."""
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", -1)]
        self._server = grpc.aio.server(handlers=[self], options=options)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        await self._server.start()
        return self.address

    async def aclose(self) -> None:
        """Stop; lies in progress are cancelled."""
        if self._server is not None:
            await self._server.stop(0)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """A stream of bytes in and out, whatever the method promises to be."""
        if handler_call_details.method.startswith("/grpc.health."):
            return None
        return grpc.stream_stream_rpc_method_handler(self._answer)

    async def _answer(self, requests: AsyncIterator[bytes], context: Context) -> None:
        self.calls += 1
        lie = self.lie
        async for _ in requests:
            break  # a whole request has come
        if lie in _CODES:
            await context.abort(_CODES[lie], "a lie", _trailers(lie))
        if lie is Lie.NEVER:
            await context.send_initial_metadata(())
            await asyncio.Event().wait()
        for message in _messages(lie):
            await context.write(message)
        while lie is Lie.ENDLESS:
            await context.write(_passed("artifact"))
            await asyncio.sleep(0)


@cache
def _messages(lie: Lie) -> list[bytes]:
    make: dict[Lie, Callable[[], list[bytes]]] = {
        Lie.GARBAGE: lambda: [random.Random(0).randbytes(400)],
        Lie.EMPTY: lambda: [b""],
        Lie.NO_OUTCOMES: lambda: [pb.CheckResponse(verdict="VERDICT_PASS").SerializeToString()],
        Lie.OTHER_CHECK: lambda: [_passed("somebody")],
        Lie.CONTRADICTION: lambda: [_contradicting()],
        Lie.HUGE: lambda: [
            pb.CheckResponse(verdict="VERDICT_PASS", heat_map=bytes(HUGE_BYTES)).SerializeToString()
        ],
        Lie.TWO_MESSAGES: lambda: [_passed("artifact"), _passed("artifact")],
    }
    return make.get(lie, list)()


def _passed(check: str) -> bytes:
    answer = pb.CheckResponse(verdict="VERDICT_PASS", reasons=["nothing over a threshold"])
    answer.outcomes.add(check=check).judged.SetInParent()
    return answer.SerializeToString()


def _contradicting() -> bytes:
    answer = pb.CheckResponse(verdict="VERDICT_PASS", reasons=["nothing over a threshold"])
    for check in ("artifact", "consistency", "mesh"):
        answer.outcomes.add(check=check).error.code = 13
    return answer.SerializeToString()


def _trailers(lie: Lie) -> tuple[tuple[str, bytes], ...]:
    key = "grpc-status-details-bin"
    if lie is Lie.STRANGE_DETAILS:
        return ((key, b"\xff" * 40),)
    if lie is Lie.FALSE_DETAILS:
        status = status_pb2.Status(code=13, message="a bug")
        info = error_details_pb2.ErrorInfo(reason="INTERNAL", domain="gencheck")
        status.details.add().Pack(info)
        return ((key, status.SerializeToString()),)
    return ()
