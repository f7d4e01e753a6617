from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency
from statsmodels.stats.proportion import confint_proportions_2indep

from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.pairs import PromptPair, compare_pairs
from gencheck.deadline import NO_DEADLINE
from gencheck.errors import InvalidArgument


def _pair(first: dict[str, float], second: dict[str, float]) -> PromptPair:
    state = state_of([CountTable("a", "g", first), CountTable("b", "g", second)])
    (found,) = compare_pairs(state, [("a", "b")], deadline=NO_DEADLINE)
    return found


def test_two_prompts() -> None:
    found = _pair({"m": 70, "f": 30}, {"m": 40, "f": 60})
    assert found.p_value == pytest.approx(
        chi2_contingency([[70, 30], [40, 60]], correction=False).pvalue
    )
    m = next(d for d in found.differences if d.category == "m")
    assert m.difference == pytest.approx(0.3)
    newcombe = confint_proportions_2indep(70, 100, 40, 100, method="newcomb")
    assert (m.low, m.high) == pytest.approx(newcombe, abs=0.01)


def test_a_category_that_one_prompt_lacks() -> None:
    found = _pair({"m": 30}, {"f": 30})
    assert {d.category: d.difference for d in found.differences} == {"f": -1.0, "m": 1.0}
    assert all(-1 <= d.low <= d.difference <= d.high <= 1 for d in found.differences)


def test_no_people() -> None:
    found = _pair({"m": 0}, {"m": 0})
    assert (found.p_value, found.p_adjusted, found.differences) == (None, None, ())


def test_many_pairs_correct_each_other() -> None:
    tables = [CountTable(p, "g", {"m": m, "f": 100 - m}) for p, m in (("a", 60), ("b", 45))]
    state = state_of([*tables, CountTable("c", "other", {"x": 1})])
    once, again = compare_pairs(state, [("a", "b"), ("b", "a")], deadline=NO_DEADLINE)
    assert once.p_value is not None
    assert once.p_adjusted == again.p_adjusted == pytest.approx(2 * once.p_value)
    assert compare_pairs(state, [("a", "c")], deadline=NO_DEADLINE) == ()


@pytest.mark.parametrize("pair", [("a", "nobody"), ("a", "")])
def test_unknown_prompts(pair: tuple[str, str]) -> None:
    state = state_of([CountTable("a", "g", {"m": 1}), CountTable("", "g", {"m": 1})])
    with pytest.raises(InvalidArgument, match="no counts of the prompt"):
        compare_pairs(state, [pair], deadline=NO_DEADLINE)


def test_intervals_hold_at_once() -> None:
    rng = np.random.default_rng(3)
    p, q = np.array([0.6, 0.3, 0.1]), np.array([0.4, 0.3, 0.3])
    missed = 0
    for _ in range(200):
        a, b = (dict(zip("xyz", map(float, rng.multinomial(60, s)), strict=True)) for s in (p, q))
        found = {d.category: d for d in _pair(a, b).differences}
        true = dict(zip("xyz", p - q, strict=True))
        missed += any(not d.low <= true[c] <= d.high for c, d in found.items())
    # 5 % of 200 is 10; 20 is the 99.8 % quantile.
    assert missed <= 20
