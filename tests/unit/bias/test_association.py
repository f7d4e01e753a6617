from __future__ import annotations

import numpy as np
import pytest

from gencheck.bias.association import MOST_DRIVERS, Association, associations
from gencheck.bias.counts import CountTable, state_of
from gencheck.deadline import NO_DEADLINE


def _found(*tables: CountTable, minimum_people: int = 10) -> tuple[Association, ...]:
    return associations(state_of(tables), minimum_people=minimum_people, deadline=NO_DEADLINE)


def _of(prompt: str, m: float, f: float) -> CountTable:
    return CountTable(prompt, "g", {"m": m, "f": f})


def test_professions_of_one_gender() -> None:
    even = [_of(f"a person, {i}", 50, 50) for i in range(6)]
    (found,) = _found(_of("a doctor", 90, 10), _of("a nurse", 12, 88), *even)
    assert found.p_adjusted < 1e-6
    assert (found.prompts, found.n) == (8, 800)
    assert found.effect.low > 0.2
    # Of two categories the one in excess is told: the other would say the same again.
    told = {(driver.prompt, driver.category) for driver in found.drivers}
    assert told == {("a doctor", "m"), ("a nurse", "f")}
    first = found.drivers[0]
    assert abs(first.share - first.expected) >= 0.38
    assert min(first.share, first.expected) < first.pooled < max(first.share, first.expected)


def test_the_same_everywhere() -> None:
    (found,) = _found(*[_of(f"p{i}", 70, 30) for i in range(5)])
    assert found.p_value == pytest.approx(1.0)
    assert (found.effect.value, found.drivers) == (0, ())


def test_one_prompt_has_none_and_neither_has_the_whole() -> None:
    assert _found(_of("p", 70, 30), _of("", 30, 70)) == ()


def test_small_prompts_are_tested_but_not_told() -> None:
    others = [_of(f"p{i}", 50, 50) for i in range(4)]
    tables = [_of("few", 0, 9), *others, _of("many", 95, 5)]
    (found,) = _found(*tables)
    assert {driver.prompt for driver in found.drivers} == {"many"}
    (found,) = _found(*tables, minimum_people=5)
    assert found.prompts == 6


def test_attributes_correct_each_other_and_models_stay_apart() -> None:
    tables = [
        CountTable(prompt, attribute, {"x": 30 + 6 * sign, "y": 30 - 6 * sign}, 0.0, model)
        for attribute, model in (("a", ""), ("b", ""), ("b", "reader@2"))
        for prompt, sign in (("p", 1), ("q", -1))
    ]
    found = _found(*tables)
    assert [(a.attribute, a.model) for a in found] == [("a", ""), ("b", ""), ("b", "reader@2")]
    for one in found:
        assert one.p_value == pytest.approx(0.028460, abs=1e-5)
        assert one.p_adjusted == pytest.approx(3 * one.p_value)
        assert one.drivers == ()


def test_at_most_so_many_are_told() -> None:
    tables = [_of(f"p{i:02d}", *((95, 5) if i % 2 else (5, 95))) for i in range(30)]
    (found,) = _found(*tables)
    assert len(found.drivers) == MOST_DRIVERS


def test_false_drivers_are_rare() -> None:
    rng = np.random.default_rng(9)
    false = 0
    for _ in range(60):
        draws = rng.multinomial(40, [0.5, 0.3, 0.2], size=12)
        tables = [
            CountTable(f"p{i}", "t", dict(zip("abc", map(float, row), strict=True)))
            for i, row in enumerate(draws)
        ]
        false += any(a.drivers for a in _found(*tables))
    # 5 % of 60 is 3; 9 is the 99.8 % quantile.
    assert false <= 9
