"""One asset, every check at once, one verdict, whatever becomes of a part."""

import asyncio
from typing import Any

import pytest

from gencheck import wire
from gencheck.errors import (
    DeadlineExceeded,
    DecodeFailed,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    Unavailable,
    UnsupportedMedia,
)
from gencheck.findings import OutcomeStatus, Verdict
from gencheck.policy import Policy, Thresholds
from gencheck.router.ports import Reply
from gencheck.v1 import router_pb2

PROMPT = "two cats"
ANY_POLICY = Policy("house", "3", required=("artifact",), thresholds={"BLUR": Thresholds(1.0)})


async def check(
    router: Any, kit: Any, seconds: float = 30.0, **fields: Any
) -> router_pb2.CheckResponse:
    request = kit.request(**fields)
    answer: router_pb2.CheckResponse = await router.check(request, kit.call_for(request, seconds))
    return answer


def outcomes(answer: router_pb2.CheckResponse) -> dict[str, Any]:
    return {o.check: o for o in map(wire.outcome_from, answer.outcomes)}


def verdict(answer: router_pb2.CheckResponse) -> Verdict:
    return wire.verdict_from(answer.verdict)


async def test_all_judged_and_nothing_found_is_a_pass_by_the_routers_own_policy(kit: Any) -> None:
    router = kit.router(
        artifact=kit.Check(kit.answer_of("artifact")),
        consistency=kit.Check(kit.answer_of("consistency")),
    )
    answer = await check(router, kit, prompt=PROMPT)
    assert verdict(answer) is Verdict.PASS
    assert answer.asset == "cat.png"
    assert answer.policy.name == "default"
    assert "a part's own reason" not in answer.reasons
    assert set(outcomes(answer)) == {"artifact", "consistency"}


async def test_a_dead_service_that_is_required_leaves_the_verdict_open(kit: Any) -> None:
    router = kit.router(
        artifact=kit.Check(kit.answer_of("artifact")),
        consistency=kit.Check(error=Unavailable("it is down", metadata={"target": "h:1"})),
    )
    answer = await check(router, kit, prompt=PROMPT)
    dead = outcomes(answer)["consistency"]
    assert verdict(answer) is Verdict.INCONCLUSIVE
    assert (dead.status, dead.reason) == (OutcomeStatus.ERROR, "SERVICE_UNAVAILABLE")
    assert dead.grpc_code == 14
    assert dead.metadata["target"] == "h:1"
    assert outcomes(answer)["artifact"].status is OutcomeStatus.JUDGED
    assert any("consistency" in reason and "it is down" in reason for reason in answer.reasons)


async def test_a_dead_service_that_is_optional_does_not_block(kit: Any) -> None:
    router = kit.router(
        artifact=kit.Check(kit.answer_of("artifact")),
        consistency=kit.Check(error=Unavailable("it is down")),
    )
    answer = await check(router, kit, prompt=PROMPT, policy=wire.policy_to(ANY_POLICY))
    assert verdict(answer) is Verdict.PASS
    assert outcomes(answer)["consistency"].status is OutcomeStatus.ERROR


async def test_a_service_that_the_router_was_not_told_of_is_an_outcome(kit: Any) -> None:
    answer = await check(kit.router(consistency=kit.Check()), kit)
    assert verdict(answer) is Verdict.INCONCLUSIVE
    assert "--artifact" in outcomes(answer)["artifact"].message


async def test_bytes_that_are_no_answer_are_an_outcome(kit: Any) -> None:
    answer = await check(kit.router(artifact=kit.Check(b"\xff\xff")), kit)
    assert outcomes(answer)["artifact"].reason == "MODEL_ERROR"


async def test_a_slow_service_is_an_outcome_and_the_answer_still_in_time(kit: Any) -> None:
    slow = kit.Check(gate=asyncio.Event())
    router = kit.router(artifact=kit.Check(kit.answer_of("artifact")), consistency=slow)
    request = kit.request(prompt=PROMPT)
    call = kit.call_for(request, 2.0)
    answer = await router.check(request, call)
    assert call.deadline.remaining() > 0
    assert outcomes(answer)["consistency"].reason == "DEADLINE_EXCEEDED"
    assert outcomes(answer)["artifact"].status is OutcomeStatus.JUDGED
    assert slow.left[0] < 2.0


async def test_all_checks_start_before_any_has_answered(kit: Any) -> None:
    gate = asyncio.Event()
    ports = {
        name: kit.Check(kit.answer_of(name), gate=gate) for name in ("artifact", "consistency")
    }
    asking = asyncio.create_task(check(kit.router(**ports), kit, prompt=PROMPT))
    async with asyncio.timeout(10):
        for port in ports.values():
            await port.started.wait()
    assert not asking.done()
    gate.set()
    assert verdict(await asking) is Verdict.PASS


