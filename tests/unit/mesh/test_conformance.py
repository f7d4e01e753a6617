"""Issues of a glTF document become measurements, and findings by the policy."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gencheck.deadline import Deadline
from gencheck.errors import DecodeFailed
from gencheck.findings import JsonPointer, OutcomeStatus, Severity, Verdict, judged
from gencheck.gltf.log import Issue, Report
from gencheck.gltf.summary import shorten
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh
from gencheck.mesh.conformance import CHECKS, outcomes_of
from gencheck.policy import Policy, Thresholds, grade, judge
from gencheck.policy_file import Policies


def document(**parts: object) -> Mesh:
    text = json.dumps({"asset": {"version": "2.0"}, **parts}).encode()
    mesh = decode(text, Limits(), name="a.gltf")
    assert isinstance(mesh, Mesh)
    return mesh


def test_findings_have_the_khronos_code_the_pointer_and_a_severity_by_policy() -> None:
    nodes = [{"rotation": [0, 0, 0, 0.5], "x": 1}]
    report = check_mesh(document(nodes=nodes), deadline=Deadline())
    findings = grade(report.measurements, Policies.load().get("default"))
    assert [(f.code, f.severity, f.region) for f in findings] == [
        ("ROTATION_NON_UNIT", Severity.MAJOR, JsonPointer("/nodes/0/rotation")),
        ("UNEXPECTED_PROPERTY", Severity.MINOR, JsonPointer("/nodes/0/x")),
        ("NODE_EMPTY", Severity.INFO, JsonPointer("/nodes/0")),
        ("UNUSED_OBJECT", Severity.INFO, JsonPointer("/nodes/0")),
    ]


def test_what_is_for_information_changes_no_verdict_and_hints_are_not_shown() -> None:
    policy = Policies.load().get("default")
    accessor = {"bufferView": 0, "componentType": 5126, "count": 1, "type": "SCALAR"}
    view = {"buffer": 0, "byteLength": 4}
    mesh = {"primitives": [{"attributes": {"_A": 0, "POSITION": 1}}]}
    bounds = {"componentType": 5126, "count": 1, "type": "VEC3", "min": [0] * 3, "max": [0] * 3}
    report = check_mesh(
        document(
            meshes=[mesh],
            accessors=[accessor, bounds],
            bufferViews=[view],
            buffers=[{"byteLength": 4}],
            materials=[{}],
        ),
        deadline=Deadline(),
    )
    hints = [m for m in report.measurements if m.code == "BUFFER_VIEW_TARGET_MISSING"]
    findings = [f for f in grade(report.measurements, policy) if f.check in CHECKS]
    shown = [f for f in findings if f.severity is Severity.INFO]
    assert hints and [f.code for f in shown] == ["UNUSED_OBJECT", "UNUSED_OBJECT"]
    assert judge([judged("mesh")], shown, policy).verdict is Verdict.PASS


def test_a_code_of_its_own_name_goes_before_its_level() -> None:
    report = check_mesh(document(nodes=[{"x": 1}]), deadline=Deadline())
    levels = {"GLTF_WARNING": Thresholds(minor=1), "UNEXPECTED_PROPERTY": Thresholds(critical=2)}
    assert grade(report.measurements, Policy("p", "1", thresholds=levels)) == []


def test_a_document_without_faces_is_judged_by_its_specification_all_the_same() -> None:
    outcomes = {o.check: o for o in check_mesh(document(), deadline=Deadline()).outcomes}
    assert outcomes["mesh.gltf"].status is OutcomeStatus.JUDGED
    assert outcomes["mesh.usd"].reason == "NOT_APPLICABLE"
    assert outcomes["mesh.manifold"].reason == "TOO_SMALL"


def test_of_a_file_that_cannot_be_read_the_error_says_what_is_wrong() -> None:
    primitive = {"attributes": {"POSITION": 7}}
    with pytest.raises(DecodeFailed) as caught:
        document(nodes=[{"mesh": 0}], meshes=[{"primitives": [primitive]}])
    place = "/meshes/0/primitives/0/attributes/POSITION"
    assert caught.value.metadata["issues"] == f"UNRESOLVED_REFERENCE at {place}"
    assert place in caught.value.fix


def test_other_formats_are_not_judged() -> None:
    mesh = Mesh(np.eye(3), np.array([[0, 1, 2]], np.int32), "STL")
    outcomes = {o.check: o for o in check_mesh(mesh, deadline=Deadline()).outcomes}
    assert {outcomes[check].reason for check in CHECKS} == {"NOT_APPLICABLE"}


def test_a_document_too_large_to_check_is_a_gap() -> None:
    for counts in ({}, {"NODE_EMPTY": 1}):
        report = Report(counts=counts, unchecked=("a document of 10 objects",))
        mesh = Mesh(np.eye(3), np.zeros((0, 3), np.int32), "GLB", conformance=report)
        assert [outcome.reason for outcome in outcomes_of(mesh)] == ["UNCERTAIN", "NOT_APPLICABLE"]


def test_files_beside_the_document_are_counted() -> None:
    mesh = document(images=[{"uri": "a.png"}])
    assert mesh.notes["files_not_checked"] == 1


def test_a_report_is_cut_to_what_an_answer_can_carry() -> None:
    long = "/" + "é" * 10_000
    issues = [Issue("NODE_EMPTY", f"/nodes/{i}") for i in range(9)]
    issues += [Issue("TYPE_MISMATCH", long, detail="é" * 120) for _ in range(3)]
    short = shorten(Report(tuple(issues), {"NODE_EMPTY": 9, "TYPE_MISMATCH": 3}))
    assert [issue.code for issue in short.issues] == ["TYPE_MISMATCH"] * 3 + ["NODE_EMPTY"] * 5
    assert all(len(issue.pointer) <= 201 for issue in short.issues)
    assert short.counts["NODE_EMPTY"] == 9
