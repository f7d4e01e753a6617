"""A judge whose answers depend on the bytes alone, for tests of everything around it."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from google.protobuf.message import Message

from gencheck.client import AsyncClient
from gencheck.errors import DecodeFailed, NotFound, Unavailable
from gencheck.findings import (
    Box,
    Finding,
    Judgement,
    Measurement,
    Method,
    ModelUsed,
    Severity,
    SkipReason,
    Timing,
    Verdict,
    judged,
    skipped,
)
from gencheck.v1 import bias_pb2, router_pb2
from gencheck.wire import answer

METHOD = Method("fake", "1", "")


class FakeTransport:
    """Answers like a router.

    The first word of an asset says what happens: ``fail``, ``review``, ``pass``; ``broken`` is not
    decodable, ``down`` always away, and ``kill`` kills this process.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def unary(
        self, method: str, request: Any, answer: type[Any], timeout: float | None
    ) -> Any:
        return self._check(request)

    def _check(self, request: Any) -> router_pb2.CheckResponse:
        self.asked.append(request.asset.name)
        policy = request.policy.name or request.policy_name or "default"
        if policy == "unknown":
            raise NotFound('no policy is called "unknown"', metadata={"policy": policy})
        word = request.asset.inline.decode().split()[0]
        if word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "broken":
            raise DecodeFailed("nothing to decode", where=request.asset.name)
        if word == "down":
            raise Unavailable("the judge is down")
        return response(request.asset.name, word, policy)

    async def upload(
        self, method: str, requests: AsyncIterator[Message], answer: type[Any], timeout: Any
    ) -> Any:
        """An audit: each picture has one person of the category that its bytes end with."""
        counts: dict[tuple[str, str], float] = {}
        async for request in requests:
            picture = getattr(request, "image", None)
            if picture is not None and picture.HasField("asset"):
                key = (picture.prompt, picture.asset.inline.decode("latin-1").split()[-1])
                counts[key] = counts.get(key, 0) + 1
        tables = [
            bias_pb2.CountTable(
                prompt=prompt,
                attribute="colour",
                counts=[bias_pb2.CategoryCount(category=category, count=count)],
            )
            for (prompt, category), count in counts.items()
        ]
        state = bias_pb2.AuditState(tables=tables, images=len(counts))
        return bias_pb2.AuditImagesResponse(audit=bias_pb2.AuditResponse(state=state))

    async def aclose(self) -> None:
        pass


def response(name: str, word: str, policy: str = "default") -> router_pb2.CheckResponse:
    """An answer with a finding (of no PASS), measurements, a gap and a claim."""
    verdict = Verdict(word.upper())
    severity = {"fail": Severity.MAJOR, "review": Severity.MINOR}.get(word)
    blur = Finding(
        code="BLUR",
        severity=severity or Severity.INFO,
        check="artifact.blur",
        message="no sharp detail",
        measured=0.123456,
        threshold=0.1,
        unit="blur ratio 0..1",
        method=METHOD,
        remedy="",
        region=Box(1.00004, 2, 3, 4),
    )
    fields = answer(
        asset=name,
        request_id="",
        measurements=[Measurement("BLUR", 0.123456, "artifact.blur", METHOD)],
        findings=[blur] if severity else [],
        outcomes=[
            judged("artifact"),
            skipped("consistency", SkipReason.MODEL_MISSING, "no model"),
            skipped("mesh", SkipReason.NOT_APPLICABLE, "no mesh"),
        ],
        judgement=Judgement(verdict, ("because",), policy, "1", "ab" * 32),
        models=[ModelUsed("TextReader", "ppocr", "6")],
        timings=[Timing("decode", 0.001)],
    )
    return router_pb2.CheckResponse(**fields)


@asynccontextmanager
async def fake_client() -> AsyncIterator[AsyncClient]:
    """What a worker opens; it pickles by its name."""
    yield AsyncClient(FakeTransport(), timeout=10)
