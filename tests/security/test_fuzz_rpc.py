"""A slice of the fuzzer with a fixed seed, and its rules held against wrong answers."""

import fuzz_rpc
import grpc
import pytest
import rpc_rules

from gencheck.policy_file import Policies
from gencheck.v1 import artifact_pb2, common_pb2, consistency_pb2

POLICIES = Policies.load()
Answer = artifact_pb2.CheckArtifactResponse


@pytest.mark.timeout(400)
def test_no_message_gets_an_answer_that_must_not_be() -> None:
    tally = fuzz_rpc.fuzz(400, 120, 1)
    assert tally.wrong == []
    assert tally.mistakes == 0
    assert tally.messages >= 400
    assert len(tally.codes) == len(fuzz_rpc.methods()), "every method was called"
    assert sum(codes["OK"] for codes in tally.codes.values()) > 20, "some requests are right"


def passing(**fields: object) -> Answer:
    """An answer with nothing wrong about it, but for the fields."""
    policy = POLICIES.get("")
    right = Answer(
        verdict=common_pb2.VERDICT_PASS,
        reasons=["every required check judged"],
        outcomes=[common_pb2.Outcome(check="artifact", judged={})],
        policy={"name": policy.name, "version": policy.version, "sha256": policy.sha256},
    )
    right.MergeFrom(Answer(**fields))
    return right


def test_a_right_answer_is_right() -> None:
    assert rpc_rules.wrong_answer(None, passing(), POLICIES) == ""


def test_a_wrong_pass_is_found() -> None:
    policy = POLICIES.get("")
    code, limits = next((c, t) for c, t in policy.thresholds.items() if t.critical is not None)
    over = common_pb2.Measurement(code=code, value=limits.critical)
    finding = common_pb2.Finding(code=code, severity=common_pb2.SEVERITY_CRITICAL)
    failed = common_pb2.Outcome(check="mesh", error={"code": 14, "message": "away"})
    missing = common_pb2.Outcome(check="mesh", skipped={"reason": "MODEL_MISSING"})
    for wrong in (
        passing(measurements=[over]),
        passing(findings=[finding]),
        passing(outcomes=[failed]),
        passing(outcomes=[missing]),
        passing(measurements=[{"code": "X", "value": float("nan")}]),
    ):
        assert rpc_rules.wrong_answer(None, wrong, POLICIES)
    nothing = passing()
    del nothing.outcomes[:]
    assert "nothing was judged" in rpc_rules.wrong_answer(None, nothing, POLICIES)
    covered = consistency_pb2.CheckConsistencyResponse.FromString(passing().SerializeToString())
    covered.coverage = 0.1
    assert "coverage" in rpc_rules.wrong_answer(None, covered, POLICIES)


@pytest.mark.parametrize(
    ("code", "trailers", "wrong"),
    [
        (grpc.StatusCode.INTERNAL, (), True),
        (grpc.StatusCode.UNKNOWN, (), True),
        (grpc.StatusCode.INVALID_ARGUMENT, (), True),
        (grpc.StatusCode.DEADLINE_EXCEEDED, (), False),
    ],
)
def test_a_wrong_refusal_is_found(code: grpc.StatusCode, trailers: tuple, wrong: bool) -> None:
    error = grpc.aio.AioRpcError(
        code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailers), details="x"
    )
    assert bool(rpc_rules.wrong_error(error)) is wrong
