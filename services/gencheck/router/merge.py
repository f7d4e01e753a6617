"""From the answers of the services to one answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gencheck import wire
from gencheck.errors import GencheckError
from gencheck.findings import Outcome, OutcomeStatus, SkipReason, Verdict, skipped
from gencheck.policy import Policy, judge
from gencheck.serving.status import code_of, to_status
from gencheck.v1 import common_pb2
from gencheck.v1 import router_pb2 as pb


@dataclass(frozen=True, slots=True)
class Part:
    """What became of asking one service: an answer, an error, or neither where it was called off.

    Attributes:
        seconds: wall clock of the question.
        attempts: how often the service was asked; 0: not at all.
    """

    check: str
    seconds: float
    answer: pb.CheckResponse | None = None
    error: GencheckError | None = None
    target: str = ""
    attempts: int = 1

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of a service that did not answer; ``None`` where it did."""
        if self.answer is not None:
            return None
        if self.error is None:
            return _not_needed(self.check)
        return Outcome(
            self.check,
            OutcomeStatus.ERROR,
            self.error.reason,
            str(self.error),
            code_of(self.error),
            self.error.metadata,
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
            _name_stages(part.check, part.answer.timings)
            merged.MergeFrom(part.answer)
        merged.timings.add(stage=part.check, seconds=part.seconds)
        _add_part(merged, part)
    outcomes = [wire.outcome_from(outcome) for outcome in merged.outcomes]
    missing = [outcome for part in parts if (outcome := part.outcome) is not None]
    merged.outcomes.extend(_outcome_to(part) for part in parts if part.answer is None)
    merged.outcomes.extend(wire.outcome_to(outcome) for outcome in left_out)
    merged.findings.sort(key=lambda finding: -finding.severity)
    judgement = judge(
        [*outcomes, *missing, *left_out],
        [wire.finding_from(finding) for finding in merged.findings],
        policy,
        coverage=merged.coverage if merged.HasField("coverage") else None,
    )
    merged.verdict = wire.verdict_to(judgement.verdict)
    merged.reasons[:] = judgement.reasons
    merged.asset = asset
    merged.request_id = request_id
    merged.policy.name = policy.name
    merged.policy.version = policy.version
    merged.policy.sha256 = policy.sha256
    return merged


def _not_needed(check: str) -> Outcome:
    return skipped(check, SkipReason.NOT_NEEDED, "the verdict was FAIL already")


def _outcome_to(part: Part) -> common_pb2.Outcome:
    """The outcome of a service that did not answer, with all that its error says."""
    if part.error is None:
        return wire.outcome_to(_not_needed(part.check))
    return common_pb2.Outcome(check=part.check, error=to_status(part.error))


def fails(part: Part, policy: Policy) -> bool:
    """Whether what a part found makes the verdict FAIL, whatever the others say."""
    if part.answer is None:
        return False
    findings = [wire.finding_from(finding) for finding in part.answer.findings]
    return judge((), findings, policy).verdict is Verdict.FAIL


def _add_part(merged: pb.CheckResponse, part: Part) -> None:
    told = merged.parts.add(
        check=part.check, target=part.target, seconds=part.seconds, attempts=part.attempts
    )
    if part.error is not None:
        told.error.CopyFrom(to_status(part.error))


def _name_stages(check: str, timings: Iterable[common_pb2.Timing]) -> None:
    for timing in timings:
        if not timing.stage.startswith(f"{check}."):
            timing.stage = f"{check}.{timing.stage}"
