"""One response from the responses of all parts."""

from typing import Any

from gencheck import wire
from gencheck.errors import Unavailable
from gencheck.findings import (
    Finding,
    Method,
    Outcome,
    OutcomeStatus,
    Severity,
    SkipReason,
    Verdict,
    skipped,
)
from gencheck.policy import Policy
from gencheck.router.merge import Part, merge
from gencheck.v1 import artifact_pb2, common_pb2, consistency_pb2, mesh_pb2, router_pb2

POLICY = Policy("house", "1")
ID = "00000000-0000-4000-8000-000000000000"


def finding(code: str, severity: Severity, check: str) -> Finding:
    method = Method("m", "1", "")
    return Finding(code, severity, check, f"{code} found", 2.0, 1.0, "u", method, "")


def merged(*parts: Part, left_out: tuple[Outcome, ...] = ()) -> router_pb2.CheckResponse:
    return merge(parts, left_out, POLICY, asset="a", request_id=ID)


def test_findings_of_all_parts_come_worst_first_and_decide(kit: Any) -> None:
    mild = finding("NOISE", Severity.MINOR, "artifact.noise")
    bad = finding("CLAIM_CONTRADICTED", Severity.MAJOR, "consistency.text")
    answer = merged(
        Part("artifact", 0.1, answer=kit.answer_of("artifact", findings=(mild,))),
        Part("consistency", 0.2, answer=kit.answer_of("consistency", findings=(bad,))),
    )
    assert [f.code for f in answer.findings] == ["CLAIM_CONTRADICTED", "NOISE"]
    assert wire.verdict_from(answer.verdict) is Verdict.FAIL
    assert answer.reasons == ["MAJOR CLAIM_CONTRADICTED: CLAIM_CONTRADICTED found"]


def test_a_failing_part_wins_over_a_missing_one_and_both_are_told(kit: Any) -> None:
    bad = finding("BLUR", Severity.MAJOR, "artifact.blur")
    answer = merged(
        Part("artifact", 0.1, answer=kit.answer_of("artifact", findings=(bad,))),
        Part("consistency", 0.2, error=Unavailable("down")),
    )
    assert wire.verdict_from(answer.verdict) is Verdict.FAIL
    assert any("down" in reason for reason in answer.reasons)


def test_coverage_below_the_policys_leaves_it_open(kit: Any) -> None:
    part = kit.answer_of("consistency")
    part.coverage = 0.25
    answer = merged(Part("consistency", 0.2, answer=part))
    assert answer.coverage == 0.25
    assert wire.verdict_from(answer.verdict) is Verdict.INCONCLUSIVE


def test_what_was_left_out_stands_among_the_outcomes(kit: Any) -> None:
    answer = merged(
        Part("artifact", 0.1, answer=kit.answer_of("artifact")),
        left_out=(skipped("consistency", SkipReason.NOT_REQUESTED, "no prompt was given"),),
    )
    assert [(o.check, o.status) for o in map(wire.outcome_from, answer.outcomes)] == [
        ("artifact", OutcomeStatus.JUDGED),
        ("consistency", OutcomeStatus.SKIPPED),
    ]
    assert wire.verdict_from(answer.verdict) is Verdict.PASS


def test_every_timing_says_whose_it_is(kit: Any) -> None:
    part = kit.answer_of("artifact")
    part.timings.add(stage="decode", seconds=1)
    part.timings.add(stage="artifact.blur", seconds=2)
    answer = merged(Part("artifact", 3.0, answer=part))
    stages = {t.stage: t.seconds for t in answer.timings}
    assert stages == {"artifact.decode": 1, "artifact.blur": 2, "artifact": 3}


def test_nobody_judged_is_no_pass() -> None:
    answer = merged(left_out=(skipped("artifact", SkipReason.NOT_REQUESTED, ""),))
    assert wire.verdict_from(answer.verdict) is Verdict.INCONCLUSIVE


def test_the_answer_of_each_service_reads_as_the_routers_own() -> None:
    """Field numbers are shared: what a service adds arrives under the same name."""
    artifact = artifact_pb2.CheckArtifactResponse(asset="a", heat_map=b"png")
    artifact.timeline.add(name="level", values=[1.0])
    consistency = consistency_pb2.CheckConsistencyResponse(coverage=0.5)
    consistency.claims.add(explanation="why")
    consistency.uncovered.add(text="word")
    mesh = mesh_pb2.CheckMeshResponse()
    mesh.statistics.raw.faces = 12
    mesh.views.add(name="front", png=b"png")
    for part in (artifact, consistency, mesh):
        read = router_pb2.CheckResponse.FromString(part.SerializeToString())
        for field, value in part.ListFields():
            assert getattr(read, field.name) == value


def test_shared_fields_have_the_same_numbers_in_all_messages() -> None:
    whole = router_pb2.CheckResponse.DESCRIPTOR
    asked = router_pb2.CheckRequest.DESCRIPTOR
    for part, of in (
        (artifact_pb2.CheckArtifactResponse, whole),
        (consistency_pb2.CheckConsistencyResponse, whole),
        (consistency_pb2.CheckViewsResponse, whole),
        (mesh_pb2.CheckMeshResponse, whole),
        (artifact_pb2.CheckArtifactRequest, asked),
        (consistency_pb2.CheckConsistencyRequest, asked),
        (mesh_pb2.CheckMeshRequest, asked),
    ):
        for field in part.DESCRIPTOR.fields:
            if field.number >= 32:  # between the router and a service
                assert field.number not in of.fields_by_number
                continue
            twin = of.fields_by_name[field.name]
            assert (twin.number, twin.type) == (field.number, field.type)


def test_the_policy_used_is_the_routers(kit: Any) -> None:
    answer = merged(Part("artifact", 0.1, answer=kit.answer_of("artifact")))
    expected = common_pb2.PolicyUsed(name="house", version="1", sha256=POLICY.sha256)
    assert answer.policy == expected
    assert answer.request_id == ID
