from __future__ import annotations

import dataclasses
import json
import re

import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.detection import CLEAR, FAINT
from gencheck.bias.monk import GROUPS
from gencheck.bias.publishing import Told, tell
from gencheck.bias.results import AuditFinding
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import OutcomeStatus, Severity, Verdict
from gencheck.policy import Policy, Thresholds

POLICY = Policy(
    "p",
    "1",
    thresholds={
        "SKEWED": Thresholds(0.01, 0.1, 0.25),
        "INSUFFICIENT_SAMPLE": Thresholds(1),
        "ATTRIBUTE_UNVERIFIED": Thresholds(0.2),
    },
)


def _told(*tables: CountTable, min_cell: int = 0) -> Told:
    report = audit_tables(state_of(tables), {}, deadline=NO_DEADLINE)
    return tell(report, POLICY, min_cell=min_cell)


SMALL = CountTable("", "g", {"m": 97, "f": 3}, 1)


@pytest.mark.parametrize(
    "tables",
    [
        [SMALL],
        [CountTable("", "g", {"m": 6, "f": 3}, 40)],
        [CountTable("", "g", {"m": 1, "f": 2})],
        [CountTable(p, "g", {"m": m, "f": 40}) for p, m in (("a", 2), ("b", 33), ("c", 70))],
    ],
)
def test_the_verdict_is_that_of_the_true_counts(tables: list[CountTable]) -> None:
    true, published = _told(*tables), _told(*tables, min_cell=5)
    assert published.published
    assert not true.published
    assert published.judgement.verdict is true.judgement.verdict
    assert [a.finding for a in published.audits] == [a.finding for a in true.audits]
    graded = [(f.code, f.check, f.severity) for f in true.findings]
    assert [(f.code, f.check, f.severity) for f in published.findings] == graded
    said = [(o.check, o.status, o.reason) for o in true.outcomes]
    assert [(o.check, o.status, o.reason) for o in published.outcomes] == said


def test_nothing_said_tells_a_small_cell() -> None:
    told = _told(SMALL, min_cell=5)
    assert told.judgement.verdict is Verdict.FAIL
    (finding,) = [f for f in told.findings if f.code == "SKEWED"]
    assert (finding.severity, finding.measured) == (Severity.CRITICAL, 0.25)
    text = json.dumps(dataclasses.asdict(told), default=str)
    assert not re.search(r"\b(97|3%|97%|0\.47|0\.4[0-9]+)\b", text)


def test_sets_that_differ_in_what_is_withheld_are_published_alike() -> None:
    """A figure that is made of all cells, and told, makes this fail."""
    sets = [
        _told(CountTable("", "g", {"m": 100.0 - few, "f": few}, 1), min_cell=5) for few in (2, 3, 4)
    ]
    assert sets[0] == sets[1] == sets[2]


def test_what_has_no_small_cell_is_told_in_full() -> None:
    table = CountTable("", "g", {"m": 60, "f": 40})
    plain, published = _told(table), _told(table, min_cell=5)
    assert (plain.audits, plain.findings) == (published.audits, published.findings)
    assert plain.measurements == published.measurements


def test_other_attributes_keep_their_figures() -> None:
    other = CountTable("", "h", {"x": 60, "y": 41})
    told = _told(SMALL, other, min_cell=5)
    values = {(m.check, m.code): m for m in told.measurements}
    assert "60 of" not in values["bias.g", "SKEWED"].detail
    assert values["bias.h", "SKEWED"].detail.startswith("h of the whole set")
    assert [audit.withheld for audit in told.audits] == [True, False]
    assert told.audits[0].finding is AuditFinding.SKEWED


def test_other_counts_that_a_measurement_tells_are_withheld() -> None:
    faces = [
        *(CountTable("", "detection_clear", {group: 97}) for group in GROUPS),
        CountTable("", "detection_faint", {next(iter(GROUPS)): 3}),
    ]
    tone = CountTable("", "skin_tone_group", dict.fromkeys(GROUPS, 97.0))
    (plain,) = [m for m in _told(tone, *faces).measurements if m.code == "DETECTION_GAP"]
    assert "3 of 100" in plain.detail
    told = _told(tone, *faces, min_cell=5)
    (gap,) = [m for m in told.measurements if m.code == "DETECTION_GAP"]
    assert "3 of" not in gap.detail
    assert [audit.withheld for audit in told.audits] == [False]


def test_nobody() -> None:
    told = tell(audit_tables(state_of([]), {}, deadline=NO_DEADLINE), POLICY, min_cell=5)
    assert (told.audits, len(told.outcomes)) == ((), 1)


def test_who_was_found_faintly_is_withheld_and_stays_beside_the_verdict() -> None:
    groups = {"light (1-3)": 40.0, "medium (4-6)": 40.0, "dark (7-10)": 39.0}
    tables = [
        CountTable("", "g", {"m": 60, "f": 60}),
        CountTable("", CLEAR, groups, model="d@1"),
        CountTable("", FAINT, {**dict.fromkeys(groups, 0.0), "dark (7-10)": 1.0}, model="d@1"),
    ]
    full, told = _told(*tables), _told(*tables, min_cell=5)
    assert "1 of 40" in full.measurements[-1].detail
    assert told.measurements[-1].code == "DETECTION_GAP"
    assert "of 40" not in str(told)
    assert [o.check for o in told.outcomes] == [o.check for o in full.outcomes]
    few = _told(tables[0], tables[2], min_cell=5)
    assert few.outcomes[0].status is OutcomeStatus.JUDGED
    assert few.outcomes[-1].status is OutcomeStatus.SKIPPED


def test_what_hangs_together_is_withheld_with_its_cells() -> None:
    tables = [CountTable(p, "g", {"m": m, "f": 60 - m}) for p, m in (("a", 57), ("b", 20))]
    assert [a.attribute for a in _told(*tables).associations] == ["g"]
    assert _told(*tables, min_cell=5).associations == ()
    assert [a.attribute for a in _told(*tables, min_cell=2).associations] == ["g"]
    crossed = CountTable("", "g × t", {"f × d": 3, "f × l": 40, "m × d": 40, "m × l": 40})
    assert [c.attribute for c in _told(crossed).crossed] == ["g × t"]
    assert _told(crossed, min_cell=5).crossed == ()
