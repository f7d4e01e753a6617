"""Dataclass ↔ protobuf for what all services share; ``--json`` and the report go through it too.

What only one service knows is converted in that service's ``service.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from gencheck.codes import describe
from gencheck.errors import InvalidPolicy
from gencheck.findings import (
    Box,
    Finding,
    JsonPointer,
    Judgement,
    Mask,
    Measurement,
    MeshElements,
    Method,
    ModelUsed,
    Outcome,
    OutcomeStatus,
    PrimPath,
    Region,
    Severity,
    TextSpan,
    TimeSpan,
    Timing,
    Verdict,
    judged,
)
from gencheck.policy import CONFIDENCE, Policy, Thresholds, Waiver, check_policy
from gencheck.v1 import common_pb2 as pb

ERROR_DOMAIN = "gencheck"
_ELEMENT_KINDS = {
    "face": pb.MESH_ELEMENT_KIND_FACE,
    "edge": pb.MESH_ELEMENT_KIND_EDGE,
    "vertex": pb.MESH_ELEMENT_KIND_VERTEX,
    "component": pb.MESH_ELEMENT_KIND_COMPONENT,
    "loop": pb.MESH_ELEMENT_KIND_LOOP,
}
_ELEMENT_NAMES = {number: name for name, number in _ELEMENT_KINDS.items()}


def to_json(message: Message) -> str:
    """One line of JSON: original field names, prefixed enums, every field without presence."""
    return json_format.MessageToJson(
        message,
        always_print_fields_with_no_presence=True,
        preserving_proto_field_name=True,
        indent=None,
        ensure_ascii=False,
    )


def answer(
    *,
    asset: str,
    request_id: str,
    measurements: Sequence[Measurement],
    findings: Sequence[Finding],
    outcomes: Sequence[Outcome],
    judgement: Judgement,
    models: Sequence[ModelUsed] = (),
    timings: Sequence[Timing] = (),
) -> dict[str, Any]:
    """The fields that every response has, ready for its constructor."""
    return {
        "asset": asset,
        "request_id": request_id,
        "verdict": verdict_to(judgement.verdict),
        "reasons": judgement.reasons,
        "findings": [finding_to(finding) for finding in findings],
        "measurements": [measurement_to(measurement) for measurement in measurements],
        "outcomes": [outcome_to(outcome) for outcome in outcomes],
        "policy": pb.PolicyUsed(
            name=judgement.policy_name,
            version=judgement.policy_version,
            sha256=judgement.policy_sha256,
        ),
        "models": [
            pb.ModelUsed(role=model.role, name=model.name, version=model.version)
            for model in models
        ],
        "timings": [pb.Timing(stage=timing.stage, seconds=timing.seconds) for timing in timings],
    }


def verdict_to(verdict: Verdict) -> pb.Verdict.ValueType:
    """The enum of the wire."""
    return pb.Verdict.Value(f"VERDICT_{verdict.value}")


def verdict_from(number: pb.Verdict.ValueType) -> Verdict:
    """The enum of the domain; unset reads as INCONCLUSIVE."""
    if number == pb.VERDICT_UNSPECIFIED:
        return Verdict.INCONCLUSIVE
    return Verdict(pb.Verdict.Name(number).removeprefix("VERDICT_"))


def severity_to(severity: Severity) -> pb.Severity.ValueType:
    """The enum of the wire."""
    return pb.Severity.Value(f"SEVERITY_{severity.name}")


def severity_from(number: pb.Severity.ValueType, default: Severity) -> Severity:
    """The enum of the domain; the default where unset."""
    if number == pb.SEVERITY_UNSPECIFIED:
        return default
    return Severity[pb.Severity.Name(number).removeprefix("SEVERITY_")]


def box_to(box: Box) -> pb.Box:
    """A rectangle."""
    return pb.Box(x=box.x, y=box.y, width=box.width, height=box.height)


def span_to(span: TextSpan) -> pb.TextSpan:
    """Characters of the prompt."""
    return pb.TextSpan(start=span.start, end=span.end, text=span.text)


def region_to(region: Region | None) -> pb.Region | None:
    """Where a finding is; ``None`` stays ``None``."""
    match region:
        case None:
            return None
        case Box():
            return pb.Region(box=box_to(region))
        case Mask():
            return pb.Region(mask=pb.Mask(png=region.png, box=box_to(region.box)))
        case TimeSpan():
            return pb.Region(time_span=pb.TimeSpan(start=region.start, end=region.end))
        case MeshElements():
            return pb.Region(
                mesh_elements=pb.MeshElements(
                    kind=_ELEMENT_KINDS[region.kind],
                    indices=region.indices,
                    total=region.total,
                    faces=region.faces,
                    position=region.position,
                )
            )
        case TextSpan():
            return pb.Region(text_span=span_to(region))
        case JsonPointer():
            return pb.Region(json_pointer=region.pointer)
        case PrimPath():
            return pb.Region(prim_path=region.path)


def region_from(message: pb.Region) -> Region | None:
    """Where a finding is; ``None`` where the message names no place."""
    match message.WhichOneof("place"):
        case "box":
            return _box_from(message.box)
        case "mask":
            return Mask(message.mask.png, _box_from(message.mask.box))
        case "time_span":
            return TimeSpan(message.time_span.start, message.time_span.end)
        case "mesh_elements":
            elements = message.mesh_elements
            return MeshElements(
                _ELEMENT_NAMES.get(elements.kind, "face"),
                tuple(elements.indices),
                elements.total,
                tuple(elements.faces),
                tuple(elements.position),
            )
        case "text_span":
            return TextSpan(message.text_span.start, message.text_span.end, message.text_span.text)
        case "json_pointer":
            return JsonPointer(message.json_pointer)
        case "prim_path":
            return PrimPath(message.prim_path)
    return None


def _box_from(box: pb.Box) -> Box:
    return Box(box.x, box.y, box.width, box.height)


def method_to(method: Method) -> pb.Method:
    """How a value was obtained."""
    return pb.Method(name=method.name, version=method.version, reference=method.reference)


def measurement_to(measurement: Measurement) -> pb.Measurement:
    """A measured value with its unit."""
    return pb.Measurement(
        code=measurement.code,
        value=measurement.value,
        unit=describe(measurement.code).unit,
        check=measurement.check,
        method=method_to(measurement.method),
        region=region_to(measurement.region),
        detail=measurement.detail,
        confidence=measurement.confidence,
    )


def finding_to(finding: Finding) -> pb.Finding:
    """A measurement that the policy minds."""
    return pb.Finding(
        code=finding.code,
        severity=severity_to(finding.severity),
        check=finding.check,
        message=finding.message,
        region=region_to(finding.region),
        measured=finding.measured,
        threshold=finding.threshold,
        unit=finding.unit,
        method=method_to(finding.method),
        remedy=finding.remedy,
        confidence=finding.confidence,
        waived=finding.waived,
    )


def finding_from(message: pb.Finding) -> Finding:
    """A finding of another service."""
    return Finding(
        code=message.code,
        severity=severity_from(message.severity, Severity.INFO),
        check=message.check,
        message=message.message,
        measured=message.measured,
        threshold=message.threshold,
        unit=message.unit,
        method=Method(message.method.name, message.method.version, message.method.reference),
        remedy=message.remedy,
        region=region_from(message.region),
        confidence=message.confidence if message.HasField("confidence") else None,
        waived=message.waived,
    )


def outcome_to(outcome: Outcome) -> pb.Outcome:
    """What became of a check; an error carries exactly one ErrorInfo."""
    match outcome.status:
        case OutcomeStatus.JUDGED:
            return pb.Outcome(check=outcome.check, judged=pb.Judged())
        case OutcomeStatus.SKIPPED:
            skip = pb.Skip(reason=outcome.reason, message=outcome.message)
            return pb.Outcome(check=outcome.check, skipped=skip)
        case OutcomeStatus.ERROR:
            status = status_pb2.Status(code=outcome.grpc_code, message=outcome.message)
            info = error_details_pb2.ErrorInfo(
                reason=outcome.reason, domain=ERROR_DOMAIN, metadata=dict(outcome.metadata)
            )
            status.details.add().Pack(info)
            return pb.Outcome(check=outcome.check, error=status)


def outcome_from(message: pb.Outcome) -> Outcome:
    """What became of a check of another service."""
    match message.WhichOneof("result"):
        case "judged":
            return judged(message.check)
        case "skipped":
            skip = message.skipped
            return Outcome(message.check, OutcomeStatus.SKIPPED, skip.reason, skip.message)
    info = error_info(message.error)
    return Outcome(
        message.check,
        OutcomeStatus.ERROR,
        info.reason or "INTERNAL",
        message.error.message,
        message.error.code,
        dict(info.metadata),
    )


def error_info(status: status_pb2.Status) -> error_details_pb2.ErrorInfo:
    """The ErrorInfo of a status; an empty one where it has none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            break
    return info


