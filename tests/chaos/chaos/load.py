"""Open-loop calls with deadlines, and what to think of their answers."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import grpc
from google.protobuf.message import DecodeError

from chaos.assets import Ask, with_id
from gencheck.transport import open_channel
from gencheck.v1 import common_pb2
from gencheck.v1 import router_pb2 as pb

CHECK = "/gencheck.v1.RouterService/Check"
CHECK_SET = "/gencheck.v1.RouterService/CheckSet"


class Kind(StrEnum):
    """What an answer is worth, beside what the healthy fleet said."""

    RIGHT = "right"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    WRONG = "wrong"
    WRONG_PASS = "wrong PASS"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call.

    Attributes:
        scheduled, started, ended: seconds of ``time.monotonic()``.
        code: status of the call; ``OK`` where there are verdicts.
        verdicts: of the asset, or of each part of a set, the audit last.
        judged: the checks that say they judged.
        request_id: what servers wrote in their logs about a ``Check``; of a set they made one up.
    """

    ask: str
    scheduled: float
    started: float
    ended: float
    deadline: float
    code: str
    verdicts: tuple[str, ...] = ()
    judged: frozenset[str] = frozenset()
    detail: str = ""
    request_id: str = ""

    @property
    def overshoot(self) -> float:
        """Seconds after the deadline; negative: before it."""
        return self.ended - self.started - self.deadline


@dataclass(frozen=True)
class Golden:
    """The answers of the healthy fleet."""

    answers: Mapping[str, Answer]

    def kind(self, answer: Answer) -> Kind:
        """What an answer is worth. A PASS is also wrong where a check is missing that judged."""
        golden = self.answers[answer.ask]
        if answer.code != "OK" or "FAILURE" in answer.verdicts:
            return Kind.ERROR
        if len(answer.verdicts) != len(golden.verdicts):
            return Kind.LOST
        pairs = list(zip(answer.verdicts, golden.verdicts, strict=True))
        unjudged = not answer.judged >= golden.judged
        if any(got == "PASS" and (was != "PASS" or unjudged) for got, was in pairs):
            return Kind.WRONG_PASS
        if all(got == was for got, was in pairs):
            return Kind.RIGHT
        if all(got in (was, "INCONCLUSIVE") for got, was in pairs):
            return Kind.INCONCLUSIVE
        return Kind.WRONG


class Caller:
    """Asks a router over one channel, as a client does."""

    def __init__(self, target: str) -> None:
        self._channel = open_channel(target)  # as a client opens it
        self._check: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(
            CHECK
        )
        self._set: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = self._channel.stream_stream(
            CHECK_SET
        )

    async def aclose(self) -> None:
        """Close the channel."""
        await self._channel.close()

    async def ask(self, ask: Ask, deadline: float, scheduled: float | None = None) -> Answer:
        """One call; an error is an answer as well."""
        started = time.monotonic()
        code, detail = "OK", ""
        request_id = str(uuid.uuid4())
        parts: list[tuple[str, list[common_pb2.Outcome]]] = []
        try:
            async with asyncio.timeout(deadline + 30):  # a hang guard: gRPC keeps the deadline
                async for part in self._parts(ask, request_id, deadline):
                    parts.append(part)  # noqa: PERF401 - what came before an error counts
        except grpc.aio.AioRpcError as error:
            code, detail = error.code().name, error.details() or ""
        except TimeoutError:
            code = "HANG"
        except DecodeError:
            code = "UNREADABLE"
        return Answer(
            ask.name,
            started if scheduled is None else scheduled,
            started,
            time.monotonic(),
            deadline,
            code,
            tuple(verdict for verdict, _ in parts),
            frozenset(o.check for _, outcomes in parts for o in outcomes if o.HasField("judged")),
            detail,
            request_id,
        )

    async def _parts(
        self, ask: Ask, request_id: str, deadline: float
    ) -> AsyncIterator[tuple[str, list[common_pb2.Outcome]]]:
        if not ask.is_set:
            (request,) = ask.requests
            assert isinstance(request, pb.CheckRequest)
            raw = await self._check(with_id(request, request_id), timeout=deadline)
            answer = pb.CheckResponse.FromString(raw)
            yield _word(answer.verdict), list(answer.outcomes)
            return
        stream = self._set((r.SerializeToString() for r in ask.requests), timeout=deadline)
        async for answers in stream:
            yield _part(pb.CheckSetResponse.FromString(answers))


def _part(message: pb.CheckSetResponse) -> tuple[str, list[common_pb2.Outcome]]:
    match message.WhichOneof("part"):
        case "check":
            return _word(message.check.verdict), list(message.check.outcomes)
        case "audit":
            return _word(message.audit.audit.verdict), list(message.audit.audit.outcomes)
        case "failure":
            return "FAILURE", []
    return "NOTHING", []


def _word(verdict: common_pb2.Verdict) -> str:
    return common_pb2.Verdict.Name(verdict).removeprefix("VERDICT_")


async def golden_of(caller: Caller, asks: Sequence[Ask]) -> Golden:
    """Every question once, without haste. Raises where one has no verdict."""
    answers = {}
    for ask in asks:
        answer = await caller.ask(ask, 60.0)
        if answer.code != "OK":
            raise RuntimeError(f"the healthy fleet does not judge {ask.name}: {answer.detail}")
        answers[ask.name] = answer
    return Golden(answers)


@dataclass
class Load:
    """Calls at a steady rate, whatever becomes of them, from :meth:`start` to :meth:`stop`."""

    caller: Caller
    asks: Sequence[Ask]
    rate: float
    deadline: float
    answers: list[Answer] = field(default_factory=list)
    lag: float = 0.0
    _ticking: asyncio.Task[None] | None = None
    _calls: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self) -> None:
        """Begin to ask."""
        self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        begin = time.monotonic()
        number = 0
        while True:
            scheduled = begin + number / self.rate
            await asyncio.sleep(scheduled - time.monotonic())
            self.lag = max(self.lag, time.monotonic() - scheduled)
            call = asyncio.create_task(self._one(self.asks[number % len(self.asks)], scheduled))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
            number += 1

    async def _one(self, ask: Ask, scheduled: float) -> None:
        self.answers.append(await self.caller.ask(ask, self.deadline, scheduled))

    async def stop(self) -> None:
        """Ask no more, and wait for the answers that are due."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await asyncio.gather(*self._calls)


def count(answers: Sequence[Answer], golden: Golden) -> Counter[Kind]:
    """How many of each kind."""
    return Counter(golden.kind(answer) for answer in answers)
