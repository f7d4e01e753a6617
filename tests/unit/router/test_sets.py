"""A set: an answer an asset in their order, then the audit; nothing is left running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import DecodeFailed, InvalidArgument, ModelNotReady, Unavailable
from gencheck.router.ports import Reply
from gencheck.serving.call import Call, new_id
from gencheck.serving.status import from_status
from gencheck.v1 import bias_pb2
from gencheck.v1 import router_pb2 as pb

AUDIT = bias_pb2.AuditImagesOptions(name="the set")
NO_AUDIT = None


def messages(kit: Any, *names: str, audit: Any = NO_AUDIT) -> list[pb.CheckSetRequest]:
    first = pb.CheckSetRequest(options=pb.CheckSetOptions(audit=audit))
    return [first, *(pb.CheckSetRequest(check=kit.request(name=name)) for name in names)]


async def stream(requests: list[pb.CheckSetRequest]) -> AsyncIterator[pb.CheckSetRequest]:
    for request in requests:
        yield request


async def run(router: Any, requests: list[pb.CheckSetRequest]) -> list[pb.CheckSetResponse]:
    async with asyncio.timeout(20):
        return [a async for a in router.check_set(stream(requests), Call(new_id()))]


def kinds(answers: list[pb.CheckSetResponse]) -> list[str | None]:
    return [answer.WhichOneof("part") for answer in answers]


async def others() -> set[asyncio.Task[Any]]:
    """The tasks that are left, after those that were told to stop had a chance to."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:
        _, left = await asyncio.wait(left, timeout=1)
    return left


class ByName:
    """Takes the longer the earlier an asset stands in the set, and fails for some."""

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.running = 0
        self.most = 0
        self.target = "made-up:1"

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        name = pb.CheckRequest.FromString(request).asset.name
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.02 * (10 - int(name)) if name.isdigit() else 0)
        finally:
            self.running -= 1
        if name == "bad":
            raise DecodeFailed("nothing of it", where=name)
        return Reply(
            self.kit.reply_to(pb.CheckRequest.FromString(request), self.kit.answer_of("artifact"))
        )


async def test_answers_come_in_the_order_of_the_assets(kit: Any) -> None:
    names = [str(i) for i in range(10)]
    port = ByName(kit)
    answers = await run(kit.router(artifact=port), messages(kit, *names))
    assert [a.check.asset for a in answers] == names
    assert 1 < port.most <= 4
    assert not await others()


async def test_an_asset_that_cannot_be_read_is_data_and_the_rest_goes_on(kit: Any) -> None:
    answers = await run(kit.router(artifact=ByName(kit)), messages(kit, "1", "bad", "2"))
    assert kinds(answers) == ["check", "failure", "check"]
    assert answers[1].failure.asset == "bad"
    assert isinstance(from_status(answers[1].failure.error), DecodeFailed)


async def test_an_answer_does_not_wait_for_the_next_asset(kit: Any) -> None:
    more = asyncio.Event()

    async def one_by_one() -> AsyncIterator[pb.CheckSetRequest]:
        first, second, third = messages(kit, "8", "9")
        yield first
        yield second
        await more.wait()
        yield third

    router = kit.router(artifact=ByName(kit))
    async with asyncio.timeout(20):
        answers = router.check_set(one_by_one(), Call(new_id()))
        assert (await anext(answers)).check.asset == "8"
        more.set()
        assert [a.check.asset async for a in answers] == ["9"]


async def test_each_asset_has_an_id_of_its_own(kit: Any) -> None:
    port = kit.Check(kit.answer_of("artifact"))
    requests = messages(kit, "a", "b", "c")
    requests[1].check.request_id = given = new_id()
    answers = await run(kit.router(artifact=port), requests)
    assert answers[0].check.request_id == given
    assert len({answer.check.request_id for answer in answers}) == 3


async def test_the_audit_comes_last_and_saw_every_asset(kit: Any) -> None:
    audit = kit.Audit()
    router = kit.router(audit, artifact=ByName(kit))
    answers = await run(router, messages(kit, "7", "bad", "8", "9", audit=AUDIT))
    assert kinds(answers) == ["check", "failure", "check", "check", "audit"]
    assert audit.requests[0].options.name == "the set"
    assert [i.asset for i in answers[-1].audit.images] == ["7", "bad", "8", "9"]


async def test_without_the_wish_for_it_nothing_is_audited(kit: Any) -> None:
    audit = kit.Audit()
    answers = await run(kit.router(audit, artifact=ByName(kit)), messages(kit, "9"))
    assert kinds(answers) == ["check"]
    assert not audit.requests


@pytest.mark.parametrize("fail_after", [0, 2])
async def test_a_failing_audit_ends_the_stream_after_all_answers(kit: Any, fail_after: int) -> None:
    audit = kit.Audit(error=ModelNotReady("no faces"), fail_after=fail_after)
    router = kit.router(audit, artifact=ByName(kit))
    got = []
    with pytest.raises(ModelNotReady, match="no faces"):
        async with asyncio.timeout(20):
            requests = messages(kit, *"123456789", audit=AUDIT)
            async for answer in router.check_set(stream(requests), Call(new_id())):
                got.append(answer.check.asset)  # noqa: PERF401 - an error follows
    assert got == list("123456789")
    assert not await others()


async def test_an_audit_that_nobody_does_is_refused_at_once(kit: Any) -> None:
    with pytest.raises(Unavailable, match="bias"):
        await run(kit.router(artifact=ByName(kit)), messages(kit, "9", audit=AUDIT))


async def test_the_first_message_must_carry_the_options(kit: Any) -> None:
    router = kit.router(artifact=ByName(kit))
    for requests in ([], messages(kit, "9")[1:]):
        with pytest.raises(InvalidArgument, match="first message"):
            await run(router, requests)


async def test_options_in_mid_stream_end_it_after_the_answers_before(kit: Any) -> None:
    requests = [*messages(kit, "8", "9"), *messages(kit, "1")]
    got = []
    with pytest.raises(InvalidArgument, match="after the options"):
        async for answer in kit.router(artifact=ByName(kit)).check_set(
            stream(requests), Call(new_id())
        ):
            got.append(answer.check.asset)  # noqa: PERF401 - an error follows
    assert got == ["8", "9"]
    assert not await others()


async def test_a_caller_who_leaves_in_mid_stream_leaves_nothing_running(kit: Any) -> None:
    audit, port = kit.Audit(), ByName(kit)
    router = kit.router(audit, artifact=port)
    requests = messages(kit, *"9123456", audit=AUDIT)
    async with aclosing(router.check_set(stream(requests), Call(new_id()))) as answers:
        assert (await anext(answers)).check.asset == "9"
        assert port.running
    assert audit.ended.is_set()
    assert port.running == 0
    assert not await others()


async def test_a_cancelled_call_leaves_nothing_running(kit: Any) -> None:
    stuck = kit.Check(gate=asyncio.Event())
    audit = kit.Audit()
    router = kit.router(audit, artifact=stuck)
    running = asyncio.create_task(run(router, messages(kit, *"12345678", audit=AUDIT)))
    async with asyncio.timeout(10):
        await stuck.started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with asyncio.timeout(10):
        await audit.ended.wait()
    assert not await others()
