from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.options import AuditOptions
from gencheck.bias.results import AuditReport
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Judgement, Verdict
from gencheck.report import render_report
from gencheck.report.audits import MOST_PAIRS, audit_groups, chart_of
from gencheck.report.model import NO_RELATIONS, Entry
from gencheck.report.relations import relations_of
from gencheck.v1 import bias_pb2 as pb

CROSSED = {"woman × a": 60.0, "woman × b": 0.0, "man × a": 20.0, "man × b": 20.0}


@pytest.fixture(scope="module")
def report() -> AuditReport:
    tables = [
        CountTable("doctor", "gender", {"woman": 10.0, "man": 90.0}),
        CountTable("nurse <b>", "gender", {"woman": 80.0, "man": 20.0}),
        CountTable("", "gender × x", CROSSED),
    ]
    options = AuditOptions(pairs=[("doctor", "nurse <b>")])
    return audit_tables(state_of(tables), {}, options=options, deadline=NO_DEADLINE)


def _message(report: AuditReport) -> pb.AuditResponse:
    return pb.AuditResponse(
        associations=[pb.Association(**asdict(found)) for found in report.associations],
        pairs=[pb.PairComparison(**asdict(found)) for found in report.pairs],
        crossed=[pb.CrossedAttribute(**asdict(found)) for found in report.crossed],
    )


def _page(report: AuditReport, *, pairs: int = 1) -> str:
    relations = relations_of(report)
    relations = replace(relations, pairs=relations.pairs * pairs)
    entry = Entry(
        "set",
        "set",
        Judgement(Verdict.FAIL, (), "", "", ""),
        audits=tuple(chart_of(a, finding=a.finding.value) for a in report.audits),
        relations=relations,
    )
    return render_report([entry])


def test_the_api_and_the_bias_room_draw_the_same(report: AuditReport) -> None:
    relations = relations_of(report)
    assert relations == relations_of(_message(report))
    assert relations.associations[0].drivers
    assert relations.pairs[0].p_adjusted == report.pairs[0].p_adjusted


def test_a_pair_that_was_not_tested_has_no_p_value() -> None:
    assert relations_of(pb.AuditResponse(pairs=[pb.PairComparison()])).pairs[0].p_adjusted is None


def test_answers_of_other_checks_have_no_relations() -> None:
    assert relations_of(object()) == NO_RELATIONS


def test_every_attribute_has_its_own(report: AuditReport) -> None:
    charts = [chart_of(a, finding=a.finding.value) for a in report.audits]
    gender, crossed = audit_groups(charts, relations_of(report))
    assert [a.attribute for a in gender.relations.associations] == ["gender"]
    assert len(gender.relations.pairs) == 1
    assert gender.relations.crossed == ()
    (table,) = crossed.relations.crossed
    assert table.intersections[0].category == "woman × b"
    assert crossed.relations.pairs == ()


def test_the_page_shows_drivers_and_pairs_escaped(report: AuditReport) -> None:
    page = _page(report)
    assert "What hangs on the prompt" in page
    assert "“doctor” beside “nurse &lt;b&gt;”" in page
    assert "−70 <span" in page
    assert "more pairs are not drawn" not in page
    assert "<b>”" not in page


def test_many_pairs_are_cut_and_said_to_be(report: AuditReport) -> None:
    page = _page(report, pairs=MOST_PAIRS + 3)
    assert page.count("beside “nurse") == MOST_PAIRS
    assert "3 more pairs are not drawn" in page


def test_the_page_shows_the_worst_intersection_first(report: AuditReport) -> None:
    page = _page(report)
    table = page[page.index("Intersections, worst off first") :]
    assert table.index("woman × b") < table.index("man × a") < table.index("woman × a")
    assert "fewer</span>" in table
