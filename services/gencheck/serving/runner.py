"""One call from the raw request to the raw answer: admission, bounds, deadline, errors, log."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import grpc
from google.protobuf.message import DecodeError, Message

from gencheck.deadline import Deadline
from gencheck.errors import (
    Cancelled,
    DeadlineExceeded,
    GencheckError,
    LimitExceeded,
    MalformedRequest,
)
from gencheck.serving.admission import Admission
from gencheck.serving.call import (
    Call,
    Priority,
    Rpc,
    Service,
    attempts_told,
    given_id,
    new_id,
)
from gencheck.serving.callers import Callers, certified
from gencheck.serving.health import Readiness
from gencheck.serving.logs import Value, log
from gencheck.serving.metrics import SYSTEM, Metrics
from gencheck.serving.status import DETAILS_KEY, as_known, is_bug, mapping_of, to_status
from gencheck.serving.telemetry import ServerSpan, Telemetry
from gencheck.serving.transfer import Outbox, Transfers
from gencheck.serving.validate import Validator, too_large

_LOGGER = logging.getLogger(__name__)
# What a handler keeps of each message, it keeps as long as the stream is open.
_MAX_MESSAGES = 100_000
_OUR_FAULT = {grpc.StatusCode.INTERNAL, grpc.StatusCode.FAILED_PRECONDITION}
_WARN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}

Context = grpc.aio.ServicerContext[Any, Any]
Incoming = AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Shared:
    """What all methods of a host share.

    Attributes:
        calls: the door for calls with one message each way.
        streams: the door for streams, which take as long as their callers do.
        receiving: messages on their way in, of calls that are not admitted yet.
        streaming: messages of streams, in either direction.
        outbox: answers that are not read yet.
        max_message: bytes of one request message.
        max_seconds: longest time for a call that is no stream.
        callers: who has which token, where tokens are asked for.
    """

    calls: Admission
    streams: Admission
    receiving: Transfers
    streaming: Transfers
    outbox: Outbox
    readiness: Readiness
    validator: Validator
    metrics: Metrics
    telemetry: Telemetry
    max_message: int
    max_seconds: float
    callers: Callers | None = None


@dataclass(slots=True)
class _Traffic:
    received: int = 0
    sent: int = 0


class _Took(NamedTuple):
    """How long a call took, and when it ended.

    Both bounds of a span are of the clock of spans, so that what a call called lies within it.
    """

    seconds: float
    ended_ns: int


class Runner:
    """Runs the calls of one method."""

    def __init__(self, service: Service, rpc: Rpc, shared: Shared) -> None:
        self._service = service
        self._rpc = rpc
        self._shared = shared
        self._method = f"{service.name}/{rpc.name}"
        for code in ("OK", "INTERNAL"):  # there from the start: a rate needs a zero before its one
            shared.metrics.server_seconds.labels(SYSTEM, self._method, code)
        self._received = shared.metrics.received.labels(self._method)
        self._sent = shared.metrics.sent.labels(self._method)

    def handler(self) -> grpc.RpcMethodHandler[Any, Any]:
        """What the gRPC server registers: bytes in, bytes out; parsing is done here.

        Every request is a stream to gRPC, which looks the same on the wire: so one that is refused
        is refused before its message is read, and one that is read can be given up.
        """
        make: Any = (
            grpc.stream_stream_rpc_method_handler
            if self._rpc.streams_responses
            else grpc.stream_unary_rpc_method_handler
        )
        return make(self._serve)  # type: ignore[no-any-return]

    async def _serve(self, incoming: Incoming, context: Context) -> bytes | None:
        metadata = context.invocation_metadata() or ()
        priority = Priority.of(metadata)
        span = self._shared.telemetry.serve(self._method, metadata)
        if repeated := attempts_told(metadata):
            context.set_trailing_metadata(repeated)
        deadline = self._deadline(context, priority)
        call = Call(new_id(), deadline, self._caller(context), priority)
        traffic = _Traffic()
        start = time.perf_counter()
        failure: BaseException | None = None
        answer: bytes | None = None
        try:
            answer = await self._in_time(incoming, call, traffic, context)
        except asyncio.CancelledError:
            failure = _why_gone(call.deadline)
            raise
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of a Rust library is no Exception
            failure = error
        finally:
            call.deadline.cancel()
            took = _Took(time.perf_counter() - start, time.time_ns())
            # After the answer is on its way: nobody should wait for the log.
            asyncio.get_running_loop().call_soon(self._record, call, traffic, took, failure, span)
        if failure is not None:
            await abort(context, failure, call.request_id)
        if answer is not None:
            gone: Any = self._shared.outbox.add(context.peer(), len(answer))
            context.add_done_callback(gone)
        return answer

    def _caller(self, context: Context) -> str:
        callers = self._shared.callers
        named = callers.name_of(context.invocation_metadata() or ()) if callers else ""
        return named or certified(context.auth_context()) or str(context.peer())

    def _deadline(self, context: Context, priority: Priority) -> Deadline:
        left = context.time_remaining()
        cap = self._shared.max_seconds if self._rpc.kind == "unary" else math.inf
        seconds = cap if left is None else min(left, cap)
        yields = priority is Priority.BATCH
        return Deadline.after(None if math.isinf(seconds) else seconds, yields=yields)

    async def _in_time(
        self, incoming: Incoming, call: Call, traffic: _Traffic, context: Context
    ) -> bytes | None:
        self._shared.readiness.check(self._service.name)
        self._shared.outbox.check(context.peer())
        try:
            async with asyncio.timeout(call.deadline.remaining()) as limit:
                return await self._admitted(incoming, call, traffic, context)
        except TimeoutError:
            if not limit.expired():
                raise
            raise _time_is_up() from None

    async def _admitted(
        self, incoming: Incoming, call: Call, traffic: _Traffic, context: Context
    ) -> bytes | None:
        """Refused before the message is read, or read, and handled when its turn comes."""
        door = self._shared.calls if self._rpc.kind == "unary" else self._shared.streams
        door.check(call.priority)
        raw = b""
        if not self._rpc.streams_requests:
            with self._shared.telemetry.span("receive"):
                raw = await self._receive(context, traffic)
        kind = (self._service.name, self._rpc.name, len(raw).bit_length() // 2)
        with self._shared.telemetry.span("queue"):
            ticket = await door.enter(kind, call.priority, size=len(raw), deadline=call.deadline)
        ended, late = False, False
        try:
            answer = await self._answer(raw, incoming, call, traffic, context)
            ended = True
            return answer
        finally:
            late = not ended and call.deadline.remaining() == 0
            door.leave(ticket, ended=ended, late=late)

    async def _receive(self, context: Context, traffic: _Traffic) -> bytes:
        raw = await self._shared.receiving.run(context.read(), where=self._rpc.name)
        if not isinstance(raw, bytes):
            raise MalformedRequest(
                "the call ended without a message",
                where=self._rpc.name,
                fix="Send one message.",
            )
        traffic.received += len(raw)
        return raw

    async def _answer(
        self, raw: bytes, incoming: Incoming, call: Call, traffic: _Traffic, context: Context
    ) -> bytes | None:
        if self._rpc.streams_requests:
            request: Any = self._requests(incoming, call, traffic)
        else:
            request = self._parse(raw)
            call.request_id = given_id(request) or call.request_id
            call.raw = raw
        if not self._rpc.streams_responses:
            return self._serialise(await self._rpc.handler(request, call), traffic)
        async with aclosing(self._rpc.handler(request, call)) as responses:
            async for response in responses:
                answer = context.write(self._serialise(response, traffic))
                await self._shared.streaming.run(answer, where=self._rpc.name)
        return None

    async def _requests(
        self, incoming: AsyncIterator[bytes], call: Call, traffic: _Traffic
    ) -> AsyncIterator[Message]:
        for number in range(_MAX_MESSAGES):
            try:
                raw = await self._shared.streaming.run(anext(incoming), where=self._rpc.name)
            except StopAsyncIteration:
                return
            traffic.received += len(raw)
            message = self._parse(raw)
            if number == 0:
                call.request_id = given_id(message) or call.request_id
            yield message
        raise LimitExceeded(
            f"a stream has at most {_MAX_MESSAGES:,} messages",
            where=self._rpc.name,
            fix="Send larger messages, or several streams.",
            metadata={"limit": str(_MAX_MESSAGES)},
        )

    def _parse(self, raw: bytes) -> Message:
        if len(raw) > self._shared.max_message:
            raise too_large(len(raw), self._shared.max_message, where="request")
        kind = self._rpc.request_type
        try:
            message = kind.FromString(raw)
        except DecodeError:
            raise MalformedRequest(
                f"the bytes of the request are no {kind.DESCRIPTOR.full_name}",
                where=self._rpc.name,
                fix="Generate the client from proto/gencheck/v1.",
                metadata={"message_type": kind.DESCRIPTOR.full_name},
            ) from None
        self._shared.validator.check(message)
        return message

    def _serialise(self, response: object, traffic: _Traffic) -> bytes:
        if not isinstance(response, self._rpc.response_type):
            raise TypeError(f"{self._rpc.name} returned {type(response).__name__}")
        raw = response.SerializeToString()
        traffic.sent += len(raw)
        self._shared.metrics.answers.count(self._service.name, response)
        return raw

    def _record(
        self,
        call: Call,
        traffic: _Traffic,
        took: _Took,
        failure: BaseException | None,
        span: ServerSpan,
    ) -> None:
        known = None if failure is None else as_known(failure)
        code = grpc.StatusCode.OK if known is None else mapping_of(known).code
        ended = self._shared.metrics.server_seconds.labels(SYSTEM, self._method, code.name)
        ended.observe(took.seconds)
        span.end(code, "" if known is None else known.reason, took.ended_ns)
        self._received.inc(traffic.received)
        self._sent.inc(traffic.sent)
        fields: dict[str, Value] = {
            "service": self._service.name,
            "method": self._rpc.name,
            "code": code.name,
            **({} if known is None else {"reason": known.reason}),
            "seconds": round(took.seconds, 6),
            "request_id": call.request_id,
            "bytes_in": traffic.received,
            "bytes_out": traffic.sent,
            "caller": call.caller,
            **({"trace_id": span.trace_id} if span.trace_id else {}),
            **call.fields,
        }
        bug = failure if failure is not None and is_bug(failure) else None
        log(_LOGGER, _level(code), "rpc", fields, error=bug)


def _level(code: grpc.StatusCode) -> int:
    if code in _OUR_FAULT:
        return logging.ERROR
    return logging.WARNING if code in _WARN else logging.INFO


def _time_is_up() -> DeadlineExceeded:
    return DeadlineExceeded(
        "the time given for this call is up", fix="Give the call a longer deadline."
    )


def _why_gone(deadline: Deadline) -> GencheckError:
    """The handler is cancelled both when the caller leaves and when its time is up."""
    if deadline.remaining() == 0:
        return _time_is_up()
    return Cancelled("the caller no longer waits for this answer")


async def abort(context: Context, failure: BaseException, request_id: str) -> NoReturn:
    """End the call with the status of an error."""
    status = to_status(failure, request_id=request_id)
    code = mapping_of(as_known(failure)).code
    try:
        told = attempts_told(context.invocation_metadata())
        trailers = [(DETAILS_KEY, status.SerializeToString()), *told]
        if mapping_of(as_known(failure)).retry_seconds is None:
            trailers.append(("grpc-retry-pushback-ms", "-1"))  # to the gRPC of the client: do not
        await context.abort(code, status.message, trailing_metadata=tuple(trailers))
    except Exception as error:
        # The caller left in this very moment. gRPC gives the error no public name, and would log a
        # traceback about it.
        if type(error).__name__ != "ExecuteBatchError":
            raise
        raise asyncio.CancelledError from None
