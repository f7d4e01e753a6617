"""A router and a client before a server that lies: no verdict rests on a lie, none is INTERNAL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from chaos.assets import Ask
from chaos.liar import Liar, Lie
from chaos.load import Answer, Caller
from gencheck.client import AsyncClient, check_request
from gencheck.compose import Settings, Workshop
from gencheck.deadline import Deadline
from gencheck.errors import GencheckError, ModelError
from gencheck.inference.store import default_store
from gencheck.inference.triton import TritonBackend
from gencheck.serving.host import serving
from gencheck.v1 import bias_pb2
from gencheck.v1 import router_pb2 as pb

SECONDS = 1.5  # of which a lie without an end takes all
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
PICTURE = {"input.1": np.zeros((1, 3, 64, 64), np.float32)}
BUG = {Lie.FALSE_DETAILS}
"""A service of gencheck that says INTERNAL has a bug, and nobody hides that."""


def seconds(lie: Lie) -> float:
    """The deadline of a call; what answers at all gets as long as it takes."""
    endless = (Lie.NEVER, Lie.ENDLESS, Lie.TWO_MESSAGES)
    return SECONDS if lie in endless else 30.0


@dataclass
class Lied:
    """A liar in place of every service, a router before it, and a caller of that."""

    liar: Liar
    caller: Caller

    async def check(self, lie: Lie) -> Answer:
        self.liar.lie = lie
        return await self.caller.ask(
            Ask("picture", [check_request(PNG, prompt="a cat")]), seconds(lie)
        )

    async def audit(self, lie: Lie) -> Answer:
        self.liar.lie = lie
        options = pb.CheckSetOptions(audit=bias_pb2.AuditImagesOptions())
        messages = [pb.CheckSetRequest(options=options)]
        messages.append(pb.CheckSetRequest(check=check_request(PNG)))
        return await self.caller.ask(Ask("set", messages), seconds(lie))


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    server = Liar()
    await server.start()
    yield server
    await server.aclose()


@pytest.fixture
async def lied(liar: Liar) -> AsyncIterator[Lied]:
    names = ("artifact", "consistency", "mesh", "bias")
    async with Workshop(Settings(endpoints=dict.fromkeys(names, liar.address))) as workshop:
        services = await workshop.services(["router"])
        async with serving(services) as (host, port):
            await host.ready()
            caller = Caller(f"127.0.0.1:{port}")
            yield Lied(liar, caller)
            await caller.aclose()


@pytest.mark.parametrize("lie", [lie for lie in Lie if lie is not Lie.BLAME])
async def test_a_lie_about_an_asset_is_inconclusive(lied: Lied, lie: Lie) -> None:
    answer = await lied.check(lie)
    assert lied.liar.calls
    assert (answer.code, answer.verdicts) == ("OK", ("INCONCLUSIVE",))
    assert not answer.judged


@pytest.mark.parametrize("lie", [lie for lie in Lie if lie not in BUG])
async def test_a_lie_about_a_set_is_no_audit_and_no_internal(lied: Lied, lie: Lie) -> None:
    answer = await lied.audit(lie)
    assert lied.liar.calls
    assert answer.code not in {"OK", "INTERNAL", "UNKNOWN", "HANG"}


async def test_a_service_that_blames_the_asset_is_believed(lied: Lied) -> None:
    assert (await lied.check(Lie.BLAME)).code == "INVALID_ARGUMENT"


@pytest.mark.parametrize("lie", [Lie.GARBAGE, Lie.NO_MESSAGE])
async def test_a_client_says_that_an_answer_cannot_be_read(liar: Liar, lie: Lie) -> None:
    liar.lie = lie
    async with AsyncClient(liar.address, timeout=20) as client:
        with pytest.raises(ModelError, match="cannot be read"):
            await client.check(PNG)
        with pytest.raises(ModelError, match="cannot be read"):
            await client.audit_images([PNG])


@pytest.mark.parametrize("lie", [lie for lie in Lie if lie is not Lie.HUGE])
async def test_whatever_a_client_hears_it_ends_typed_or_with_a_message(
    liar: Liar, lie: Lie
) -> None:
    liar.lie = lie
    async with AsyncClient(liar.address, timeout=0.5) as client:
        try:
            answer = await client.check(PNG)
        except GencheckError:
            return
        assert isinstance(answer, pb.CheckResponse)


@pytest.mark.parametrize("lie", [Lie.GARBAGE, Lie.EMPTY, Lie.NO_OUTCOMES, Lie.NO_MESSAGE])
async def test_a_backend_before_a_liar_ends_typed(liar: Liar, lie: Lie) -> None:
    liar.lie = lie
    backend = TritonBackend(liar.address, repository=default_store())
    try:
        with pytest.raises(GencheckError) as caught:
            await backend.infer("centerface", PICTURE, deadline=Deadline.after(30))
        assert type(caught.value) is not GencheckError  # which is INTERNAL
    finally:
        await backend.aclose()
