"""The rest is called off when nothing can change the verdict, and only then."""

import asyncio
from typing import Any

import pytest

from gencheck import wire
from gencheck.errors import Unavailable
from gencheck.findings import Finding, Method, Severity, Verdict
from gencheck.v1 import router_pb2 as pb

PROMPT = "a cat"


def finding(severity: Severity, waived: str = "") -> Finding:
    method = Method("m", "1", "")
    return Finding(
        "BLUR", severity, "artifact.blur", "blurred", 2, 1, "u", method, "", waived=waived
    )


async def check(router: Any, kit: Any, **fields: Any) -> pb.CheckResponse:
    request = kit.request(prompt=PROMPT, **fields)
    async with asyncio.timeout(10):
        answer: pb.CheckResponse = await router.check(request, kit.call_for(request))
    return answer


def failing(kit: Any) -> Any:
    return kit.Check(kit.answer_of("artifact", findings=(finding(Severity.CRITICAL),)))


async def test_what_is_under_way_is_called_off_when_the_asset_fails(kit: Any) -> None:
    slow = kit.Check(gate=asyncio.Event(), target="c:1")
    router = kit.router(artifact=failing(kit), consistency=slow)
    answer = await check(router, kit, stop_early=True)
    assert slow.cancelled == 1
    assert wire.verdict_from(answer.verdict) is Verdict.FAIL
    skipped = wire.outcome_from(answer.outcomes[-1])
    assert (skipped.check, skipped.reason) == ("consistency", "NOT_NEEDED")
    part = answer.parts[1]
    assert (part.check, part.target, part.HasField("error")) == ("consistency", "c:1", False)


async def test_without_the_wish_for_it_every_check_is_heard(kit: Any) -> None:
    gate = asyncio.Event()
    slow = kit.Check(kit.answer_of("consistency"), gate=gate)
    asking = asyncio.create_task(check(kit.router(artifact=failing(kit), consistency=slow), kit))
    await slow.started.wait()
    gate.set()
    answer = await asking
    assert wire.verdict_from(answer.verdict) is Verdict.FAIL
    assert {o.check for o in answer.outcomes if o.HasField("judged")} == {"artifact", "consistency"}


@pytest.mark.parametrize(
    "first",
    [
        lambda kit: kit.Check(kit.answer_of("artifact")),
        lambda kit: kit.Check(kit.answer_of("artifact", findings=(finding(Severity.MINOR),))),
        lambda kit: kit.Check(
            kit.answer_of("artifact", findings=(finding(Severity.CRITICAL, "until May"),))
        ),
        lambda kit: kit.Check(error=Unavailable("down")),
        lambda kit: kit.Check(b""),
    ],
    ids=["nothing found", "to review", "waived", "down", "garbage"],
)
async def test_what_can_still_change_is_waited_for(kit: Any, first: Any) -> None:
    gate = asyncio.Event()
    slow = kit.Check(kit.answer_of("consistency"), gate=gate)
    asking = asyncio.create_task(
        check(kit.router(artifact=first(kit), consistency=slow), kit, stop_early=True)
    )
    await slow.started.wait()
    for _ in range(20):
        await asyncio.sleep(0)
    assert not asking.done()
    gate.set()
    judged = {o.check for o in (await asking).outcomes if o.HasField("judged")}
    assert "consistency" in judged
    assert slow.cancelled == 0


async def test_a_caller_who_leaves_takes_every_question_along(kit: Any) -> None:
    ports = {name: kit.Check(gate=asyncio.Event()) for name in ("artifact", "consistency")}
    asking = asyncio.create_task(check(kit.router(**ports), kit, stop_early=True))
    async with asyncio.timeout(10):
        for port in ports.values():
            await port.started.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [port.cancelled for port in ports.values()] == [1, 1]
