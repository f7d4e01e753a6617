"""Counts of different models are kept apart."""

from __future__ import annotations

import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.confusion import Confusion
from gencheck.bias.counts import CountTable, merge, state_of
from gencheck.bias.results import AuditFinding
from gencheck.deadline import NO_DEADLINE
from gencheck.errors import InvalidArgument

OLD = CountTable("", "g", {"m": 90, "f": 10}, 3, "net@1")
NEW = CountTable("", "g", {"m": 45, "f": 55}, 0, "net@2")


def test_states_of_two_versions_do_not_mix() -> None:
    both = merge(state_of([OLD]), state_of([NEW, OLD]))
    assert [(t.model, t.counts["m"], t.unverified) for t in both.tables] == [
        ("net@1", 180, 6),
        ("net@2", 45, 0),
    ]


def test_each_is_audited_and_says_so() -> None:
    people = CountTable("", "g", {"m": 50, "f": 50})
    report = audit_tables(state_of([OLD, NEW, people]), {}, deadline=NO_DEADLINE)
    found = {audit.model: audit for audit in report.audits}
    assert {model: audit.finding for model, audit in found.items()} == {
        "": AuditFinding.BALANCED,
        "net@1": AuditFinding.SKEWED,
        "net@2": AuditFinding.BALANCED,
    }
    assert "Read by net@2. What others read (net@1, people) is audited apart" in "".join(
        found["net@2"].notes
    )
    assert [outcome.check for outcome in report.outcomes] == ["bias", *["bias.g"] * 3]
    assert sum(m.code == "SKEWED" for m in report.measurements) == 3


def test_one_model_says_nothing_of_others() -> None:
    (audit,) = audit_tables(state_of([OLD]), {}, deadline=NO_DEADLINE).audits
    assert audit.model == "net@1"
    assert "apart" not in "".join(audit.notes)


def test_prompts_of_a_model_stay_with_it() -> None:
    state = state_of(
        CountTable(prompt, "g", {"m": 4, "f": 6}, 0, model) for prompt in "ab" for model in "xy"
    )
    audits = audit_tables(state, {}, deadline=NO_DEADLINE).audits
    assert [(a.model, a.prompt, a.n) for a in audits] == [
        (model, prompt, n) for model in "xy" for prompt, n in (("", 20), ("a", 10), ("b", 10))
    ]


def test_one_matrix_does_not_correct_two_models() -> None:
    matrix = Confusion("g", ("m", "f"), ((90, 10), (10, 90)))
    with pytest.raises(InvalidArgument, match="which several models counted"):
        audit_tables(state_of([OLD, NEW]), {}, [matrix], deadline=NO_DEADLINE)
