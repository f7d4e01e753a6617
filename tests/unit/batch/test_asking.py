"""When a batch comes back to a server that was busy or away."""

from types import SimpleNamespace
from typing import Any

import pytest

from gencheck.batch import asking
from gencheck.batch.asking import Asker, pause_before
from gencheck.errors import GencheckError, ModelNotReady, Overloaded
from gencheck.v1 import router_pb2


@pytest.mark.parametrize(
    ("away", "tries", "least"),
    [
        (Overloaded("busy", retry_seconds=4.0), 1, 4.0),
        (Overloaded("busy", retry_seconds=0.0), 1, 0.05),
        (Overloaded("busy", retry_seconds=900.0), 1, 30.0),
        (Overloaded("busy"), 2, 1.0),
        (ModelNotReady("warming up"), 2, 1.0),
    ],
)
def test_it_waits_as_long_as_it_is_asked_to_and_up_to_half_as_much_more(
    away: GencheckError, tries: int, least: float
) -> None:
    pauses = {pause_before(away, tries) for _ in range(200)}
    assert least <= min(pauses) < max(pauses) <= 1.5 * least, "those refused together spread"


class Judge:
    """A client that says what it is told to."""

    def __init__(self, *errors: GencheckError | None) -> None:
        self.errors = list(errors)
        self.asked = 0

    async def sendable(self, asset: object) -> object:
        return asset

    async def check(self, *_asset: object, **_how: object) -> router_pb2.CheckResponse:
        self.asked += 1
        error = self.errors.pop(0) if len(self.errors) > 1 else self.errors[0]
        if error is not None:
            raise error
        return router_pb2.CheckResponse()


async def _ask(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[float]]:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asking.asyncio, "sleep", sleep)
    terms = SimpleNamespace(judge_by=None, audit=False)
    asker = Asker(judge, None, terms, parallel=1)  # type: ignore[arg-type]
    row = SimpleNamespace(uri="a.png", prompt="", policy="", group="", number=0)
    return await asker._checked(row, b"x"), pauses  # type: ignore[arg-type]


async def test_a_busy_server_is_asked_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Overloaded("busy", retry_seconds=5.0)
    judge = Judge(*[busy] * 6, None)
    checked, pauses = await _ask(judge, monkeypatch)
    assert (checked.away, judge.asked, len(pauses)) == (None, 7, 6)
    judge = Judge(busy)
    checked, pauses = await _ask(judge, monkeypatch)
    assert isinstance(checked.away, Overloaded)
    assert 60 <= sum(pauses) < 70


async def test_what_is_down_is_asked_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(ModelNotReady("warming up"))
    checked, _ = await _ask(judge, monkeypatch)
    assert isinstance(checked.away, ModelNotReady)
    assert judge.asked == 3
