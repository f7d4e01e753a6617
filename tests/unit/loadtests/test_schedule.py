import numpy as np
import pytest

from loadtests.scenario import CLASSES, Phase, Scenario
from loadtests.schedule import make_schedule


def scenario(*phases: Phase, arrivals: str = "poisson", seed: int = 3) -> Scenario:
    mix = {"image": 3.0, "mesh": 1.0}
    return Scenario("x", "", phases, mix, "x", arrivals=arrivals, seed=seed)


def test_independent_callers_come_at_exponential_distances() -> None:
    schedule = make_schedule(scenario(Phase("one", 1_000, rate=50)))
    distances = np.diff(schedule.at)
    assert len(schedule) == pytest.approx(50_000, rel=0.02)
    assert distances.mean() == pytest.approx(1 / 50, rel=0.02)
    assert distances.std() == pytest.approx(1 / 50, rel=0.02)  # as of an exponential
    assert (distances >= 0).all()
    assert schedule.at.max() < 1_000


def test_constant_arrivals_are_evenly_spaced() -> None:
    schedule = make_schedule(scenario(Phase("one", 10, rate=4), arrivals="constant"))
    assert len(schedule) == 40
    np.testing.assert_allclose(np.diff(schedule.at), 0.25)


def test_a_seed_fixes_everything() -> None:
    phases = (Phase("one", 20, rate=10), Phase("two", 5, rate=100))
    first, again = (make_schedule(scenario(*phases)) for _ in range(2))
    np.testing.assert_array_equal(first.at, again.at)
    np.testing.assert_array_equal(first.kind, again.kind)
    other = make_schedule(scenario(*phases, seed=4))
    assert len(other) != len(first) or (other.at != first.at).any()


def test_phases_follow_each_other_and_keep_their_mix() -> None:
    phases = (Phase("one", 100, rate=100), Phase("two", 100, rate=100, mix={"sound": 1}))
    schedule = make_schedule(scenario(*phases))
    one, two = (schedule.phase == number for number in range(2))
    assert schedule.at[one].max() < 100 <= schedule.at[two].min()
    meshes = (schedule.kind[one] == CLASSES.index("mesh")).mean()
    assert meshes == pytest.approx(0.25, abs=0.02)
    assert set(schedule.kind[two]) == {CLASSES.index("sound")}


@pytest.mark.parametrize(("first", "last"), [(0.0001, 100.0), (100.0, 0.0), (20.0, 80.0)])
def test_a_rate_can_change_steadily(first: float, last: float) -> None:
    schedule = make_schedule(scenario(Phase("ramp", 200, rate=first, until=last)))
    assert len(schedule) == pytest.approx(200 * (first + last) / 2, rel=0.05)
    counts = np.histogram(schedule.at, bins=10, range=(0, 200))[0]
    middles = np.linspace(0.05, 0.95, 10)
    np.testing.assert_allclose(counts, 20 * (first + (last - first) * middles), atol=180, rtol=0.2)


def test_parts_are_the_whole() -> None:
    schedule = make_schedule(scenario(Phase("one", 50, rate=20)))
    parts = [schedule.part(number, 3) for number in range(3)]
    together = np.sort(np.concatenate([part.at for part in parts]))
    np.testing.assert_array_equal(together, schedule.at)
