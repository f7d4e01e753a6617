"""The consistency checker as a gRPC service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gencheck.consistency.check import ClaimResult, ConsistencyReport, check_consistency
from gencheck.consistency.claims import (
    AbsenceClaim,
    ActionClaim,
    AttributeClaim,
    Claim,
    CountClaim,
    ObjectClaim,
    ParsedPrompt,
    RelationClaim,
    SceneClaim,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.parse import parse_prompt
from gencheck.consistency.parse.parsers import GrammarParser, PromptParser
from gencheck.consistency.verify.views import View
from gencheck.deadline import Deadline
from gencheck.errors import UnsupportedMedia
from gencheck.findings import Timing
from gencheck.media.types import Image, Media, Video
from gencheck.policy import Policy
from gencheck.serving.call import Call, Rpc, Service
from gencheck.serving.intake import Intake
from gencheck.serving.verdict import Bench
from gencheck.v1 import consistency_pb2 as pb
from gencheck.v1.common_pb2 import Asset
from gencheck.vision.build import check_roles
from gencheck.vision.roles import Picture, Roles
from gencheck.wire import region_to, span_to


class ConsistencyService:
    """Is it what was asked for?"""

    def __init__(
        self, intake: Intake, bench: Bench, roles: Roles, parser: PromptParser | None = None
    ) -> None:
        self._intake = intake
        self._parser = parser or GrammarParser()
        self._bench = bench
        self._roles = roles

    def service(self) -> Service:
        """What the host offers to callers."""
        rpcs = [
            Rpc(
                "CheckConsistency",
                pb.CheckConsistencyRequest,
                pb.CheckConsistencyResponse,
                self.check_consistency,
            ),
            Rpc("CheckViews", pb.CheckViewsRequest, pb.CheckViewsResponse, self.check_views),
            Rpc("ParsePrompt", pb.ParsePromptRequest, pb.ParsePromptResponse, self.parse_prompt),
        ]
        return Service("gencheck.v1.ConsistencyService", rpcs, self.warm_up)

    async def warm_up(self) -> None:
        """Every role that somebody plays judges its golden input rightly."""
        deadline = Deadline(ahead=True)
        await check_roles(self._roles, deadline=deadline)
        await self._parser.self_check(deadline=deadline)

    async def parse_prompt(
        self, request: pb.ParsePromptRequest, call: Call
    ) -> pb.ParsePromptResponse:
        """The claims of a prompt."""
        return _parsed_to(await self._parser.parse(request.prompt, deadline=call.deadline))

    async def check_consistency(
        self, request: pb.CheckConsistencyRequest, call: Call
    ) -> pb.CheckConsistencyResponse:
        """Decode, judge every claim, grade, judge."""
        policy = self._bench.policy_of(request)
        decoded = await self._intake.decode(request.asset, deadline=call.deadline)
        report = await check_consistency(
            _pictures(decoded.media, decoded.name),
            request.prompt,
            self._roles,
            policy.weights,
            confidence=policy.confidence,
            times=_times(decoded.media),
            parser=self._parser,
            deadline=call.deadline,
        )
        fields = self._answer(report, decoded.name, policy, call, (decoded.timing,))
        return pb.CheckConsistencyResponse(**fields)

    async def check_views(self, request: pb.CheckViewsRequest, call: Call) -> pb.CheckViewsResponse:
        """The same over views of a 3D asset, as far as they can tell."""
        policy = self._bench.policy_of(request)
        decoded = [
            await self._intake.decode(
                Asset(inline=view.png, name=view.name), deadline=call.deadline
            )
            for view in request.views
        ]
        report = await check_consistency(
            [_view(one.media, one.name) for one in decoded],
            request.prompt,
            self._roles,
            policy.weights,
            confidence=policy.confidence,
            views=[View(view.name, coloured=view.coloured) for view in request.views],
            parser=self._parser,
            deadline=call.deadline,
        )
        decoding = Timing("decode", sum(one.timing.seconds for one in decoded))
        fields = self._answer(report, request.name, policy, call, (decoding,))
        return pb.CheckViewsResponse(**fields)

    def _answer(
        self,
        report: ConsistencyReport,
        asset: str,
        policy: Policy,
        call: Call,
        timings: Sequence[Timing],
    ) -> dict[str, Any]:
        answer = self._bench.answer(
            asset=asset,
            request_id=call.request_id,
            policy=policy,
            measurements=report.measurements,
            outcomes=report.outcomes,
            models=report.models,
            timings=(*timings, *report.timings),
            coverage=report.coverage,
        )
        return {
            **answer,
            "claims": [_result_to(result) for result in report.claims],
            "coverage": report.coverage,
            "uncovered": [span_to(span) for span in report.uncovered],
        }


def parse_to_message(prompt: str) -> pb.ParsePromptResponse:
    """The claims of a prompt, without any server. Raises ``InvalidInput``."""
    return _parsed_to(parse_prompt(prompt))


def _parsed_to(parsed: ParsedPrompt) -> pb.ParsePromptResponse:
    return pb.ParsePromptResponse(
        claims=[_claim_to(claim) for claim in parsed.claims],
        uncovered=[span_to(span) for span in parsed.uncovered],
    )


def _pictures(media: Media, name: str) -> list[Picture]:
    match media:
        case Image():
            return [media.pixels]
        case Video():
            return list(media.frames)
    raise UnsupportedMedia("a prompt is checked against pictures and video only", where=name)


def _times(media: Media) -> Sequence[float]:
    return [float(time) for time in media.frame_times] if isinstance(media, Video) else ()


def _view(media: Media, name: str) -> Picture:
    if not isinstance(media, Image):
        raise UnsupportedMedia("a view is a picture", where=name)
    return media.pixels


def _result_to(result: ClaimResult) -> pb.ClaimResult:
    return pb.ClaimResult(
        claim=_claim_to(result.claim),
        status=pb.ClaimStatus.Value(f"CLAIM_STATUS_{result.status.name}"),
        explanation=result.explanation,
        evidence=[message for region in result.evidence if (message := region_to(region))],
        role=result.role,
        probability=result.probability,
        weight=result.weight,
    )


def _claim_to(claim: Claim) -> pb.Claim:
    message = pb.Claim(span=span_to(claim.span))
    match claim.claim:
        case ObjectClaim(name):
            message.object.CopyFrom(pb.ObjectClaim(name=name))
        case CountClaim(name, n, comparator):
            number = pb.Comparator.Value(f"COMPARATOR_{comparator.name}")
            message.count.CopyFrom(pb.CountClaim(name=name, n=n, comparator=number))
        case AttributeClaim(name, kind, value):
            message.attribute.CopyFrom(pb.AttributeClaim(name=name, kind=kind, value=value))
        case RelationClaim(subject, predicate, other):
            relation = pb.RelationClaim(subject=subject, predicate=predicate, object=other)
            message.relation.CopyFrom(relation)
        case ActionClaim(subject, verb, other):
            message.action.CopyFrom(pb.ActionClaim(subject=subject, verb=verb, object=other))
        case TextClaim(text):
            message.text.CopyFrom(pb.TextClaim(text=text))
        case StyleClaim(value):
            message.style.CopyFrom(pb.StyleClaim(value=value))
        case SceneClaim(value):
            message.scene.CopyFrom(pb.SceneClaim(value=value))
        case AbsenceClaim(name):
            message.absence.CopyFrom(pb.AbsenceClaim(name=name))
    return message
