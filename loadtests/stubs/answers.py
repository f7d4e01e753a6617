"""The answers of made-up services: complete ones, that a router can merge and judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from google.protobuf.message import Message

from gencheck import wire
from gencheck.findings import (
    Finding,
    Measurement,
    Method,
    Outcome,
    OutcomeStatus,
    Severity,
    Verdict,
    judged,
)
from gencheck.policy import judge
from gencheck.policy_file import Policies
from gencheck.v1 import artifact_pb2, bias_pb2, consistency_pb2, mesh_pb2
from loadtests.stubs.behaviour import Behaviour

CHECKS = ("artifact", "consistency", "bias", "mesh")
_CODE = "CLIPPING"  # any published one; only made-up services say it about everything
_METHOD = Method("made up", "1", "loadtests/stubs")
_SEVERITY = {Verdict.REVIEW: Severity.MINOR, Verdict.FAIL: Severity.MAJOR}


@dataclass(frozen=True, slots=True)
class Unary:
    """One unary method."""

    check: str
    name: str
    request: type[Message]
    response: type[Message]


UNARY = (
    Unary(
        "artifact",
        "CheckArtifact",
        artifact_pb2.CheckArtifactRequest,
        artifact_pb2.CheckArtifactResponse,
    ),
    Unary(
        "consistency",
        "CheckConsistency",
        consistency_pb2.CheckConsistencyRequest,
        consistency_pb2.CheckConsistencyResponse,
    ),
    Unary(
        "consistency",
        "CheckViews",
        consistency_pb2.CheckViewsRequest,
        consistency_pb2.CheckViewsResponse,
    ),
    Unary(
        "consistency",
        "ParsePrompt",
        consistency_pb2.ParsePromptRequest,
        consistency_pb2.ParsePromptResponse,
    ),
    Unary("bias", "Audit", bias_pb2.AuditRequest, bias_pb2.AuditResponse),
    Unary("mesh", "CheckMesh", mesh_pb2.CheckMeshRequest, mesh_pb2.CheckMeshResponse),
)
"""``BiasService.AuditImages`` takes a stream and is written out where it is served."""


def service_name(check: str) -> str:
    """The full name of the service of a check."""
    return f"gencheck.v1.{check.capitalize()}Service"


def fields_of(check: str, behaviour: Behaviour) -> dict[str, Any]:
    """What every answer of a check holds, for the constructor of its message."""
    severity = _SEVERITY.get(behaviour.verdict)
    findings = [] if severity is None else [_finding(check, severity)]
    failed = behaviour.verdict is Verdict.INCONCLUSIVE
    error = Outcome(check, OutcomeStatus.ERROR, "MODEL_NOT_READY", "made up to be so", 14, {})
    outcomes = [error if failed else judged(check)]
    filling = Measurement(_CODE, 0.0, check, _METHOD, detail="x" * behaviour.answer_bytes)
    return wire.answer(
        asset="",
        request_id="",
        measurements=[filling],
        findings=findings,
        outcomes=outcomes,
        judgement=judge(outcomes, findings, Policies.load(None).get("")),
    )


def _finding(check: str, severity: Severity) -> Finding:
    return Finding(
        _CODE,
        severity,
        check,
        "made up to be so",
        measured=1.0,
        threshold=0.5,
        unit="",
        method=_METHOD,
        remedy="Ask a real service.",
    )


def template_of(unary: Unary, behaviour: Behaviour) -> Message:
    """What every answer of a method holds; it is built once."""
    if unary.name == "ParsePrompt":
        return unary.response()
    return unary.response(**fields_of(unary.check, behaviour))


def answer_of(template: Message, request: Any) -> Message:
    """The answer to one request: the template with the names that the request has."""
    answer: Any = type(template)()
    answer.CopyFrom(template)
    if hasattr(request, "request_id"):
        answer.request_id = request.request_id
        answer.asset = request.asset.name if hasattr(request, "asset") else request.name
    return cast(Message, answer)
