"""Counting what streams by, against counts by hand and by numpy."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from gencheck.batch import tally as tally_module
from gencheck.batch.manifest import Row
from gencheck.batch.schema import results_schema
from gencheck.batch.tally import OTHER_GROUPS, WORST, Latency, Tally

from .results import result


def batch(words: list[str], *, first: int = 0, groups: int = 2) -> pa.RecordBatch:
    rows = []
    for number, word in enumerate(words, first):
        row = Row(number, f"id{number:05d}", "x", group=f"g{number % groups}")
        rows.append(result(row, word))
    return pa.RecordBatch.from_pylist(rows, schema=results_schema())


def test_batches_add_up_however_they_are_cut() -> None:
    words = ["pass", "fail", "review", "broken", "pass", "fail", "pass"] * 3
    whole, pieces = Tally(), Tally()
    whole.add(batch(words))
    for first in range(0, len(words), 4):
        pieces.add(batch(words[first : first + 4], first=first))
    for name in ("verdicts", "findings", "found", "gaps", "errors", "worst"):
        assert getattr(whole, name) == getattr(pieces, name)
    assert whole.found["BLUR"] == 9


def test_a_slice_of_a_batch_counts_its_own_rows_only() -> None:
    found = Tally()
    found.add(batch(["fail", "pass", "fail", "review"]).slice(2))
    assert found.findings == {("BLUR", "MAJOR"): 1, ("BLUR", "MINOR"): 1}
    assert [row["id"] for _, row in found.worst] == ["id00002", "id00003"]


def test_two_findings_of_a_code_are_one_asset_and_waived_ones_none() -> None:
    row = result(Row(0, "a", "x"), "fail")
    row["findings"] = [row["findings"][0]] * 2 + [{**row["findings"][0], "waived": "until May"}]
    found = Tally()
    found.add(pa.RecordBatch.from_pylist([row], schema=results_schema()))
    assert found.findings["BLUR", "MAJOR"] == 2
    assert found.found["BLUR"] == 1


def test_the_worst_are_bounded_and_the_first_of_equals() -> None:
    found = Tally()
    for first in range(0, 200, 50):
        found.add(batch(["review"] * 49 + ["fail"], first=first))
    ids = [row["id"] for _, row in found.worst]
    assert len(ids) == WORST
    assert ids[:5] == ["id00049", "id00099", "id00149", "id00199", "id00000"]


def test_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally_module, "MAX_GROUPS", 3)
    found = Tally()
    found.add(batch(["pass"] * 10, groups=10))
    assert sum(found.verdicts.values()) == 10
    groups = {group for _, group, _ in found.verdicts}
    assert len(groups) == 4
    assert OTHER_GROUPS in groups


def test_percentiles_are_right_to_one_percent() -> None:
    seconds = np.random.default_rng(0).lognormal(-2, 1.5, 50_000)
    latency = Latency()
    for piece in np.array_split(np.append(seconds, np.nan), 7):
        latency.add(piece)
    assert latency.assets == 50_000
    for share in (0.01, 0.5, 0.9, 0.99):
        assert latency.percentile(share) == pytest.approx(np.quantile(seconds, share), rel=0.012)
    assert latency.longest == seconds.max()
    assert latency.total == pytest.approx(seconds.sum())


@pytest.mark.parametrize("seconds", [[], [np.nan]])
def test_of_nothing_there_are_no_percentiles(seconds: list[float]) -> None:
    latency = Latency()
    latency.add(np.array(seconds))
    assert latency.percentile(0.5) == 0.0
    latency.add(np.array([0.0, 1e-9, 1e9]))
    assert latency.percentile(1.0) <= 1e9
