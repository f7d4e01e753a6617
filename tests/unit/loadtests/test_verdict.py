from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gencheck.errors import InvalidArgument, NotFound
from loadtests.records import Fate, Records
from loadtests.scenario import Phase, Scenario
from loadtests.slo import Rule, Slo, load_slo
from loadtests.summary import summarise
from loadtests.verdict import Evidence, Judged, generator_of, judge

PHASES = (Phase("peak", 10, rate=20), Phase("overload", 10, rate=60), Phase("after", 10, rate=20))


def evidence(**changes: Any) -> Evidence:
    """A run of 20, 60 and 20 assets a second, of which 20 a second are answered in 0.1 s."""
    at = np.concatenate([np.linspace(0, 9.99, 200), np.linspace(10, 19.99, 600)])
    at = np.concatenate([at, np.linspace(20, 29.99, 200)])
    phase = np.repeat([0, 1, 2], [200, 600, 200])
    fate = np.full(1000, Fate.ANSWERED)
    fate[(phase == 1) & (np.arange(1000) % 3 > 0)] = Fate.REFUSED
    records = Records(
        at=at,
        lateness=changes.pop("lateness", np.full(1000, 0.001)),
        latency=changes.pop("latency", np.full(1000, 0.1)),
        kind=np.zeros(1000, np.int8),
        phase=phase.astype(np.int16),
        fate=fate.astype(np.int8),
        code=np.zeros(1000, np.int16),
        verdict=np.ones(1000, np.int8),
    )
    scenario = Scenario("x", "", PHASES, {"image": 1}, "x")
    seconds = [10.0, 10.0, 10.0]
    figures = summarise(scenario, records, seconds)
    generator = generator_of(records, processes=1, cpu=0.1)
    return Evidence(scenario, records, figures, seconds, generator, **changes)


def verdict_of(rule: Rule, **changes: Any) -> Judged:
    return judge(evidence(**changes), Slo((rule,))).verdict


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Rule("p50", at_most=0.2), Judged.PASS),
        (Rule("p50", at_most=0.05), Judged.FAIL),
        (Rule("refused", at_most=0.0, phase="peak"), Judged.PASS),
        (Rule("refused", at_most=0.5, phase="overload"), Judged.FAIL),
        (Rule("errors", at_most=0.0), Judged.PASS),
        (Rule("goodput", at_least=0.8, of="peak", phase="overload"), Judged.PASS),
        (Rule("goodput", at_least=1.2, of="peak", phase="overload"), Judged.FAIL),
        (Rule("p99", at_most=2.0, of="peak", phase="overload"), Judged.PASS),
        (Rule("p999", at_most=2.0, phase="peak"), Judged.INCONCLUSIVE),  # 200 answers are too few
        (Rule("p99", at_most=2.0, kind="mesh"), Judged.INCONCLUSIVE),
        (Rule("p99", at_most=2.0, phase="elsewhere"), Judged.INCONCLUSIVE),
        (Rule("rss_slope", at_most=1.0), Judged.INCONCLUSIVE),
        (Rule("goodput", at_least=0.5, of="capacity"), Judged.INCONCLUSIVE),
        (Rule("recovery", at_most=5.0, phase="after", of="peak"), Judged.PASS),
    ],
)
def test_one_rule(rule: Rule, expected: Judged) -> None:
    assert verdict_of(rule) is expected


def test_capacity_and_memory_come_from_the_run() -> None:
    assert verdict_of(Rule("goodput", at_least=0.9, of="capacity"), capacity=22.0) is Judged.PASS
    assert verdict_of(Rule("goodput", at_least=0.9, of="capacity"), capacity=30.0) is Judged.FAIL
    slopes = {"router": {"peak": 1e3, "overload": 5e4, "after": 0.0}}
    assert verdict_of(Rule("rss_slope", at_most=1.0), rss_slopes=slopes) is Judged.FAIL
    one = Rule("rss_slope", at_most=1.0, phase="peak")
    assert verdict_of(one, rss_slopes=slopes) is Judged.PASS


def test_who_stays_slow_has_not_recovered() -> None:
    latency = np.full(1000, 0.1)
    latency[800:] = 3.0
    rule = Rule("recovery", at_most=5.0, phase="after", of="peak")
    assert verdict_of(rule, latency=latency) is Judged.FAIL


@pytest.mark.parametrize("bound", [0.2, 0.05])
def test_a_generator_that_falls_behind_proves_nothing(bound: float) -> None:
    lateness = np.full(1000, 0.001)
    lateness[::50] = 0.4
    found = judge(evidence(lateness=lateness), Slo((Rule("p50", at_most=bound),)))
    assert found.verdict is Judged.INCONCLUSIVE
    assert "fell behind" in found.reasons[0]


def test_assets_that_were_not_sent_prove_nothing() -> None:
    lateness = np.full(1000, 0.001)
    lateness[5] = np.nan
    found = judge(evidence(lateness=lateness), Slo((Rule("p50", at_most=0.2),)))
    assert found.verdict is Judged.INCONCLUSIVE
    assert "could not send 1 " in found.reasons[0]


def test_a_run_that_was_broken_off_proves_nothing() -> None:
    found = judge(evidence(broken_off=True), Slo((Rule("p50", at_most=0.2),)))
    assert found.verdict is Judged.INCONCLUSIVE
    assert "broken off" in found.reasons[0]


def test_a_broken_bound_beats_one_that_cannot_be_judged() -> None:
    rules = (Rule("p999", at_most=1.0, phase="peak"), Rule("p50", at_most=0.05))
    found = judge(evidence(), Slo(rules))
    assert found.verdict is Judged.FAIL
    assert len(found.held) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[x]\n[[x.rule]]\nfigure = 'p5'\nat_most = 1", "p5"),
        ("[x]\n[[x.rule]]\nfigure = 'p50'", "at_most or at_least"),
        ("[x]\n[[x.rule]]\nfigure = 'recovery'\nat_most = 1", "usual phase"),
        ("[y]", r"no section \[x\]"),
        ("[x]", "rule"),
        ("[x", "no TOML"),
    ],
)
def test_slos_that_make_no_sense_are_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "slo.toml"
    path.write_text(text)
    with pytest.raises(InvalidArgument, match=said):
        load_slo("x", path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no\.toml"):
        load_slo("x", tmp_path / "no.toml")
