"""Who has not answered for a while is not asked for a moment."""

import pytest

from gencheck.errors import (
    DeadlineExceeded,
    DecodeFailed,
    GencheckError,
    ModelError,
    ModelNotReady,
    Overloaded,
    Unavailable,
    WorkerLost,
)
from gencheck.router.breaker import FAILURES, FAIR_SECONDS, OPEN_SECONDS, Breaker

DOWN = Unavailable("it is down")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ask(breaker: Breaker, error: GencheckError | None, seconds: float = FAIR_SECONDS) -> None:
    assert breaker.admit() == 0.0
    breaker.record(error, seconds)


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(clock=clock)
    for _ in range(FAILURES):
        ask(breaker, DOWN)
    return breaker, clock


@pytest.mark.parametrize(
    "error", [DOWN, ModelNotReady("it loads"), DeadlineExceeded("too slow")], ids=repr
)
def test_failures_in_a_row_open_it(error: GencheckError) -> None:
    breaker = Breaker(clock=Clock())
    for _ in range(FAILURES):
        assert not breaker.is_open
        ask(breaker, error)
    assert breaker.is_open
    assert breaker.admit() == OPEN_SECONDS


@pytest.mark.parametrize(
    "error",
    [
        None,
        DecodeFailed("not a picture"),
        Overloaded("too many wait"),
        ModelError("nonsense"),
        WorkerLost("the asset killed it"),
        Unavailable("no such method", metadata={"code": "UNIMPLEMENTED"}),
    ],
    ids=repr,
)
def test_whatever_a_service_says_shows_that_it_is_there(error: GencheckError | None) -> None:
    breaker = Breaker(clock=Clock())
    for _ in range(3 * FAILURES):
        ask(breaker, error)
    for _ in range(FAILURES - 1):
        ask(breaker, DOWN)
    ask(breaker, error)
    ask(breaker, DOWN)
    assert not breaker.is_open


def test_a_caller_in_a_hurry_opens_nothing() -> None:
    breaker = Breaker(clock=Clock())
    for _ in range(3 * FAILURES):
        ask(breaker, DeadlineExceeded("too slow"), seconds=FAIR_SECONDS - 0.1)
    assert not breaker.is_open


def test_after_a_while_one_probe_goes_ahead_and_closes_it() -> None:
    breaker, clock = opened()
    clock.now += OPEN_SECONDS
    assert breaker.admit() == 0.0
    assert breaker.admit() > 0.0  # the others wait for the probe
    breaker.record(None, 10.0)
    assert not breaker.is_open
    assert breaker.admit() == breaker.admit() == 0.0


def test_a_probe_that_fails_opens_it_again() -> None:
    breaker, clock = opened()
    clock.now += OPEN_SECONDS
    ask(breaker, DOWN)
    assert breaker.admit() == OPEN_SECONDS


def test_a_probe_that_is_called_off_leaves_room_for_the_next() -> None:
    breaker, clock = opened()
    clock.now += OPEN_SECONDS
    assert breaker.admit() == 0.0
    breaker.forget()
    assert breaker.is_open
    assert breaker.admit() == 0.0


def test_calls_from_before_it_opened_do_not_count_as_the_probe() -> None:
    breaker, clock = opened()
    breaker.record(DOWN, 10.0)  # one that was under way
    clock.now += OPEN_SECONDS
    assert breaker.admit() == 0.0
    breaker.record(DOWN, 10.0)
    assert breaker.admit() == OPEN_SECONDS
