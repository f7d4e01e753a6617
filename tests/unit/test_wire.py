"""Dataclass ↔ protobuf."""

import datetime as dt
import json

import pytest

from gencheck import wire
from gencheck.errors import InvalidPolicy
from gencheck.findings import (
    Box,
    Finding,
    JsonPointer,
    Mask,
    MeshElements,
    Method,
    Outcome,
    OutcomeStatus,
    PrimPath,
    Region,
    Severity,
    SkipReason,
    TextSpan,
    TimeSpan,
    Verdict,
    judged,
    skipped,
)
from gencheck.policy import Policy, Thresholds, Waiver
from gencheck.v1 import common_pb2 as pb

BOX = Box(1.0, 2.0, 3.0, 4.0)
REGIONS: list[Region | None] = [
    None,
    BOX,
    Mask(b"\x89PNG", BOX),
    TimeSpan(0.5, 1.5),
    MeshElements("edge", (1, 2), 7, (5,), (0.5, -1.0, 2.0)),
    TextSpan(0, 3, "cat"),
    JsonPointer("/meshes/0"),
    PrimPath("/World/Chair.points"),
]


@pytest.mark.parametrize("region", REGIONS, ids=lambda r: type(r).__name__)
def test_a_finding_survives_the_way_there_and_back(region: Region | None) -> None:
    finding = Finding(
        code="BLUR",
        severity=Severity.MAJOR,
        check="artifact.blur",
        message="no sharp detail",
        measured=0.8,
        threshold=0.7,
        unit="ratio",
        method=Method("m", "1", "r"),
        remedy="sharpen",
        region=region,
        confidence=None,
        waived="",
    )
    message = wire.finding_to(finding)
    assert wire.finding_from(pb.Finding.FromString(message.SerializeToString())) == finding
    assert not message.HasField("confidence")


@pytest.mark.parametrize(
    "outcome",
    [
        judged("artifact"),
        skipped("artifact", SkipReason.TOO_SMALL, "64 px at least"),
        Outcome("mesh", OutcomeStatus.ERROR, "DECODE_FAILED", "broken", 3, {"bytes": "7"}),
    ],
    ids=lambda outcome: outcome.status.name,
)
def test_an_outcome_survives_the_way_there_and_back(outcome: Outcome) -> None:
    assert wire.outcome_from(wire.outcome_to(outcome)) == outcome


def test_a_policy_survives_the_way_there_and_back() -> None:
    policy = Policy(
        "shop",
        "3",
        min_coverage=0.0,
        confidence=0.9,
        required=("mesh",),
        thresholds={"BLUR": Thresholds(None, 0.7, None), "NOISE": Thresholds(info=0.1)},
        weights={"text": 2.0},
        fail_at=Severity.CRITICAL,
        waivers=(Waiver("BLUR", dt.date(2027, 1, 31), "old"),),
    )
    again = wire.policy_from(wire.policy_to(policy))
    assert again == policy
    assert again.sha256 == policy.sha256


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"min_coverage": 2.0},
        {"min_coverage": float("nan")},
        {"confidence": 0.4},
        {"weights": {"poem": 1.0}},
        {"waivers": [pb.Waiver(code="BLUR", until="soon", reason="r")]},
        {"thresholds": {"NOPE": pb.Thresholds(minor=1)}},
        {"thresholds": {"BLUR": pb.Thresholds(minor=2, major=1)}},
        {"thresholds": {"BLUR": pb.Thresholds(info=2, major=1)}},
        {"review_at": pb.SEVERITY_CRITICAL},
    ],
    ids=str,
)
def test_a_carried_policy_is_checked_as_a_file_is(change: dict[str, object]) -> None:
    fields: dict[str, object] = {"name": "p", "version": "1", **change}
    with pytest.raises(InvalidPolicy):
        wire.policy_from(pb.Policy(**fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_verdicts_have_prefixed_names_on_the_wire(verdict: Verdict) -> None:
    number = wire.verdict_to(verdict)
    assert pb.Verdict.Name(number) == f"VERDICT_{verdict.name}"
    assert wire.verdict_from(number) is verdict


def test_json_has_original_names_prefixed_enums_and_fields_without_presence() -> None:
    finding = pb.Finding(code="BLUR", severity=pb.SEVERITY_MAJOR)
    document = json.loads(wire.to_json(finding))
    assert document["severity"] == "SEVERITY_MAJOR"
    assert document["measured"] == 0.0
    assert "confidence" not in document
    assert "\n" not in wire.to_json(finding)