@pytest.mark.parametrize(("seconds", "at_most"), [(10.0, 9.5), (100.0, 99.5), (1.0, 0.95)])
async def test_the_deadline_goes_on_less_a_reserve(
    kit: Any, seconds: float, at_most: float
) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    await check(kit.router(artifact=port), kit, seconds=seconds)
    assert at_most - 0.5 * seconds < port.left[0] <= at_most


async def test_a_call_without_a_deadline_gets_one(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    request = kit.request()
    await kit.router(artifact=port).check(request, kit.call_for(request, None))
    assert 0 < port.left[0] <= 60


async def test_the_request_id_is_the_same_everywhere(kit: Any) -> None:
    ports = {name: kit.Check(kit.answer_of(name)) for name in ("artifact", "consistency")}
    request = kit.request(prompt=PROMPT)
    call = kit.call_for(request)
    answer = await kit.router(**ports).check(request, call)
    seen = {given for port in ports.values() for given in port.ids}
    carried = {r.request_id for port in ports.values() for r in port.requests}
    assert seen == carried == {answer.request_id} == {call.request_id}


async def test_a_named_policy_is_resolved_here_and_carried_once(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    answer = await check(kit.router(artifact=port), kit, policy_name="default")
    (forwarded,) = port.requests
    policy = wire.policy_from(forwarded.policy)
    assert forwarded.policy_name == ""
    assert len(set(policy.required)) == len(policy.required)
    assert policy.sha256 == answer.policy.sha256


async def test_a_carried_policy_goes_on_as_it_came(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    answer = await check(kit.router(artifact=port), kit, policy=wire.policy_to(ANY_POLICY))
    (forwarded,) = port.requests
    assert list(forwarded.policy.required) == ["artifact"]
    assert wire.policy_from(forwarded.policy).sha256 == ANY_POLICY.sha256 == answer.policy.sha256


async def test_where_policies_may_not_be_carried_the_name_goes_on(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    router = kit.router(artifact=port, allow_carried=False)
    answer = await check(router, kit)
    assert port.requests[0].policy_name == answer.policy.name == "default"
    assert not port.requests[0].HasField("policy")
    with pytest.raises(InvalidArgument, match="takes no policies"):
        await check(router, kit, policy=wire.policy_to(ANY_POLICY))


async def test_an_unknown_policy_is_refused_before_anybody_is_asked(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    with pytest.raises(NotFound, match="strictest"):
        await check(kit.router(artifact=port), kit, policy_name="strictest")
    assert not port.requests


async def test_the_payload_is_forwarded_as_the_bytes_it_came_in(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    request = kit.request(want_heat_map=True)
    call = kit.call_for(request)
    await kit.router(artifact=port).check(request, call)
    assert port.raw[0].startswith(call.raw)
    assert port.requests[0].asset == request.asset
    assert port.requests[0].want_heat_map


@pytest.mark.parametrize("error", [DecodeFailed("half of it"), LimitExceeded("too many pixels")])
async def test_what_no_service_can_read_is_the_callers_error(kit: Any, error: Exception) -> None:
    router = kit.router(artifact=kit.Check(error=error), consistency=kit.Check(error=error))
    with pytest.raises(type(error), match=str(error)):
        await check(router, kit, prompt=PROMPT)


async def test_what_one_service_can_read_is_judged(kit: Any) -> None:
    router = kit.router(
        artifact=kit.Check(kit.answer_of("artifact")),
        consistency=kit.Check(error=DecodeFailed("not for me")),
    )
    answer = await check(router, kit, prompt=PROMPT)
    assert outcomes(answer)["consistency"].reason == "DECODE_FAILED"
    assert verdict(answer) is Verdict.INCONCLUSIVE


async def test_text_is_refused_before_anybody_is_asked(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    request = kit.request()
    request.asset.inline = b"just words"
    with pytest.raises(UnsupportedMedia):
        await kit.router(artifact=port).check(request, kit.call_for(request))
    assert not port.requests


async def test_a_caller_who_leaves_takes_every_question_along(kit: Any) -> None:
    ports = {name: kit.Check(gate=asyncio.Event()) for name in ("artifact", "consistency")}
    asking = asyncio.create_task(check(kit.router(**ports), kit, prompt=PROMPT))
    async with asyncio.timeout(10):
        for port in ports.values():
            await port.started.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [port.cancelled for port in ports.values()] == [1, 1]


async def test_no_time_left_is_no_verdict(kit: Any) -> None:
    request = kit.request()
    call = kit.call_for(request, 0.2)
    late = kit.Check(gate=asyncio.Event())

    async def too_late(*args: Any, **kwargs: Any) -> Reply:
        await asyncio.sleep(0.3)
        return Reply(b"")

    late.check = too_late
    with pytest.raises(DeadlineExceeded):
        await kit.router(artifact=late).check(request, call)
