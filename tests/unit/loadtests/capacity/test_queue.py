"""The approximations against a discrete-event simulation, and against exact results."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest

from loadtests.capacity.queue import Station, erlang_c, most, stays
from loadtests.capacity.simulation import lognormal, simulated


@pytest.mark.parametrize(("servers", "load"), [(1, 0.7), (2, 1.0), (2, 1.6), (10, 8.0), (50, 45.0)])
def test_erlang_c_is_the_formula_in_exact_fractions(servers: int, load: float) -> None:
    a = Fraction(load)
    last = a**servers / factorial(servers) * servers / (servers - a)
    exact = last / (sum(a**k / factorial(k) for k in range(servers)) + last)
    assert erlang_c(servers, load) == pytest.approx(float(exact), rel=1e-9)


def test_for_one_server_the_mean_is_pollaczek_and_khinchines() -> None:
    station = Station(1, mean=0.02, cv=1.7)
    probability, wait = station.waiting(30.0)
    exact = 30.0 * 0.02**2 * (1 + 1.7**2) / 2 / (1 - 0.6)
    assert probability * wait == pytest.approx(exact)


def test_what_is_offered_too_much_has_no_steady_state() -> None:
    with pytest.raises(ValueError, match=r"1\.00 of what it bears"):
        Station(2, 0.1, 1.0).waiting(20.0)


@pytest.mark.parametrize("servers", [1, 2, 8])
@pytest.mark.parametrize("cv", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("load", [0.3, 0.6, 0.85])
def test_quantiles_are_near_those_of_a_simulation(servers: int, cv: float, load: float) -> None:
    services = lognormal(200_000, 0.05, cv, seed=1)
    rate = load * servers / 0.05
    seen = simulated(servers, rate, services)
    stay = stays(services, Station(servers, 0.05, cv), rate)
    # How far off such approximations are, as docs/loadtests.md says: p99 most where service times
    # vary much, since the waits for a few very long ones are no exponential.
    assert stay(0.5) == pytest.approx(np.quantile(seen, 0.5), rel=0.25)
    assert stay(0.99) == pytest.approx(np.quantile(seen, 0.99), rel=0.15 if cv <= 1 else 0.25)


def test_the_highest_rate_keeps_the_bound_and_a_higher_one_breaks_it() -> None:
    services = lognormal(200_000, 0.05, 0.8, seed=2)
    station = Station(4, 0.05, 0.8)
    rate = most(services, station, bound=0.4)
    assert np.quantile(simulated(4, 0.9 * rate, services), 0.99) < 0.4
    assert np.quantile(simulated(4, 1.1 * rate, services), 0.99) > 0.4


def test_what_an_asset_alone_breaks_no_rate_keeps() -> None:
    services = lognormal(1_000, 0.05, 0.8, seed=2)
    assert most(services, Station(4, 0.05, 0.8), bound=0.01) == 0.0
