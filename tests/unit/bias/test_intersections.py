from __future__ import annotations

import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.records import CROSS
from gencheck.bias.results import CrossedAttribute
from gencheck.deadline import NO_DEADLINE

ATTRIBUTE = f"gender{CROSS}tone"


def _crossed(counts: dict[tuple[str, str], float]) -> tuple[CrossedAttribute, ...]:
    table = CountTable("", ATTRIBUTE, {CROSS.join(key): n for key, n in counts.items()})
    return audit_tables(state_of([table]), {}, deadline=NO_DEADLINE).crossed


def test_worst_off_comes_first() -> None:
    (found,) = _crossed(
        {("f", "dark"): 6, ("f", "light"): 44, ("m", "dark"): 40, ("m", "light"): 30}
    )
    assert (found.attribute, found.n) == (ATTRIBUTE, 120)
    worst = found.intersections[0]
    assert worst.category == CROSS.join(("f", "dark"))
    assert worst.fewer
    # Both halves are far from rare: it is their meeting that is.
    assert worst.independent == pytest.approx(50 / 120 * 46 / 120)
    assert worst.share < worst.pooled < worst.independent
    assert [i.fewer for i in found.intersections[1:]] == [False] * 3


def test_too_few_people() -> None:
    assert _crossed({("f", "dark"): 1, ("f", "light"): 4, ("m", "dark"): 4}) == ()


def test_plain_attributes_have_none() -> None:
    state = state_of([CountTable("", "gender", {"f": 60, "m": 60})])
    assert audit_tables(state, {}, deadline=NO_DEADLINE).crossed == ()
    odd = state_of([CountTable("", ATTRIBUTE, {"f": 60, "m": 60})])
    assert audit_tables(odd, {}, deadline=NO_DEADLINE).crossed == ()
