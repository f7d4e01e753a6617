"""A router before a real service behind a proxy that breaks: right, or INCONCLUSIVE, and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from chaos.assets import Ask, make_asks
from chaos.faults import BROKEN_CONNECTIONS, broken, replaced
from chaos.liar import Liar, Lie
from chaos.load import Answer, Caller, Golden, Kind, golden_of
from chaos.proxy import FaultProxy
from gencheck.compose import Settings, Workshop
from gencheck.serving.host import serving

SECONDS = 2.0

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Broken:
    """A picture that passes by the artifact service alone, and how to ask about it."""

    proxy: FaultProxy
    caller: Caller
    ask: Ask
    golden: Golden

    async def kind(self, seconds: float = SECONDS) -> tuple[Kind, Answer]:
        answer = await self.caller.ask(self.ask, seconds)
        return self.golden.kind(answer), answer

    async def back(self) -> None:
        """Return when the answer is right again."""
        async with asyncio.timeout(60):  # a hang guard
            while (await self.kind(10.0))[0] is not Kind.RIGHT:  # noqa: ASYNC110 - asked over the wire
                await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def ask() -> Ask:
    return next(ask for ask in make_asks() if ask.name == "photo")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet(ask: Ask) -> AsyncIterator[Broken]:
    async with AsyncExitStack() as stack:
        service = await served(stack, Settings(), "artifact")
        proxy = FaultProxy(service)
        stack.push_async_callback(proxy.aclose)
        endpoints = {"artifact": await proxy.start()}
        caller = Caller(await served(stack, Settings(endpoints=endpoints), "router"))
        stack.push_async_callback(caller.aclose)
        golden = await golden_of(caller, [ask])
        assert golden.answers["photo"].verdicts == ("PASS",)
        yield Broken(proxy, caller, ask, golden)


async def served(stack: AsyncExitStack, settings: Settings, name: str) -> str:
    """The address of a host of one service."""
    workshop = await stack.enter_async_context(Workshop(settings))
    host, port = await stack.enter_async_context(serving(await workshop.services([name])))
    await host.ready()
    return f"127.0.0.1:{port}"


@pytest.mark.parametrize("fault", BROKEN_CONNECTIONS)
async def test_whatever_breaks_the_answer_is_right_or_inconclusive_and_it_passes(
    fleet: Broken, fault: str
) -> None:
    async with broken(fleet.proxy, BROKEN_CONNECTIONS[fault]):
        for _ in range(2):
            kind, answer = await fleet.kind()
            assert kind in (Kind.RIGHT, Kind.INCONCLUSIVE), answer
    await fleet.back()


async def test_a_liar_in_place_of_a_service_is_not_believed_and_forgotten(fleet: Broken) -> None:
    liar = Liar()
    await liar.start()
    async with replaced(fleet.proxy, liar, Lie.OTHER_CHECK):
        kind, answer = await fleet.kind()
        assert kind is Kind.INCONCLUSIVE, answer
        assert liar.calls
    await fleet.back()
    await liar.aclose()
