"""What changed between two runs, against a count by hand."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gencheck.batch.compare import Comparison, Side, compare
from gencheck.batch.merge import finished_plan
from gencheck.errors import InvalidInput

from .results import finished

BEFORE = ["pass", "fail", "pass", "broken", "review", "pass"]
AFTER = ["pass", "pass", "fail", "pass", "review", "pass"]


def _side(folder: Path, words: list[str], shards: int = 2) -> Side:
    store, _ = finished(folder, words, shards=shards)
    return Side(store, *finished_plan(store, partial=False))


def _compared(tmp_path: Path, before: list[str], after: list[str], **options: Path) -> Comparison:
    first, second = _side(tmp_path / "a", before), _side(tmp_path / "b", after, shards=3)
    return compare(first, second, **options)


def test_every_change_is_counted_by_verdict_group_and_code(tmp_path: Path) -> None:
    found = _compared(tmp_path, BEFORE, AFTER)
    changed = {(a, b): n for a, b, n in found.verdicts if a != b}
    assert changed == {("FAIL", "PASS"): 1, ("PASS", "FAIL"): 1, ("FAILED", "PASS"): 1}
    assert (found.whole.before, found.whole.after) == (3, 4)
    assert (found.whole.difference.gained, found.whole.difference.lost) == (2, 1)
    groups = {
        c.name: (c.before, c.after, c.difference.gained, c.difference.lost) for c in found.groups
    }
    assert groups == {"g0": (2, 1, 0, 1), "g1": (1, 3, 2, 0)}
    (blur,) = found.codes
    assert (blur.name, blur.before, blur.after) == ("BLUR", 2, 2)
    assert (blur.difference.gained, blur.difference.lost, blur.difference.whole) == (1, 1, 6)
    assert ("number of shards", "2", "3") in found.terms


def test_a_run_compared_with_itself_has_no_change(tmp_path: Path) -> None:
    side = _side(tmp_path, BEFORE)
    found = compare(side, side)
    assert all(a == b for a, b, _ in found.verdicts)
    assert found.terms == ()
    assert not found.whole.difference.certain
    assert all(change.difference.change == 0 for change in (*found.groups, *found.codes))


def test_assets_of_one_run_only_are_said_and_left_out(tmp_path: Path) -> None:
    found = _compared(tmp_path, BEFORE, AFTER[:4])
    assert (found.only_before, found.only_after) == (2, 0)
    assert found.whole.difference.whole == 4


def test_what_surely_changed_comes_first(tmp_path: Path) -> None:
    before = ["pass"] * 120
    after = ["fail" if i % 2 else "pass" for i in range(120)]
    found = _compared(tmp_path, before, after)
    assert [change.name for change in found.groups] == ["g1", "g0"]
    assert [change.difference.certain for change in found.groups] == [True, False]
    assert found.groups[0].difference.change == -1.0


def test_changed_assets_are_written(tmp_path: Path) -> None:
    path = tmp_path / "it's.parquet"
    _compared(tmp_path, BEFORE, AFTER, changes=path)
    rows = {row["id"]: row for row in pq.read_table(path).to_pylist()}
    assert list(rows) == ["id0001", "id0002", "id0003"]
    assert (rows["id0001"]["before"], rows["id0001"]["after"]) == ("FAIL", "PASS")
    assert (rows["id0001"]["gained"], rows["id0001"]["lost"]) == ([], ["BLUR"])
    assert (rows["id0002"]["gained"], rows["id0002"]["lost"]) == (["BLUR"], [])


def test_runs_without_a_common_asset(tmp_path: Path) -> None:
    first, second = _side(tmp_path / "a", BEFORE), _side(tmp_path / "b", AFTER)
    for index in second.shards:
        second.store.write(second.plan.file_of("results", index), _empty(first))
    with pytest.raises(InvalidInput, match="share no asset"):
        compare(first, second)


def _empty(side: Side) -> bytes:
    path = Path(side.store.where("none.parquet"))
    table = pq.read_table(side.store.where(side.plan.file_of("results", 0)))
    pq.write_table(table.slice(0, 0), path)
    return path.read_bytes()


def test_results_that_are_none(tmp_path: Path) -> None:
    first, second = _side(tmp_path / "a", BEFORE), _side(tmp_path / "b", AFTER)
    second.store.write(second.plan.file_of("results", 0), b"PAR1")
    with pytest.raises(InvalidInput, match="cannot be read"):
        compare(first, second)


def test_a_remote_run_is_compared_with_one_here(tmp_path: Path) -> None:
    store, _ = finished(tmp_path / "b", AFTER, shards=3, url="memory://compare-test/out")
    there = Side(store, *finished_plan(store, partial=False))
    found = compare(_side(tmp_path / "a", BEFORE), there)
    assert (found.whole.before, found.whole.after) == (3, 4)
