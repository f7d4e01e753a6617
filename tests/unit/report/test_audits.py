from __future__ import annotations

import math
from dataclasses import replace

import pytest
from scipy.stats import chi2, ncx2

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.monk import MONK_HEX, TONES
from gencheck.bias.power import needed_people
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Verdict
from gencheck.report import render_report
from gencheck.report.audits import MONK, MOST_PROMPTS, audit_groups, chart_of, reach
from gencheck.report.model import AuditChart, Entry, Judgement, ShareRow


def _chart(prompt: str = "", **changes: object) -> AuditChart:
    shares = (ShareRow("a", 60, 0.6, 0.5, 0.7, 0.5), ShareRow("b", 40, 0.4, 0.3, 0.5, 0.5))
    chart = AuditChart(prompt, "gender", "SKEWED", shares, 100, 0, 108, 0.1, 0.02, 0.2, effect=0.15)
    return replace(chart, **changes)  # type: ignore[arg-type]


def _tones(n: float = 100) -> AuditChart:
    shares = tuple(ShareRow(tone, 10, 0.1, 0.05, 0.2, 0.1) for tone in TONES)
    return _chart(attribute="skin_tone", shares=shares, n=n)


def test_the_swatches_are_those_of_the_scale() -> None:
    assert MONK == MONK_HEX


def test_groups_are_by_attribute_and_model_and_prompts_by_what_is_shown() -> None:
    audits = [
        _chart(distance_low=0.0),
        _chart("doctor", distance_low=0.05),
        _chart("nurse", distance_low=0.3),
        _chart("cook", distance_low=0.0, finding="BALANCED"),
        _chart(model="other@1"),
        _chart(attribute="age"),
    ]
    first, other, age = audit_groups(audits)
    assert [chart.prompt for chart in first.prompts] == ["nurse", "doctor", "cook"]
    assert (other.whole.model, age.whole.attribute) == ("other@1", "age")
    assert other.prompts == ()


def test_a_group_of_many_prompts_is_cut_and_says_so() -> None:
    (group,) = audit_groups([_chart(), *(_chart(f"p{i}") for i in range(100))])
    assert (len(group.prompts), group.hidden) == (MOST_PROMPTS, 100 - MOST_PROMPTS)
    page = render_report([_entry(group.whole, *(_chart(f"p{i}") for i in range(100)))])
    assert "60 more, with smaller departures, are not drawn" in page


def test_the_tone_strip_has_ten_bands_that_fill_it() -> None:
    (group,) = audit_groups([_tones()])
    assert len(group.shown) == len(group.expected) == 10
    assert group.shown[-1].left + group.shown[-1].width == pytest.approx(100)
    assert group.shown[0].colour == "#f6ede4"
    assert audit_groups([_tones(0)])[0].shown == ()
    assert audit_groups([_chart()])[0].shown == ()


@pytest.mark.parametrize("categories", [3, 10])
@pytest.mark.parametrize("n", [30, 500])
def test_the_curve_is_that_of_the_power_of_the_test(categories: int, n: int) -> None:
    (group,) = audit_groups([_chart(n=float(n), needed=needed_people(categories))])
    assert group.curve is not None
    assert group.curve.detectable is not None
    freedom = categories - 1
    critical = chi2.isf(0.05, freedom)
    power = ncx2.sf(critical, freedom, n * (2 * group.curve.detectable) ** 2)
    assert power == pytest.approx(0.8, abs=0.01)


def test_a_curve_is_drawn_only_where_it_means_something() -> None:
    for chart in (
        _chart(effect=0.0),
        _chart(needed=0),
        _chart(e_value=3.0),
        _chart(finding="INSUFFICIENT", n=200.0, needed=150),
    ):
        assert audit_groups([chart])[0].curve is None
    nobody = audit_groups([_chart(n=0.0)])[0].curve
    assert nobody is not None
    assert nobody.here is None


def test_the_curve_stays_in_its_field() -> None:
    for n in (1.0, 88.0, 1e9):
        curve = audit_groups([_chart(n=n)])[0].curve
        assert curve is not None
        points = [tuple(map(float, point.split(","))) for point in curve.points.split()]
        assert all(0 <= x <= 300 and 0 <= y <= 150 for x, y in (*points, curve.here or (0, 0)))
        assert all(math.isfinite(x) for x, _ in curve.ticks)


@pytest.mark.parametrize(("high", "end"), [(0.15, 0.2), (0.21, 0.4), (0.7, 0.8), (1.0, 1.0)])
def test_bars_use_their_room(high: float, end: float) -> None:
    shares = (ShareRow("a", 1, 0.1, 0.0, high, min(high, 0.21)),)
    assert reach(_chart(shares=shares)) == end


def test_charts_hold_what_the_audit_found() -> None:
    tables = [
        CountTable("doctor", "g", {"a": 90.0, "b": 10.0}, 3.0),
        CountTable("nurse", "g", {"a": 20.0, "b": 80.0}),
    ]
    audits = audit_tables(state_of(tables), {}, deadline=NO_DEADLINE).audits
    charts = [chart_of(audit, finding=audit.finding.value) for audit in audits]
    assert [(chart.prompt, chart.n) for chart in charts] == [
        ("", 200),
        ("doctor", 100),
        ("nurse", 100),
    ]
    for chart, audit in zip(charts, audits, strict=True):
        assert chart.distance_low == audit.distance_low
        assert chart.p_adjusted == audit.p_adjusted
        assert [s.high for s in chart.shares] == [s.high for s in audit.shares]
        assert [(e.name, e.value) for e in chart.effects] == [
            (e.name, e.value) for e in audit.effects
        ]


def _entry(*audits: AuditChart) -> Entry:
    return Entry("set", "set", Judgement(Verdict.PASS, (), "", "", ""), audits=audits)


def test_the_page_shows_strip_forest_curve_and_corrected_shares() -> None:
    naive = tuple(replace(share, naive=0.55) for share in _chart().shares)
    corrected = _chart(shares=naive, correction="matrix, 400 people of a card")
    page = render_report([_entry(_tones(), corrected, _chart("doctor"))])
    for piece in ('class="strip"', "Prompts by departure", 'class="power"', 'class="naive"'):
        assert piece in page
    assert "as counted" in page
    assert "matrix, 400 people of a card" in page
    assert "<script" not in page
