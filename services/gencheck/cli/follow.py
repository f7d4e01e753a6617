"""``gencheck artifact --stream``: findings of a clip are shown while it is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from gencheck.cli import show
from gencheck.errors import Unavailable
from gencheck.findings import Severity
from gencheck.v1 import artifact_pb2 as pb
from gencheck.wire import finding_from


async def follow(
    parts: AsyncGenerator[pb.StreamArtifactResponse, None], name: str
) -> pb.CheckArtifactResponse:
    """The answer at the end of a stream; on the way its findings go to standard error.

    Raises:
        Unavailable: the stream ended without an answer.
    """
    seconds = 0.0
    async with aclosing(parts):
        async for part in parts:
            match part.WhichOneof("part"):
                case "answer":
                    return part.answer
                case "progress":
                    seconds = part.progress.seconds
                case "finding":
                    show.note(_line(part, name, seconds))
    raise Unavailable("the stream ended without an answer", where=name, fix="Try again.")


def _line(part: pb.StreamArtifactResponse, name: str, seconds: float) -> str:
    finding = finding_from(part.finding)
    severity = Severity(finding.severity).name
    return f"{name} after {seconds:.1f} s: {severity} {finding.code} {finding.message}"
