"""What no answer may be, whatever was asked: the oracle of the fuzzer.

It reads answers afresh, with no code of those that made them: a wrong PASS is one with a finding
that the policy minds, with a measurement over a threshold that became no finding, with a required
check that did not judge, with too little of the prompt judged, or with nothing judged at all.
"""

import datetime as dt
import math
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from gencheck.errors import GencheckError
from gencheck.policy import Policy
from gencheck.policy_file import Policies
from gencheck.v1 import common_pb2 as pb
from gencheck.wire import policy_from

NEVER = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNIMPLEMENTED}
OURS = {"DEADLINE_EXCEEDED", "CANCELLED"}
"""Codes that the client's own gRPC gives, so without details."""
CUT_SHORT = "Internal error from Core"
"""What grpc.aio's client says of itself when it writes to a stream that the server has ended; the
server's own INTERNAL never comes without details."""
_NO_GAP = {"NOT_APPLICABLE", "NOT_REQUESTED"}


def wrong_error(error: grpc.aio.AioRpcError) -> str:
    """What is wrong with a refusal; empty where nothing is."""
    code = error.code()
    if error.details() == CUT_SHORT and not error.trailing_metadata():
        return ""
    if code in NEVER:
        return f"{code.name}: {error.details()}"
    raw = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if raw is None:
        return "" if code.name in OURS else f"{code.name} without details: {error.details()}"
    assert isinstance(raw, bytes)
    infos = []
    for detail in status_pb2.Status.FromString(raw).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            infos.append(info)
    if len(infos) != 1 or not infos[0].reason:
        return f"{code.name} with {len(infos)} ErrorInfo"
    if infos[0].reason == "WORKER_LOST":
        return f"a decoder died: {error.details()}"
    return "" if error.details() else f"{code.name} without a message"


def wrong_answer(request: Message | None, answer: Message, policies: Policies) -> str:
    """What is wrong with an answer; empty where nothing is."""
    for judged in _judged(answer):
        policy = _policy(request, judged, policies)
        if wrong := _wrong_verdict(judged, policy):
            return wrong
    return ""


def _judged(answer: Any) -> list[Any]:
    """The messages with a verdict, in an answer and in its parts."""
    fields = answer.DESCRIPTOR.fields_by_name
    found = [answer] if "verdict" in fields and "outcomes" in fields else []
    for name in ("audit", "check"):
        if name in fields and answer.HasField(name):
            found += _judged(getattr(answer, name))
    return found


def _policy(request: Any, judged: Any, policies: Policies) -> Policy | None:
    """The policy that was asked for, or the one that the answer names; ``None``: unknown here."""
    try:
        fields = request.DESCRIPTOR.fields_by_name if request is not None else {}
        if "policy" in fields and request.HasField("policy"):
            return policy_from(request.policy)
        known = policies.get(judged.policy.name)
    except GencheckError:
        return None
    return known if known.sha256 == judged.policy.sha256 else None


def _wrong_verdict(answer: Any, policy: Policy | None) -> str:
    values = [measurement.value for measurement in answer.measurements]
    if not all(math.isfinite(value) for value in values):
        return "a measurement that is not finite: it compares with no threshold"
    if answer.verdict == pb.VERDICT_UNSPECIFIED or not answer.reasons:
        return "no verdict, or one without a reason"
    if answer.verdict != pb.VERDICT_PASS:
        return ""
    if not any(outcome.WhichOneof("result") == "judged" for outcome in answer.outcomes):
        return "PASS, and nothing was judged"
    return "" if policy is None else _wrong_pass(answer, policy)


def _wrong_pass(answer: Any, policy: Policy) -> str:
    for outcome in answer.outcomes:
        if outcome.check in policy.required and _is_gap(outcome):
            return f"PASS, and {outcome.check} did not judge"
    for finding in answer.findings:
        if finding.severity >= policy.review_at.value and not finding.waived:
            return f"PASS with a finding: {finding.code} {finding.severity}"
    today = dt.datetime.now(dt.UTC).date()
    waived = {waiver.code for waiver in policy.waivers if waiver.until >= today}
    for measurement in answer.measurements:
        limits = policy.thresholds.get(measurement.code)
        reached = limits.severity(measurement.value) if limits else None
        if reached and reached[0] >= policy.review_at and measurement.code not in waived:
            return f"PASS with {measurement.code} at {measurement.value}"
    fields = answer.DESCRIPTOR.fields_by_name
    covered = "coverage" not in fields or not answer.HasField("coverage")
    if covered or answer.coverage >= policy.min_coverage:
        return ""
    return f"PASS with a coverage of {answer.coverage}"


def _is_gap(outcome: pb.Outcome) -> bool:
    match outcome.WhichOneof("result"):
        case "judged":
            return False
        case "skipped":
            return outcome.skipped.reason not in _NO_GAP
    return True
