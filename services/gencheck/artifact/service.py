"""The artifact detector as a gRPC service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import TypeAlias

from gencheck import wire
from gencheck.artifact.check import ArtifactReport, Track, check_media
from gencheck.artifact.golden import judge_golden
from gencheck.artifact.looking import Seen, added, look
from gencheck.artifact.streaming import Clips, Progress, Watched
from gencheck.deadline import Deadline
from gencheck.errors import UnsupportedMedia
from gencheck.findings import ModelUsed, Outcome, OutcomeStatus, Timing
from gencheck.hearing.roles import HearingRoles
from gencheck.inference.players import check_players
from gencheck.media.types import Media, MediaKind, Mesh
from gencheck.policy import Policy, grade
from gencheck.render.png import encode_png
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.intake import Intake
from gencheck.serving.status import code_of
from gencheck.serving.verdict import Bench
from gencheck.serving.work import CpuPool
from gencheck.v1 import artifact_pb2 as pb
from gencheck.vision.roles import Roles

_Joined: TypeAlias = tuple[ArtifactReport, list[ModelUsed]]
"""What was measured, and the models that had a say."""


class ArtifactService:
    """Is it broken? Pictures, video and sound."""

    def __init__(
        self, intake: Intake, bench: Bench, cpu: CpuPool, roles: Roles, hearing: HearingRoles
    ) -> None:
        self._intake = intake
        self._bench = bench
        self._cpu = cpu
        self._clips = Clips(cpu)
        self._roles = roles
        self._hearing = hearing

    def service(self) -> Service:
        """What the host offers to callers."""
        rpcs = [
            Rpc(
                "CheckArtifact",
                pb.CheckArtifactRequest,
                pb.CheckArtifactResponse,
                self.check_artifact,
            ),
            Rpc(
                "StreamArtifact",
                pb.StreamArtifactRequest,
                pb.StreamArtifactResponse,
                self.stream_artifact,
                "server_stream",
            ),
        ]
        return Service("gencheck.v1.ArtifactService", rpcs, self.warm_up)

    async def warm_up(self) -> None:
        """Judge golden media rightly, and let every model do so, or raise ``ModelNotReady``."""
        await asyncio.to_thread(judge_golden, deadline=Deadline())
        for roles in (self._roles, self._hearing):
            await check_players(roles, deadline=Deadline(ahead=True))

    async def check_artifact(
        self, request: pb.CheckArtifactRequest, call: Call
    ) -> pb.CheckArtifactResponse:
        """Decode, measure, grade, judge."""
        policy = self._bench.policy_of(request)
        encoded = await self._intake.read(request.asset, deadline=call.deadline)
        if encoded.kind is MediaKind.VIDEO:
            parts = self._intake.stream(encoded, deadline=call.deadline, long=False)
            watched = await self._clips.check(
                parts, reading=encoded.seconds, deadline=call.deadline
            )
            return await self._watched(encoded.name, call, policy, watched)
        decoded = await self._intake.decode_read(encoded, deadline=call.deadline)
        if isinstance(decoded.media, Mesh):
            raise UnsupportedMedia(
                "artifacts are looked for in pictures, video and sound, this is a mesh",
                where=decoded.name,
                fix="Ask the mesh checker.",
            )
        joined = await self._report(
            decoded.media, want_heat_map=request.want_heat_map, deadline=call.deadline
        )
        return self._answer(decoded.name, call, policy, joined, decoded.timing)

    async def stream_artifact(
        self, request: pb.StreamArtifactRequest, call: Call
    ) -> AsyncGenerator[pb.StreamArtifactResponse, None]:
        """What is found while a clip is read, and at last what ``check_artifact`` says."""
        check = request.check
        policy = self._bench.policy_of(check)
        encoded = await self._intake.read(check.asset, deadline=call.deadline)
        if encoded.kind not in (MediaKind.VIDEO, MediaKind.AUDIO):
            yield pb.StreamArtifactResponse(answer=await self.check_artifact(check, call))
            return
        parts = self._intake.stream(encoded, deadline=call.deadline, long=True)
        events = self._clips.watch(parts, reading=encoded.seconds, deadline=call.deadline)
        async with aclosing(events):
            async for event in events:
                match event:
                    case Watched():
                        answer = await self._watched(encoded.name, call, policy, event)
                        yield pb.StreamArtifactResponse(answer=answer)
                    case Progress():
                        for message in _told(event, policy):
                            yield message

    async def _watched(
        self, name: str, call: Call, policy: Policy, watched: Watched
    ) -> pb.CheckArtifactResponse:
        """The answer about a clip that has gone by; models look at what is kept of it."""
        seen = await look(watched.glimpses, self._roles, self._hearing, deadline=call.deadline)
        joined = await _joined(watched.report, seen)
        return self._answer(name, call, policy, joined, watched.timing)

    def _answer(
        self, name: str, call: Call, policy: Policy, joined: _Joined, decoding: Timing
    ) -> pb.CheckArtifactResponse:
        report, models = joined
        return pb.CheckArtifactResponse(
            **self._bench.answer(
                asset=name,
                request_id=call.request_id,
                policy=policy,
                measurements=report.measurements,
                outcomes=report.outcomes,
                models=models,
                timings=(decoding, *report.timings),
            ),
            heat_map=b"" if report.heat_map is None else encode_png(report.heat_map),
            timeline=[_track_to(track) for track in report.timeline],
        )

    async def _report(self, media: Media, *, want_heat_map: bool, deadline: Deadline) -> _Joined:
        """Signals and models at once, and the models that had a say."""
        looking = asyncio.create_task(look(media, self._roles, self._hearing, deadline=deadline))
        try:
            report = await self._cpu.run(_measure, media, want_heat_map, deadline=deadline)
            seen = await looking
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        return await _joined(report, seen)


async def _joined(report: ArtifactReport, seen: Sequence[Seen]) -> _Joined:
    """The report with what models say, and which they are."""
    failed = [_failed(one) for one in seen if one.failure is not None]
    models = dict.fromkeys(model for one in seen for model in one.models)
    return await asyncio.to_thread(added, report, seen, failed), list(models)


def _told(progress: Progress, policy: Policy) -> Iterator[pb.StreamArtifactResponse]:
    """What a stream says of progress: the findings first, then how far it is."""
    for finding in grade(progress.found, policy):
        yield pb.StreamArtifactResponse(finding=wire.finding_to(finding))
    yield pb.StreamArtifactResponse(
        progress=pb.ArtifactProgress(seconds=progress.seconds, total_seconds=progress.total)
    )


def _failed(seen: Seen) -> Outcome:
    error = seen.failure
    assert error is not None
    return Outcome(
        seen.check, OutcomeStatus.ERROR, error.reason, str(error), code_of(error), error.metadata
    )


def _measure(media: Media, want_heat_map: bool, *, deadline: Deadline) -> ArtifactReport:
    return check_media(media, deadline=deadline, want_heat_map=want_heat_map)


def _track_to(track: Track) -> pb.Track:
    return pb.Track(
        check=track.check,
        name=track.name,
        unit=track.unit,
        start=track.start,
        step=track.step,
        values=track.values,
    )
