"""Findings that are shown while a clip is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from gencheck.cli.follow import follow
from gencheck.errors import Unavailable
from gencheck.v1 import artifact_pb2 as pb
from gencheck.v1 import common_pb2


async def parts(
    *given: pb.StreamArtifactResponse,
) -> AsyncGenerator[pb.StreamArtifactResponse, None]:
    for part in given:
        yield part


PROGRESS = pb.StreamArtifactResponse(progress=pb.ArtifactProgress(seconds=12.5))
FINDING = pb.StreamArtifactResponse(
    finding=common_pb2.Finding(
        code="FROZEN", severity=common_pb2.SEVERITY_MAJOR, message="the picture stands still: 2 s"
    )
)


async def test_findings_are_told_with_the_time_and_the_answer_is_returned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    last = pb.StreamArtifactResponse(answer=pb.CheckArtifactResponse(asset="a.mp4"))
    answer = await follow(parts(PROGRESS, FINDING, last), "a.mp4")
    assert answer.asset == "a.mp4"
    told = capsys.readouterr().err
    assert told == "a.mp4 after 12.5 s: MAJOR FROZEN the picture stands still: 2 s\n"


async def test_a_stream_without_an_answer_is_said_to_be_one() -> None:
    with pytest.raises(Unavailable):
        await follow(parts(PROGRESS), "a.mp4")
