"""Who was asked, how often, how long, and when nobody is asked at all."""

from typing import Any

from google.rpc import error_details_pb2

from gencheck import wire
from gencheck.deadline import Deadline
from gencheck.errors import Unavailable
from gencheck.findings import OutcomeStatus
from gencheck.router.answers import Expected
from gencheck.router.asking import Asker, make_askers, part_deadline
from gencheck.router.breaker import FAILURES, OPEN_SECONDS, Breaker
from gencheck.router.ports import LOCAL, Ports
from gencheck.serving.metrics import Metrics
from gencheck.v1 import router_pb2 as pb

PROMPT = "a cat"


async def check(router: Any, kit: Any, **fields: Any) -> pb.CheckResponse:
    request = kit.request(**fields)
    answer: pb.CheckResponse = await router.check(request, kit.call_for(request))
    return answer


def parts(answer: pb.CheckResponse) -> dict[str, pb.Part]:
    return {part.check: part for part in answer.parts}


async def test_every_part_says_who_answered_and_how_often_it_was_asked(kit: Any) -> None:
    router = kit.router(
        artifact=kit.Check(kit.answer_of("artifact"), target="a:1"),
        consistency=kit.Check(kit.answer_of("consistency"), target="c:1", attempts=3),
    )
    told = parts(await check(router, kit, prompt=PROMPT))
    assert [(p.check, p.target, p.attempts) for p in told.values()] == [
        ("artifact", "a:1", 1),
        ("consistency", "c:1", 3),
    ]
    assert all(p.seconds > 0 and not p.HasField("error") for p in told.values())


async def test_a_part_that_failed_says_why_and_when_to_try_again(kit: Any) -> None:
    down = Unavailable("it is down", metadata={"attempts": "3"})
    answer = await check(kit.router(artifact=kit.Check(error=down)), kit)
    part = parts(answer)["artifact"]
    assert (part.error.code, part.attempts) == (14, 3)
    kinds = {detail.TypeName() for detail in part.error.details}
    assert kinds == {"google.rpc.ErrorInfo", "google.rpc.RetryInfo"}


async def test_a_service_that_nobody_knows_was_not_asked(kit: Any) -> None:
    part = parts(await check(kit.router(), kit))["artifact"]
    assert (part.target, part.attempts, part.error.code) == ("", 0, 14)


async def test_a_service_that_is_down_is_not_asked_for_a_while(kit: Any) -> None:
    port = kit.Check(error=Unavailable("it is down"), target="a:1")
    metrics = Metrics()
    router = kit.router(artifact=port, metrics=metrics)
    for _ in range(FAILURES):
        await check(router, kit)
    answer = await check(router, kit)
    assert len(port.requests) == FAILURES
    part, outcome = parts(answer)["artifact"], answer.outcomes[0]
    assert (part.attempts, part.target) == (0, "a:1")
    assert "it is down" in part.error.message
    assert wire.outcome_from(outcome).reason == "SERVICE_UNAVAILABLE"
    assert any(d.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for d in outcome.error.details)
    assert 'gencheck_breaker_open{check="artifact"} 1.0' in metrics.text()
    assert answer.verdict == wire.verdict_to(wire.Verdict.INCONCLUSIVE)


async def test_a_service_of_this_process_is_always_asked(kit: Any) -> None:
    port = kit.Check(error=Unavailable("no model"), target=LOCAL)
    router = kit.router(artifact=port)
    for _ in range(3 * FAILURES):
        await check(router, kit)
    assert len(port.requests) == 3 * FAILURES


async def test_a_service_that_is_back_is_asked_again(kit: Any) -> None:
    now = [0.0]
    metrics = Metrics()
    port = kit.Check(error=Unavailable("it is down"))
    asker = Asker("artifact", port, Breaker(clock=lambda: now[0]), metrics.router)
    request = kit.request()
    call = kit.call_for(request)

    async def ask() -> Any:
        raw = request.SerializeToString()
        expected = Expected("cat.png", request.request_id, "")
        return await asker.ask(raw, call, expected, call.deadline)

    for _ in range(FAILURES):
        await ask()
    assert (await ask()).attempts == 0
    now[0] += OPEN_SECONDS
    port.error, port.answer = None, kit.answer_of("artifact")
    assert (await ask()).error is None
    assert 'gencheck_breaker_open{check="artifact"} 0.0' in metrics.text()


async def test_one_service_that_is_down_does_not_close_the_others(kit: Any) -> None:
    good = kit.Check(kit.answer_of("artifact"))
    bad = kit.Check(error=Unavailable("it is down"))
    router = kit.router(artifact=good, consistency=bad)
    for _ in range(FAILURES + 3):
        answer = await check(router, kit, prompt=PROMPT)
    assert len(good.requests) == FAILURES + 3
    assert len(bad.requests) == FAILURES
    statuses = {o.check: o.status for o in map(wire.outcome_from, answer.outcomes)}
    assert statuses == {"artifact": OutcomeStatus.JUDGED, "consistency": OutcomeStatus.ERROR}


def test_views_go_by_the_breaker_of_their_service(kit: Any) -> None:
    ports = Ports({"consistency": kit.Check()}, views=kit.Check())
    assets, views = make_askers(ports, Metrics().router)
    assert assets["consistency"]._breaker is views["consistency"]._breaker


def test_the_part_of_a_call_that_is_late_already_has_no_time() -> None:
    assert part_deadline(Deadline.after(0)).remaining() == 0
