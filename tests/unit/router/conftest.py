"""Services that are made up, reached as a router reaches real ones."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.protobuf.message import Message

from gencheck import wire
from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, GencheckError
from gencheck.findings import Finding, Judgement, Outcome, Verdict, judged
from gencheck.media.fetch.fetcher import Fetcher
from gencheck.media.types import Limits
from gencheck.policy_file import Policies
from gencheck.router.ports import Ports, Reply
from gencheck.router.service import RouterService
from gencheck.serving.call import Call, new_id
from gencheck.serving.intake import AssetReader
from gencheck.serving.metrics import Metrics
from gencheck.serving.verdict import Bench
from gencheck.v1 import bias_pb2, common_pb2, consistency_pb2, router_pb2

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00"


def answer_of(
    check: str,
    *,
    outcomes: tuple[Outcome, ...] = (),
    findings: tuple[Finding, ...] = (),
    asset: str = "",
    request_id: str = "",
) -> router_pb2.CheckResponse:
    """What a service says; its own verdict is one that the router must not believe.

    Where no asset and no id are given, a made-up service fills in those of the request.
    """
    return router_pb2.CheckResponse(
        **wire.answer(
            asset=asset,
            request_id=request_id,
            measurements=(),
            findings=findings,
            outcomes=outcomes or (judged(check),),
            judgement=Judgement(Verdict.REVIEW, ("a part's own reason",), "p", "1", ""),
        )
    )


def reply_to(asked: Any, answer: router_pb2.CheckResponse | bytes) -> bytes:
    """The answer as bytes, about this request unless it says that it is about another."""
    if isinstance(answer, bytes):
        return answer
    about_views = isinstance(asked, consistency_pb2.CheckViewsRequest)
    name = asked.name if about_views else asked.asset.name
    told = router_pb2.CheckResponse(asset=name, request_id=asked.request_id)
    told.MergeFrom(answer)
    return told.SerializeToString()


@dataclass
class FakeCheck:
    """A check that answers, fails, or takes its time."""

    answer: router_pb2.CheckResponse | bytes = b""
    error: GencheckError | None = None
    gate: asyncio.Event | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    reads: type[Message] = router_pb2.CheckRequest
    requests: list[Any] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    cancelled: int = 0
    attempts: int = 1
    target: str = "made-up:1"

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        left = deadline.remaining()
        assert left is not None, "a service that hangs would hang the router"
        asked: Any = self.reads.FromString(request)
        self.requests.append(asked)
        self.raw.append(request)
        self.ids.append(call.request_id)
        self.left.append(left)
        self.started.set()
        if self.gate is not None:
            await self._wait(left)
        if self.error is not None:
            raise self.error
        return Reply(reply_to(asked, self.answer), self.attempts)

    async def _wait(self, left: float) -> None:
        assert self.gate is not None
        try:
            async with asyncio.timeout(left):
                await self.gate.wait()
        except TimeoutError:
            raise DeadlineExceeded("too slow") from None
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


@dataclass
class FakeAudit:
    """An audit that counts the pictures, or fails after a few."""

    fail_after: int | None = None
    error: GencheckError | None = None
    requests: list[bias_pb2.AuditImagesRequest] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def audit_images(
        self,
        requests: AsyncIterator[bias_pb2.AuditImagesRequest],
        call: Call,
        *,
        deadline: Deadline,
    ) -> bias_pb2.AuditImagesResponse:
        try:
            async for request in requests:
                self.requests.append(request)
                if self.error is not None and len(self.requests) > (self.fail_after or 0):
                    raise self.error
            names = [r.image.asset.name for r in self.requests[1:]]
            return bias_pb2.AuditImagesResponse(
                images=[bias_pb2.ImageOutcome(asset=name) for name in names]
            )
        finally:
            self.ended.set()


def request(**fields: object) -> router_pb2.CheckRequest:
    """A request about a picture."""
    name = str(fields.pop("name", "cat.png"))
    asset = common_pb2.Asset(inline=PNG, name=name)
    return router_pb2.CheckRequest(asset=asset, **fields)  # type: ignore[arg-type]


def call_for(message: router_pb2.CheckRequest, seconds: float | None = 30.0) -> Call:
    """What the host makes of a request."""
    return Call(
        request_id=message.request_id or new_id(),
        deadline=Deadline.after(seconds),
        raw=message.SerializeToString(),
    )


class Kit:
    """What the tests build routers from."""

    PNG = PNG
    Check = FakeCheck
    Audit = FakeAudit
    answer_of = staticmethod(answer_of)
    reply_to = staticmethod(reply_to)
    request = staticmethod(request)
    call_for = staticmethod(call_for)

    @staticmethod
    def router(
        audit: FakeAudit | None = None,
        *,
        allow_carried: bool = True,
        views: FakeCheck | None = None,
        metrics: Metrics | None = None,
        **checks: FakeCheck,
    ) -> RouterService:
        """A router with these checks beside it."""
        bench = Bench(Policies.load(), allow_carried=allow_carried)
        reader = AssetReader(Fetcher(limits=Limits()))
        ports = Ports(checks, views, audit)
        return RouterService(reader, bench, ports, (metrics or Metrics()).router)


@pytest.fixture
def kit() -> type[Kit]:
    """The made-up services."""
    return Kit
