import numpy as np
import pytest

from loadtests.records import Fate, Records
from loadtests.scenario import Phase, Scenario
from loadtests.summary import figures_of, recovery, summarise, windows


def records(
    at: list[float], latency: list[float], fate: list[Fate], phase: list[int] | None = None
) -> Records:
    n = len(at)
    return Records(
        at=np.array(at, float),
        lateness=np.zeros(n),
        latency=np.array(latency, float),
        kind=np.zeros(n, np.int8),
        phase=np.array(phase or [0] * n, np.int16),
        fate=np.array(fate, np.int8),
        code=np.zeros(n, np.int16),
        verdict=np.where(np.array(fate) == Fate.ANSWERED, 3, 0).astype(np.int8),
    )


def test_every_asset_is_counted_once() -> None:
    fates = [Fate.ANSWERED] * 6 + [Fate.REFUSED, Fate.LATE, Fate.UNAVAILABLE, Fate.FAILED]
    figures = figures_of(
        records(list(range(10)), [0.1] * 10, fates), phase="x", kind="all", seconds=2.0
    )
    assert figures.goodput == 3.0
    shares = [figures.figure(name) for name in ("answered", "refused", "late", "errors")]
    assert shares == [0.6, 0.1, 0.1, 0.2]
    assert figures.verdicts == {"FAIL": 6}


@pytest.mark.parametrize(("n", "known"), [(50, False), (99, False), (100, True)])
def test_a_p99_needs_an_answer_beyond_it(n: int, known: bool) -> None:
    part = records([0.0] * n, [0.1] * n, [Fate.ANSWERED] * n)
    figures = figures_of(part, phase="x", kind="all", seconds=1.0)
    assert (figures.figure("p99") is not None) == known
    assert figures.figure("p50") == pytest.approx(0.1, rel=2e-3)


def test_only_answers_have_a_latency() -> None:
    part = records([0, 0, 0], [0.1, 5.0, 5.0], [Fate.ANSWERED, Fate.LATE, Fate.REFUSED])
    assert figures_of(part, phase="x", kind="all", seconds=1).latency["max"] < 0.2


def test_figures_come_by_phase_and_class() -> None:
    phases = (Phase("one", 5, rate=1), Phase("two", 5, rate=1), Phase("three", 5, rate=1))
    scenario = Scenario("x", "", phases, {"image": 1, "mesh": 1}, "x")
    part = records([1, 2, 6], [0.1] * 3, [Fate.ANSWERED] * 3, [0, 0, 1])
    found = summarise(scenario, part, [5, 5, 0])
    assert [(f.phase, f.kind, f.offered) for f in found] == [
        ("one", "all", 2),
        ("one", "image", 2),
        ("one", "mesh", 0),
        ("two", "all", 1),
        ("two", "image", 1),
        ("two", "mesh", 0),
    ]


def test_windows_keep_every_asset() -> None:
    at = np.sort(np.random.default_rng(1).uniform(0, 9.5, 400))
    part = records(list(at), [0.1] * 400, [Fate.ANSWERED] * 300 + [Fate.REFUSED] * 100)
    cut = windows(part, 9.5)
    assert sum(w.offered for w in cut) == 400
    assert sum(w.answered for w in cut) == 300
    assert sum(w.refused for w in cut) == 100
    assert cut[-1].seconds == pytest.approx(0.5)


def test_recovery_is_the_end_of_the_last_bad_second() -> None:
    at = [10 + 0.1 * i for i in range(100)]
    latency = [5.0 if t < 13.5 else 0.1 for t in at]
    part = records(at, latency, [Fate.ANSWERED] * 100)
    assert recovery(part, 10.0, 10.0, usual=0.5) == pytest.approx(4.0)
    assert recovery(part, 10.0, 10.0, usual=9.0) == 0.0


def test_who_is_refused_to_the_end_has_not_recovered() -> None:
    at = [0.1 * i for i in range(100)]
    part = records(at, [0.1] * 100, [Fate.REFUSED] * 100)
    assert recovery(part, 0.0, 10.0, usual=0.5) is None
    assert recovery(records([], [], []), 0.0, 10.0, usual=0.5) is None
