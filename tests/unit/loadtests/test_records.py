from pathlib import Path

import numpy as np

from loadtests.records import Fate, Records
from loadtests.run import cut
from loadtests.scenario import Phase, Scenario


def records(at: list[float], fate: list[Fate]) -> Records:
    n = len(at)
    return Records(
        at=np.array(at),
        lateness=np.zeros(n),
        latency=np.ones(n),
        kind=np.zeros(n, np.int8),
        phase=np.zeros(n, np.int16),
        fate=np.array(fate, np.int8),
        code=np.zeros(n, np.int16),
        verdict=np.zeros(n, np.int8),
    )


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    one = records([0.5, 1.5], [Fate.ANSWERED, Fate.LATE])
    one.save(tmp_path / "records.npz")
    again = Records.load(tmp_path / "records.npz")
    for name in Records.__slots__:
        np.testing.assert_array_equal(getattr(again, name), getattr(one, name))
        assert getattr(again, name).dtype == getattr(one, name).dtype


def test_rows_of_several_clients_come_in_the_order_of_time() -> None:
    parts = [records([0.0, 2.0], [Fate.ANSWERED] * 2), records([1.0, 3.0], [Fate.LATE] * 2)]
    together = Records.together(parts)
    assert list(together.at) == [0, 1, 2, 3]
    assert list(together.fate) == [Fate.ANSWERED, Fate.LATE] * 2


def test_a_run_that_was_broken_off_ends_with_the_last_that_was_sent() -> None:
    scenario = Scenario("x", "", (Phase("a", 2, 1), Phase("b", 2, 1), Phase("c", 2, 1)), {}, "x")
    fates = [Fate.ANSWERED] * 3 + [Fate.NOT_SENT] * 2
    kept, seconds = cut(scenario, records([0.5, 1.5, 3.0, 3.5, 5.0], fates))
    assert list(kept.at) == [0.5, 1.5, 3.0]
    assert seconds == [2.0, 1.0, 0.0]
    nothing, none = cut(scenario, records([0.5], [Fate.NOT_SENT]))
    assert len(nothing) == 0
    assert none == [0.0, 0.0, 0.0]