def policy_to(policy: Policy) -> pb.Policy:
    """A policy to carry along in a request."""
    message = pb.Policy(
        name=policy.name,
        version=policy.version,
        min_coverage=policy.min_coverage,
        confidence=policy.confidence,
        ask=policy.ask,
        required=policy.required,
        weights=dict(policy.weights),
        fail_at=severity_to(policy.fail_at),
        review_at=severity_to(policy.review_at),
        waivers=[
            pb.Waiver(code=w.code, until=w.until.isoformat(), reason=w.reason)
            for w in policy.waivers
        ],
    )
    for code, limits in policy.thresholds.items():
        message.thresholds[code].CopyFrom(
            pb.Thresholds(
                minor=limits.minor,
                major=limits.major,
                critical=limits.critical,
                info=limits.info,
            )
        )
    return message


def policy_from(message: pb.Policy) -> Policy:
    """A policy that a request carries. Raises ``InvalidPolicy`` with the key.

    ``required`` is taken as it stands: a policy that requires nothing says so by an empty list.
    """
    policy = Policy(
        name=message.name,
        version=message.version,
        min_coverage=message.min_coverage if message.HasField("min_coverage") else 0.5,
        confidence=message.confidence if message.HasField("confidence") else CONFIDENCE,
        ask=tuple(message.ask),
        required=tuple(message.required),
        thresholds={code: _thresholds_from(limits) for code, limits in message.thresholds.items()},
        weights=dict(message.weights),
        fail_at=severity_from(message.fail_at, Severity.MAJOR),
        review_at=severity_from(message.review_at, Severity.MINOR),
        waivers=tuple(_waiver_from(waiver) for waiver in message.waivers),
    )
    check_policy(policy, where="policy")
    return policy


def _thresholds_from(limits: pb.Thresholds) -> Thresholds:
    return Thresholds(
        minor=limits.minor if limits.HasField("minor") else None,
        major=limits.major if limits.HasField("major") else None,
        critical=limits.critical if limits.HasField("critical") else None,
        info=limits.info if limits.HasField("info") else None,
    )


def _waiver_from(waiver: pb.Waiver) -> Waiver:
    try:
        until = dt.date.fromisoformat(waiver.until)
    except ValueError:
        raise InvalidPolicy(
            "waivers.until: must be a day such as 2027-01-31", where="policy"
        ) from None
    return Waiver(waiver.code, until, waiver.reason)
