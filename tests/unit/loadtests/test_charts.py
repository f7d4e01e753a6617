import re

import numpy as np
import pytest

from loadtests import charts
from loadtests.records import Fate, Records
from loadtests.summary import Window, windows


def records(n: int = 400) -> Records:
    at = np.sort(np.random.default_rng(1).uniform(0, 20, n))
    fate = np.where(np.arange(n) % 4 == 3, Fate.REFUSED, Fate.ANSWERED)
    return Records(
        at=at,
        lateness=np.zeros(n),
        latency=np.random.default_rng(2).lognormal(-3, 1, n),
        kind=np.zeros(n, np.int8),
        phase=(at > 10).astype(np.int16),
        fate=fate.astype(np.int8),
        code=np.zeros(n, np.int16),
        verdict=np.ones(n, np.int8),
    )


PHASES = [("one", 10.0), ("two", 10.0)]


@pytest.mark.parametrize(
    ("highest", "steps"),
    [(1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (9.0, [0, 2, 4, 6, 8, 10]), (250.0, [0, 50, 100, 150])],
)
def test_axes_have_round_steps_that_reach_the_highest(highest: float, steps: list[float]) -> None:
    found = charts.nice_steps(highest)
    assert found[: len(steps)] == pytest.approx(steps)
    assert found[-1] >= highest


def test_instants_are_such_as_a_clock_has() -> None:
    assert charts.nice_seconds(60) == [0, 10, 20, 30, 40, 50, 60]
    assert len(charts.nice_seconds(1830)) <= 10
    assert charts.clock(95) == "1:35"
    assert (charts.seconds_text(0.0123), charts.seconds_text(1.5)) == ("12.3 ms", "1.5 s")


def places(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([-\d.]+),([-\d.]+)", points)]


def test_every_line_stays_in_the_field() -> None:
    cut = windows(records(), 20.0)
    drawn = [
        charts.rates(cut, PHASES),
        charts.latencies(cut, PHASES),
        charts.percentiles(records(), PHASES),
    ]
    for chart in drawn:
        assert chart.lines
        for line in (*chart.lines, *chart.areas):
            for x, y in places(line.points):
                assert charts.LEFT - 0.1 <= x <= charts.WIDTH - charts.RIGHT + 0.1
                assert charts.TOP - 0.1 <= y <= charts.HEIGHT - charts.BOTTOM + 0.1
        for tick in (*chart.x_ticks, *chart.y_ticks):
            assert tick.text


def test_layers_stand_on_each_other_up_to_what_was_offered() -> None:
    chart = charts.rates([Window(0, 1, 10, 6, 4, 0, 0.1, 0.2)] * 2, [("one", 2.0)])
    assert [area.name for area in chart.areas] == ["answered", "refused"]
    tops = [min(y for _, y in places(area.points)) for area in chart.areas]
    assert tops[0] > tops[1]  # up is less
    assert tops[1] == pytest.approx(places(chart.lines[0].points)[0][1])


def test_curves_of_percentiles_never_fall() -> None:
    for line in charts.percentiles(records(), PHASES).lines:
        heights = [y for _, y in places(line.points)]
        assert heights == sorted(heights, reverse=True)


def test_of_a_run_without_answers_there_is_a_page_all_the_same() -> None:
    empty = records(0)
    assert charts.rates(windows(empty, 5.0), [("one", 5.0)]).areas == ()
    assert charts.percentiles(empty, [("one", 5.0)]).lines == ()
    assert charts.latencies(windows(empty, 5.0), [("one", 5.0)]).y_ticks
