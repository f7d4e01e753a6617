"""The door under load, in simulated time: what is served, how fast, and what is refused."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import Overloaded
from gencheck.serving.admission import Admission
from gencheck.serving.call import Priority
from gencheck.serving.metrics import Metrics

Simulate = Callable[..., Any]

COSTS = {
    "same": (lambda _random, _now: ("a", 0.1), 0.1),
    "varied": (lambda random, _now: ("a", random.expovariate(10)), 0.1),
    "one kind, cheap and dear": (
        lambda random, _now: ("a", 0.005 if random.random() < 0.9 else 0.5),
        0.0545,
    ),
    "two kinds, cheap and dear": (
        lambda random, _now: ("a", 0.005) if random.random() < 0.9 else ("b", 0.5),
        0.0545,
    ),
}


@pytest.mark.parametrize("name", COSTS)
def test_three_times_too_many_calls_cost_neither_goodput_nor_latency(
    simulate: Simulate, name: str
) -> None:
    cost, mean = COSTS[name]
    capacity = 4 / mean
    load = simulate(4, cost, (20, capacity), (20, 3 * capacity), (20, 0.5 * capacity), batch=0.2)
    assert load.goodput(20, 40) >= 0.8 * max(load.goodput(0, 20), load.goodput(20, 40))
    assert load.goodput(20, 40) >= 0.8 * capacity
    assert load.quantile(0.99, 20, 40) <= 2 * load.quantile(0.99, 0, 20)
    dearest = {"same": 0.15, "varied": 0.6}.get(name, 0.5)
    assert load.quantile(0.99, 45, 60) <= 2 * dearest, "five seconds later it is as if nothing was"
    assert not [at for at, _, _ in load.refused if at > 45]


@pytest.mark.parametrize("servers", [1, 2, 4, 8, 16])
def test_the_limit_finds_the_knee(simulate: Simulate, servers: int) -> None:
    load = simulate(servers, COSTS["same"][0], (20, 3 * servers / 0.1))
    low, high = load.limit_in(10, 20)
    assert low >= servers, "every server has work"
    assert high <= max(10, 3 * servers), "what waits waits at the door"


def test_a_slow_phase_lowers_the_limit_for_its_time(simulate: Simulate) -> None:
    def cost(_random: Random, now: float) -> tuple[str, float]:
        return "a", 1.0 if 20 <= now < 50 else 0.1

    load = simulate(8, cost, (80, 160))
    assert load.limit_in(15, 20)[0] >= 12
    assert load.limit_in(20, 50)[0] <= 8
    assert load.goodput(30, 50) >= 0.6 * 8, "of the slow capacity"
    assert load.goodput(60, 80) >= 0.9 * 80, "of the usual one"


def test_batch_goes_last_and_never_starves(simulate: Simulate) -> None:
    load = simulate(4, COSTS["same"][0], (30, 120), batch=0.5)
    served = [priority for at, _, priority in load.served if at > 5]
    share = served.count(Priority.BATCH) / len(served)
    assert 0.1 < share < 0.35, "half of what comes, a fifth of what is served"
    light = simulate(4, COSTS["same"][0], (30, 20), batch=0.5)
    assert not light.refused


def test_a_burst_waits_and_is_served(simulate: Simulate) -> None:
    load = simulate(4, COSTS["same"][0], (0.01, 6_000), (20, 0.2))
    assert not load.refused
    assert load.most <= 16


def test_the_delay_to_come_back_after_follows_the_load(simulate: Simulate) -> None:
    def delays(rate: float) -> list[float]:
        load = simulate(4, COSTS["same"][0], (20, rate))
        return [error.retry_seconds for at, error, _ in load.refused if at > 10]

    little, much = delays(60), delays(600)
    assert sum(much) / len(much) > 2 * sum(little) / len(little)
    assert min(little + much) >= 0.1
    assert max(little + much) <= 30


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def door(clock: Clock, metrics: Metrics | None = None, **options: Any) -> Admission:
    usual = {"cap": 1, "max_queued": 4, "max_bytes": 1_000, "max_wait": 10.0}
    return Admission(**{**usual, **options}, metrics=metrics or Metrics(), clock=clock)


async def test_a_call_that_could_not_start_in_time_is_refused_at_once() -> None:
    clock, metrics = Clock(), Metrics()
    host = door(clock, metrics)
    how = {"size": 10, "deadline": Deadline()}
    ticket = await host.enter("a", Priority.INTERACTIVE, **how)
    clock.now += 5.0
    host.leave(ticket, ended=True)
    ticket = await host.enter("a", Priority.INTERACTIVE, **how)
    assert host.expected_wait() == 5.0
    with pytest.raises(Overloaded) as caught:
        await host.enter("a", Priority.INTERACTIVE, size=10, deadline=Deadline.after(1))
    assert caught.value.metadata["cause"] == "deadline"
    assert caught.value.retry_seconds is not None
    assert caught.value.retry_seconds >= 3
    told = 'gencheck_admission_refused_total{priority="interactive",reason="deadline"} 1.0'
    assert told in metrics.text()
    host.leave(ticket, ended=True)
    assert (host.slots.held, host.slots.bytes) == (0, 0)


async def test_messages_in_progress_are_bounded_in_bytes() -> None:
    host = door(Clock(), cap=4)
    ticket = await host.enter("a", Priority.INTERACTIVE, size=600, deadline=Deadline())
    with pytest.raises(Overloaded) as caught:
        await host.enter("a", Priority.INTERACTIVE, size=600, deadline=Deadline())
    assert caught.value.metadata["cause"] == "bytes"
    host.leave(ticket, ended=False)


async def test_a_call_that_was_wrong_says_nothing_about_the_load() -> None:
    clock = Clock()
    host = door(clock, cap=64)
    for ended in (True,) * 20 + (False,) * 200:
        ticket = await host.enter("a", Priority.INTERACTIVE, size=1, deadline=Deadline())
        clock.now += 1.0 if ended else 1e-6
        host.leave(ticket, ended=ended)
    ticket = await host.enter("a", Priority.INTERACTIVE, size=1, deadline=Deadline())
    clock.now += 1.0
    host.leave(ticket, ended=True)
    assert host.slots.limit == 4
    assert host.expected_wait() == 0.0
