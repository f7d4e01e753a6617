import math
import statistics
import time

import pytest

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from loadtests.stubs.behaviour import Behaviour, ServiceTimes, Work


def test_service_times_are_lognormal_with_the_mean_that_was_asked_for() -> None:
    times = ServiceTimes(Behaviour(seconds=0.02, sigma=0.5, seed=7))
    drawn = [times.next() for _ in range(20_000)]
    assert statistics.fmean(drawn) == pytest.approx(0.02, rel=0.02)
    assert statistics.stdev(map(math.log, drawn)) == pytest.approx(0.5, rel=0.02)
    again = ServiceTimes(Behaviour(seconds=0.02, sigma=0.5, seed=7))
    assert [again.next() for _ in range(5)] == drawn[:5]


def test_without_a_spread_they_are_constant() -> None:
    times = ServiceTimes(Behaviour(seconds=0.02))
    assert {times.next() for _ in range(5)} == {0.02}


async def test_burning_uses_cpu_time_and_stops_for_a_caller_who_has_gone() -> None:
    work = Work(Behaviour(seconds=0.05, burn=True))
    before = time.process_time()
    await work.spend(Deadline())
    assert time.process_time() - before >= 0.05
    gone = Deadline()
    gone.cancel()
    with pytest.raises(Cancelled):
        await work.spend(gone)
    await work.aclose()
