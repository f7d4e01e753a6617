"""A request that comes again under its id is evaluated once."""

import asyncio
from typing import Any

import pytest

from gencheck.errors import DeadlineExceeded, DecodeFailed, InvalidArgument, Unavailable
from gencheck.router import duplicates
from gencheck.router.duplicates import REMEMBERED_SECONDS, Duplicates
from gencheck.serving.call import Call, new_id
from gencheck.serving.metrics import Metrics
from gencheck.v1 import router_pb2 as pb


def count(metrics: Metrics, result: str) -> float:
    labels = {"result": result}
    return metrics.registry.get_sample_value("gencheck_router_duplicates_total", labels) or 0.0


async def start(router: Any, kit: Any, request: pb.CheckRequest, **how: Any) -> asyncio.Task[Any]:
    """A caller who has got as far as waiting."""
    task = asyncio.create_task(router.check(request, kit.call_for(request, **how)))
    for _ in range(10):
        await asyncio.sleep(0)
    return task


async def test_those_who_come_while_it_is_under_way_join(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"), gate=asyncio.Event())
    metrics = Metrics()
    router = kit.router(artifact=port, metrics=metrics)
    request = kit.request(request_id=new_id())
    callers = [await start(router, kit, request) for _ in range(5)]
    port.gate.set()
    answers = await asyncio.gather(*callers)
    assert len(port.requests) == 1
    assert all(answer == answers[0] for answer in answers)
    assert count(metrics, "joined") == 4


async def test_those_who_come_later_get_the_same_answer(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    metrics = Metrics()
    router = kit.router(artifact=port, metrics=metrics)
    request = kit.request(request_id=new_id())
    first = await router.check(request, kit.call_for(request))
    told = first.SerializeToString()
    first.asset = "changed by whoever got it"
    again = await router.check(request, kit.call_for(request))
    assert again.SerializeToString() == told
    assert len(port.requests) == 1
    assert count(metrics, "remembered") == 1


@pytest.mark.parametrize("under_way", [True, False])
async def test_the_same_id_for_something_else_is_refused(kit: Any, under_way: bool) -> None:
    gate = asyncio.Event()
    port = kit.Check(kit.answer_of("artifact"), gate=gate)
    metrics = Metrics()
    router = kit.router(artifact=port, metrics=metrics)
    request = kit.request(request_id=new_id())
    first = await start(router, kit, request)
    if not under_way:
        gate.set()
        await first
    other = kit.request(request_id=request.request_id, name="dog.png")
    with pytest.raises(InvalidArgument, match="another request") as caught:
        await router.check(other, kit.call_for(other))
    assert caught.value.where == "request_id"
    assert count(metrics, "refused") == 1
    gate.set()
    assert (await first).asset == "cat.png"


async def test_upper_and_lower_case_are_one_id(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    await router.check(request, kit.call_for(request))
    shouted = kit.request(request_id=request.request_id.upper())
    with pytest.raises(InvalidArgument):  # the id is the same, the bytes are not
        await router.check(shouted, kit.call_for(shouted))


async def test_an_id_that_the_server_made_is_nobodys(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    router = kit.router(artifact=port)
    request = kit.request()
    for _ in range(2):
        await router.check(request, Call("the-same-id"))
    assert len(port.requests) == 2


async def test_an_error_is_told_to_all_and_not_remembered(kit: Any) -> None:
    port = kit.Check(error=DecodeFailed("nothing of it"), gate=asyncio.Event())
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    callers = [await start(router, kit, request) for _ in range(3)]
    port.gate.set()
    for caller in callers:
        with pytest.raises(DecodeFailed):
            await caller
    port.error, port.answer = None, kit.answer_of("artifact")
    assert (await router.check(request, kit.call_for(request))).asset == "cat.png"


async def test_an_answer_with_a_part_missing_is_not_remembered(kit: Any) -> None:
    port = kit.Check(error=Unavailable("it is down"))
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    assert (await router.check(request, kit.call_for(request))).parts[0].HasField("error")
    port.error, port.answer = None, kit.answer_of("artifact")
    assert not (await router.check(request, kit.call_for(request))).parts[0].HasField("error")


@pytest.mark.parametrize("who", [0, 1])
async def test_a_caller_who_leaves_does_not_take_the_others_answer(kit: Any, who: int) -> None:
    port = kit.Check(kit.answer_of("artifact"), gate=asyncio.Event())
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    callers = [await start(router, kit, request) for _ in range(2)]
    callers[who].cancel()
    with pytest.raises(asyncio.CancelledError):
        await callers[who]
    assert port.cancelled == 0
    port.gate.set()
    assert (await callers[1 - who]).asset == "cat.png"
    assert len(port.requests) == 1


async def test_the_first_callers_end_does_not_end_it(kit: Any) -> None:
    """A host says that a call is over by its deadline: the evaluation has its own."""
    port = kit.Check(kit.answer_of("artifact"), gate=asyncio.Event())
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    call = kit.call_for(request)
    first = asyncio.create_task(router.check(request, call))
    await port.started.wait()
    second = await start(router, kit, request)
    call.deadline.cancel()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    port.gate.set()
    assert (await second).asset == "cat.png"


async def test_when_nobody_waits_any_more_it_ends(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"), gate=asyncio.Event())
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    callers = [await start(router, kit, request) for _ in range(2)]
    for caller in callers:
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    assert port.cancelled == 1
    port.gate.set()
    assert (await router.check(request, kit.call_for(request))).asset == "cat.png"
    assert len(port.requests) == 2


async def test_it_is_begun_anew_for_who_has_more_time_than_the_first() -> None:
    known = Duplicates(Metrics().router)
    begun = []
    gate = asyncio.Event()

    async def evaluate(call: Call) -> pb.CheckResponse:
        begun.append(call)
        if len(begun) == 1:
            await gate.wait()
            raise DeadlineExceeded("the first caller's time is up")
        return pb.CheckResponse(asset="a")

    first = asyncio.create_task(known.run("id", b"same", Call("id"), evaluate))
    await asyncio.sleep(0)
    second = asyncio.create_task(known.run("id", b"same", Call("id"), evaluate))
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(DeadlineExceeded):
        await first
    assert (await second).asset == "a"
    assert len(begun) == 2


async def test_answers_are_forgotten_after_a_time() -> None:
    now = [0.0]
    known = Duplicates(Metrics().router, clock=lambda: now[0])
    begun = []

    async def evaluate(call: Call) -> pb.CheckResponse:
        begun.append(call)
        return pb.CheckResponse(asset="a")

    for seconds in (0.0, REMEMBERED_SECONDS - 1, REMEMBERED_SECONDS):
        now[0] = seconds
        await known.run("id", b"same", Call("id"), evaluate)
        await asyncio.sleep(0)
    assert len(begun) == 2


@pytest.mark.parametrize(("bound", "value"), [("ANSWERS", 10), ("BYTES", 10 * 1_100)])
async def test_a_flood_of_ids_is_forgotten_oldest_first(
    bound: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, f"REMEMBERED_{bound}", value)
    known = Duplicates(Metrics().router)

    async def evaluate(call: Call) -> pb.CheckResponse:
        return pb.CheckResponse(asset=call.request_id)

    for number in range(3_000):
        await known.run(str(number), b"same", Call(str(number)), evaluate)
    await asyncio.sleep(0)
    assert list(known._done) == [str(number) for number in range(2_990, 3_000)]
    assert known._bytes == sum(done.size for done in known._done.values()) <= 10 * 1_100
    assert not known._running


async def test_a_set_knows_its_ids_too(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())

    async def stream() -> Any:
        yield pb.CheckSetRequest(options=pb.CheckSetOptions())
        for _ in range(3):
            yield pb.CheckSetRequest(check=request)

    answers = [a async for a in router.check_set(stream(), Call(new_id()))]
    assert [a.check.asset for a in answers] == ["cat.png"] * 3
    assert len(port.requests) == 1


async def test_thousands_who_ask_the_same_cost_one_evaluation(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"), gate=asyncio.Event())
    router = kit.router(artifact=port)
    request = kit.request(request_id=new_id())
    call = kit.call_for(request)
    callers = [asyncio.create_task(router.check(request, call)) for _ in range(2_000)]
    await port.started.wait()
    for caller in callers[::2]:
        caller.cancel()
    port.gate.set()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert len(port.requests) == 1
    assert {type(answer) for answer in answers[::2]} == {asyncio.CancelledError}
    assert {answer.asset for answer in answers[1::2]} == {"cat.png"}
