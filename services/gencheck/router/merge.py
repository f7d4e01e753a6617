"""From the answers of the services to one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from gencheck import wire
from gencheck.errors import GencheckError, ModelError
from gencheck.findings import Outcome, OutcomeStatus
from gencheck.policy import Policy, judge
from gencheck.serving.status import code_of
from gencheck.v1 import common_pb2
from gencheck.v1 import router_pb2 as pb


@dataclass(frozen=True, slots=True)
class Part:
    """What became of asking one service, and how long that took in seconds."""

    check: str
    seconds: float
    answer: pb.CheckResponse | None = None
    error: GencheckError | None = None


def read_answer(check: str, data: bytes) -> pb.CheckResponse:
    """A service's response, read as the router's own: field numbers are shared."""
    try:
        return pb.CheckResponse.FromString(data)
    except DecodeError:
        raise ModelError(f"the {check} service sent an answer that cannot be read") from None


def outcome_of(part: Part) -> Outcome | None:
    """The outcome of a service that did not answer; ``None`` where it did."""
    if part.error is None:
        return None
    return Outcome(
        part.check,
        OutcomeStatus.ERROR,
        part.error.reason,
        str(part.error),
        code_of(part.error),
        part.error.metadata,
    )


def merge(
    parts: Sequence[Part],
    left_out: Sequence[Outcome],
    policy: Policy,
    *,
    asset: str,
    request_id: str,
) -> pb.CheckResponse:
    """One response: everything that the parts say, and a verdict over all of it."""
    merged = pb.CheckResponse()
    for part in parts:
        if part.answer is not None:
            merged.MergeFrom(_named_stages(part.check, part.answer))
        merged.timings.add(stage=part.check, seconds=part.seconds)
    missing = [outcome for part in parts if (outcome := outcome_of(part)) is not None]
    merged.outcomes.extend(wire.outcome_to(outcome) for outcome in (*missing, *left_out))
    merged.findings.sort(key=lambda finding: -finding.severity)
    judgement = judge(
        [wire.outcome_from(outcome) for outcome in merged.outcomes],
        [wire.finding_from(finding) for finding in merged.findings],
        policy,
        coverage=merged.coverage if merged.HasField("coverage") else None,
    )
    merged.verdict = wire.verdict_to(judgement.verdict)
    del merged.reasons[:]
    merged.reasons.extend(judgement.reasons)
    merged.asset = asset
    merged.request_id = request_id
    merged.policy.CopyFrom(
        common_pb2.PolicyUsed(name=policy.name, version=policy.version, sha256=policy.sha256)
    )
    return merged


def _named_stages(check: str, answer: pb.CheckResponse) -> pb.CheckResponse:
    for timing in answer.timings:
        if not timing.stage.startswith(f"{check}."):
            timing.stage = f"{check}.{timing.stage}"
    return answer
