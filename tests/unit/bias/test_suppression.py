"""What is published is attacked by linear programming, as an outsider would."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import linprog

from gencheck.bias import suppression
from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.monk import GROUPS, TONES
from gencheck.bias.records import CROSS
from gencheck.bias.results import AttributeAudit
from gencheck.bias.suppression import suppress
from gencheck.deadline import NO_DEADLINE

Range = tuple[float, float]


def _audits(*tables: CountTable) -> tuple[AttributeAudit, ...]:
    return audit_tables(state_of(tables), {}, deadline=NO_DEADLINE).audits


def group_of(tone: str) -> str:
    return next(name for name, tones in GROUPS.items() if int(tone) in tones)


class Attacker:
    """Knows a published report, and that counts are not negative. Everything else is unknown."""

    def __init__(self, shown: Sequence[AttributeAudit]) -> None:
        self.names: list[tuple[str, str, str]] = []
        self.rows: list[dict[tuple[str, str, str], float]] = []
        self.known: dict[tuple[str, str, str], float] = {}
        for audit in shown:
            keys = [(audit.prompt, audit.attribute, s.category) for s in audit.shares]
            people = (audit.prompt, audit.attribute, "all people")
            self.names += [*keys, people]
            self.rows.append({people: 1.0, **dict.fromkeys(keys, -1.0)})
            if not (audit.withheld and audit.n == 0):
                self.known[people] = audit.n
            for key, share in zip(keys, audit.shares, strict=True):
                if not share.suppressed:
                    self.known[key] = share.count
        self._prompts(shown)
        self._refinements(shown)

    def _prompts(self, shown: Sequence[AttributeAudit]) -> None:
        for attribute in {a.attribute for a in shown}:
            tables = [a for a in shown if a.attribute == attribute]
            prompts = [a.prompt for a in tables if a.prompt]
            if len(tables) > 1:
                for name in [*(s.category for s in tables[0].shares), "all people"]:
                    parts = {(p, attribute, name): -1.0 for p in prompts}
                    self.rows.append({("", attribute, name): 1.0, **parts})

    def _refinements(self, shown: Sequence[AttributeAudit]) -> None:
        have = {(a.prompt, a.attribute): a for a in shown}
        for (prompt, attribute), table in have.items():
            if (attribute, (prompt, "skin_tone_group") in have) == ("skin_tone", True):
                for group in GROUPS:
                    parts = {(prompt, "skin_tone", t): -1.0 for t in TONES if group_of(t) == group}
                    self.rows.append({(prompt, "skin_tone_group", group): 1.0, **parts})
            for index, part in enumerate(attribute.split(CROSS)):
                if part != attribute and (prompt, part) in have:
                    for share in have[prompt, part].shares:
                        inside = {
                            (prompt, attribute, s.category): -1.0
                            for s in table.shares
                            if s.category.split(CROSS)[index] == share.category
                        }
                        self.rows.append({(prompt, part, share.category): 1.0, **inside})

    def range_of(self, key: tuple[str, str, str]) -> Range:
        """The least and the most that a cell can be."""
        index = {name: i for i, name in enumerate(self.names)}
        matrix = np.zeros((len(self.rows), len(index)))
        for row, terms in enumerate(self.rows):
            for name, factor in terms.items():
                matrix[row, index[name]] = factor
        bounds = [
            (self.known[n], self.known[n]) if n in self.known else (0, 1e6) for n in self.names
        ]
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(index))
            goal[index[key]] = sign
            found = linprog(goal, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds)
            assert found.status == 0, found.message
            ends.append(sign * found.fun)
        return ends[0], ends[1]


def _attack(audits: Sequence[AttributeAudit], min_cell: int = 5) -> int:
    """Asserts that each small cell could be one more or one less; how many there are."""
    shown = suppress(audits, min_cell)
    attacker, small = Attacker(shown), 0
    for true, published in zip(audits, shown, strict=True):
        assert published.finding is true.finding
        for share, told in zip(true.shares, published.shares, strict=True):
            if not 0 < share.count < min_cell:
                continue
            small += 1
            assert told.suppressed
            assert told.count == 0
            low, high = attacker.range_of((true.prompt, true.attribute, share.category))
            assert low <= share.count - 1 + 1e-6, (true.prompt, share)
            assert high >= share.count + 1 - 1e-6, (true.prompt, share)
    return small


def _without_cover(audits: Sequence[AttributeAudit], monkeypatch: pytest.MonkeyPatch) -> Range:
    with monkeypatch.context() as patch:
        patch.setattr(suppression, "_cover", lambda *_: None)
        shown = suppress(audits, 5)
    key = next(
        (a.prompt, a.attribute, s.category)
        for a, p in zip(audits, shown, strict=True)
        for s, told in zip(a.shares, p.shares, strict=True)
        if told.suppressed
    )
    return Attacker(shown).range_of(key)


def test_one_withheld_cell_alone_would_be_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    audits = _audits(CountTable("", "g", {"m": 40, "f": 3, "x": 20}))
    assert _without_cover(audits, monkeypatch) == pytest.approx((3, 3))
    (shown,) = suppress(audits, 5)
    assert [s.suppressed for s in shown.shares] == [True, False, True]  # f, m, x: the smaller one
    assert (shown.n, shown.shares[1].count) == (63, 40)
    assert _attack(audits) == 1


def test_a_table_tells_nothing_made_of_what_it_withholds() -> None:
    (shown,) = suppress(_audits(CountTable("", "g", {"m": 97, "f": 3}, 9)), 5)
    assert shown.withheld
    assert (shown.p_value, shown.p_adjusted) == (None, None)
    assert (shown.distance, shown.distance_low, shown.distance_high) == (0, 0, 1)
    assert {(s.count, s.share, s.low, s.high) for s in shown.shares} == {(0, 0, 0, 1)}
    assert "Cells of few people are withheld" in shown.notes[-1]
    assert not [note for note in shown.notes if "97" in note or "100 people" in note]


def test_large_tables_stay_as_they_are() -> None:
    audits = _audits(CountTable("", "g", {"m": 40, "f": 30, "x": 0}))
    assert suppress(audits, 5) == audits
    assert suppress(_audits(CountTable("", "g", {"m": 40, "f": 3})), 1)[0].shares[0].count == 3


def test_few_people_in_all() -> None:
    (shown,) = suppress(_audits(CountTable("", "g", {"m": 3, "f": 0})), 5)
    assert shown.n == 0
    assert all(share.suppressed for share in shown.shares)


@pytest.mark.parametrize("seed", range(6))
def test_prompts_and_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = [
        CountTable(f"prompt {i}", "g", {c: float(rng.choice([0, 2, 7, 30])) for c in "abc"})
        for i in range(4)
    ]
    assert _attack(_audits(*tables))


@pytest.mark.parametrize("seed", range(4))
def test_tones_and_their_groups(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tables = []
    for prompt in ("a", "b", "c"):
        tones = {t: float(rng.choice([0, 1, 4, 9, 30])) for t in TONES}
        groups = dict.fromkeys(GROUPS, 0.0)
        for tone, people in tones.items():
            groups[group_of(tone)] += people
        tables += [
            CountTable(prompt, "skin_tone", tones),
            CountTable(prompt, "skin_tone_group", groups),
        ]
    assert _attack(_audits(*tables))


@pytest.mark.parametrize("seed", (0, 1, 2, 4))
def test_crossed_attributes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = {
        f"{g}{CROSS}{a}": float(rng.choice([0, 1, 3, 12]))
        for g, a in itertools.product("mf", "123")
    }
    sides = [dict.fromkeys("mf", 0.0), dict.fromkeys("123", 0.0)]
    for name, people in cells.items():
        for side, part in zip(sides, name.split(CROSS), strict=True):
            side[part] += people
    crossed = CountTable("", f"g{CROSS}age", cells)
    assert _attack(_audits(crossed, CountTable("", "g", sides[0]), CountTable("", "age", sides[1])))


def test_too_much_to_tell_withholds_the_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_MOST_TOGETHER", 10)
    tables = [CountTable(f"p{i}", "g", {"a": 2, "b": 9 + i, "c": 1}) for i in range(9)]
    audits = _audits(*tables)
    shown = suppress(audits, 5)
    assert [share.count for share in shown[0].shares] == [18, 117, 9]
    assert all(share.suppressed for audit in shown[1:] for share in audit.shares)
    assert _attack(audits) == 18
