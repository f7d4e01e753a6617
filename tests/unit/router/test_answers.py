"""What a service sends counts only where it stands for something."""

from collections.abc import Callable
from typing import Any

import pytest

from gencheck.errors import ModelError
from gencheck.findings import judged
from gencheck.router.answers import Expected, read_answer
from gencheck.v1 import artifact_pb2, bias_pb2, common_pb2
from gencheck.v1 import router_pb2 as pb

EXPECTED = Expected("cat.png", "an-id", "abc")


def good(kit: Any) -> pb.CheckResponse:
    answer: pb.CheckResponse = kit.answer_of(
        "artifact",
        outcomes=(judged("artifact"), judged("artifact.blur")),
        asset="cat.png",
        request_id="an-id",
    )
    answer.policy.sha256 = "abc"
    return answer


def test_an_answer_that_says_all_is_taken(kit: Any) -> None:
    answer = good(kit)
    assert read_answer("artifact", answer.SerializeToString(), EXPECTED) == answer


def test_no_bytes_are_no_answer() -> None:
    with pytest.raises(ModelError, match="artifact"):
        read_answer("artifact", b"", EXPECTED)


def test_bytes_that_are_no_message_are_no_answer() -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_answer("artifact", b"\xff\xff", EXPECTED)


def test_another_message_that_parses_is_no_answer() -> None:
    other = bias_pb2.AuditImagesResponse(images=[bias_pb2.ImageOutcome(asset="cat.png")])
    with pytest.raises(ModelError):
        read_answer("artifact", other.SerializeToString(), EXPECTED)


def cut_outcomes(answer: pb.CheckResponse) -> None:
    del answer.outcomes[:]


def cut_own_outcome(answer: pb.CheckResponse) -> None:
    del answer.outcomes[0]


def unknown_verdict(answer: pb.CheckResponse) -> None:
    answer.verdict = 99  # type: ignore[assignment]


SPOILED: dict[str, tuple[Callable[[pb.CheckResponse], Any], str]] = {
    "no verdict": (lambda a: a.ClearField("verdict"), "no verdict"),
    "a verdict that is none": (unknown_verdict, "no verdict"),
    "no outcomes": (cut_outcomes, "what became"),
    "not its own outcome": (cut_own_outcome, "what became"),
    "another check's outcome": (lambda a: a.outcomes.add(check="mesh"), "another check"),
    "a like-named check's": (lambda a: a.outcomes.add(check="artifacts"), "another check"),
    "an outcome without result": (lambda a: a.outcomes.add(check="artifact.noise"), "result"),
    "another asset": (lambda a: setattr(a, "asset", "dog.png"), "another request"),
    "another request": (lambda a: setattr(a, "request_id", "other"), "another request"),
    "no request": (lambda a: a.ClearField("request_id"), "another request"),
    "another policy": (lambda a: setattr(a.policy, "sha256", "def"), "another policy"),
    "a finding without weight": (lambda a: a.findings.add(code="BLUR"), "severity"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_an_answer_that_lacks_something_is_refused(kit: Any, name: str) -> None:
    spoil, why = SPOILED[name]
    answer = good(kit)
    spoil(answer)
    with pytest.raises(ModelError, match=why):
        read_answer("artifact", answer.SerializeToString(), EXPECTED)


async def test_a_service_that_sends_nothing_is_no_pass(kit: Any) -> None:
    request = kit.request()
    empty = artifact_pb2.CheckArtifactResponse().SerializeToString()
    answer = await kit.router(artifact=kit.Check(empty)).check(request, kit.call_for(request))
    assert answer.verdict == common_pb2.VERDICT_INCONCLUSIVE
    assert answer.parts[0].error.code == 9


async def test_the_answer_of_a_service_in_another_place_is_no_pass(kit: Any) -> None:
    """The artifact detector where the consistency checker should be judges no prompt."""
    request = kit.request(prompt="a cat")
    router = kit.router(
        artifact=kit.Check(kit.answer_of("artifact")),
        consistency=kit.Check(kit.answer_of("artifact")),
    )
    answer = await router.check(request, kit.call_for(request))
    assert answer.verdict == common_pb2.VERDICT_INCONCLUSIVE
    assert [part.HasField("error") for part in answer.parts] == [False, True]
