from pathlib import Path
from typing import Any

import pytest

from gencheck.errors import InvalidArgument, NotFound
from loadtests.scenario import SCENARIOS, load_scenario, parse_scenario
from loadtests.slo import load_slo

PHASE = {"name": "one", "seconds": 5.0, "rate": 2.0}


def table(**changes: Any) -> dict[str, Any]:
    return {"description": "d", "mix": {"image": 1}, "phase": [PHASE], **changes}


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_that_is_shipped_can_be_read_and_judged(path: Path) -> None:
    scenario = load_scenario(path.stem)
    rules = load_slo(scenario.slo).rules
    names = {phase.name for phase in scenario.phases}
    assert {rule.phase for rule in rules} - {""} <= names
    assert {rule.of for rule in rules} - {"", "capacity"} <= names
    kinds = {kind for phase in scenario.phases for kind in scenario.mix_of(phase)}
    assert {rule.kind for rule in rules} - {"all"} <= kinds


def test_a_load_becomes_a_rate() -> None:
    phases = [PHASE, {"name": "two", "seconds": 5, "load": 0.5, "until": 1.5}]
    scenario = parse_scenario("x", table(phase=phases, capacity={}))
    rated = scenario.with_rates(80.0)
    assert [(phase.rate, phase.until) for phase in rated.phases] == [(2.0, None), (40.0, 120.0)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arrivals": "bursts"}, "arrivals"),
        ({"phase": []}, "phases"),
        ({"phase": [PHASE, PHASE]}, "same name"),
        ({"phase": [{**PHASE, "rate": 0.0}]}, "rate or a load"),
        ({"phase": [{**PHASE, "load": 2.0}]}, "rate or a load"),
        ({"phase": [{"name": "x", "seconds": 1, "load": 2.0}]}, "no \\[capacity\\]"),
        ({"mix": {"hologram": 1}}, "hologram"),
        ({"mix": {}}, "a mix needs"),
        ({"mix": {"image": -1, "mesh": 2}}, "a mix needs"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_scenario("x", table(**changes))


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="smoke"):
        load_scenario("nonsense")
    broken = tmp_path / "broken.toml"
    for text, said in (("a = ", "no TOML"), ("x = 1", "missing"), ("phase = []\nx = 1", "x")):
        broken.write_text(text)
        with pytest.raises(InvalidArgument, match=said) as caught:
            load_scenario(str(broken))
        assert str(broken) in str(caught.value)
