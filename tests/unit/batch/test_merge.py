"""Many shards become one dataset, one summary and one report; nothing is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gencheck.batch import merge
from gencheck.batch.merge import Merged, conclude, finished_plan, merge_shards
from gencheck.batch.report import MAX_AUDITS
from gencheck.batch.schema import results_schema
from gencheck.batch.store import Store
from gencheck.batch.summary import Summary
from gencheck.errors import InvalidArgument, InvalidInput
from gencheck.policy_file import Policies
from gencheck.report.audits import MOST_PROMPTS

from .results import finished, state

WORDS = ["pass", "fail", "pass", "broken", "review", "pass", "pass", "fail", "pass", "pass"]


def merged(store: Store, *, partial: bool = False) -> tuple[Merged, Summary]:
    plan, shards = finished_plan(store, partial=partial)
    found = merge_shards(store, plan, shards, lambda rows: None)
    return found, conclude(store, found, Policies.load())


@pytest.mark.parametrize("shards", [1, 3, 10])
@pytest.mark.parametrize("rows", [1, 4, 1 << 16])
def test_the_dataset_is_all_shards_in_order(
    shards: int, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "_ROWS", rows)
    monkeypatch.setattr(merge, "_BATCH", max(1, rows // 2))
    store, plan = finished(tmp_path, WORDS, shards=shards)
    merged(store)
    table = pq.read_table(store.where("results.parquet"))
    assert table.schema.equals(results_schema())
    assert table.schema.metadata == results_schema().metadata
    pieces = [pq.read_table(store.where(plan.file_of("results", i))) for i in range(shards)]
    assert table.to_pylist() == [row for piece in pieces for row in piece.to_pylist()]


def test_the_summary_counts_everything_once(tmp_path: Path) -> None:
    store, _ = finished(tmp_path, WORDS, shards=3)
    _, summary = merged(store)
    assert summary.whole.verdicts == {"PASS": 6, "REVIEW": 1, "FAIL": 2, "FAILED": 1}
    assert (summary.whole.passed.part, summary.whole.passed.whole) == (6, 10)
    groups = {part.name: (part.passed.part, part.passed.whole) for part in summary.groups}
    assert groups == {"g0": (4, 5), "g1": (2, 5)}
    assert [part.name for part in summary.groups] == ["g1", "g0"]
    (blur,) = summary.codes
    assert (blur.code, blur.severities, blur.assets.part) == ("BLUR", {"MAJOR": 2, "MINOR": 1}, 3)
    assert [(gap.check, gap.assets) for gap in summary.gaps] == [("consistency", 9)]
    assert summary.errors == {"DECODE_FAILED": 1}
    assert summary.timings.p50 == pytest.approx(0.05, rel=0.02)
    assert summary.timings.longest == pytest.approx(0.10)
    assert summary.timings.total == pytest.approx(0.55)
    document = json.loads(store.read("summary.json") or b"")
    assert document["run"]["assets"] == 10
    assert document["whole"]["verdicts"] == summary.whole.verdicts
    assert document["audit"] is None


def test_the_summary_does_not_depend_on_the_number_of_shards(tmp_path: Path) -> None:
    found = [merged(finished(tmp_path / str(n), WORDS, shards=n)[0])[1] for n in (1, 4)]
    assert found[0] == found[1]


def test_the_worst_come_first_and_equals_by_their_ids(tmp_path: Path) -> None:
    store, _ = finished(tmp_path, WORDS, shards=3)
    found, _ = merged(store)
    assert [row["id"] for _, row in found.tally.worst] == ["id0001", "id0007", "id0004"]


def test_the_report_shows_groups_codes_and_the_worst(tmp_path: Path) -> None:
    store, _ = finished(tmp_path, WORDS, shards=2)
    merged(store)
    page = (store.read("report/index.html") or b"").decode()
    for text in (
        "60.0 %",
        "g1",
        "BLUR",
        "id0001",
        "consistency",
        "DECODE_FAILED",
        "default-src 'none'",
    ):
        assert text in page


def test_the_audit_adds_the_shards_up(tmp_path: Path) -> None:
    store, _ = finished(tmp_path, WORDS, shards=4, audit=True)
    found, _ = merged(store)
    assert found.audit.images == 32
    audit = json.loads(store.read("summary.json") or b"")["audit"]
    assert (audit["images"], audit["images_without_face"]) == (32, 4)
    (colour,) = audit["attributes"]
    assert {share["category"]: share["count"] for share in colour["shares"]} == {
        "blue": 20.0,
        "red": 12.0,
    }


def test_missing_shards_are_asked_for_or_left_out_knowingly(tmp_path: Path) -> None:
    store, _ = finished(tmp_path, WORDS, shards=5, skip=[1, 3])
    with pytest.raises(InvalidArgument, match="2 of 5 shards are not done"):
        merged(store)
    _, summary = merged(store, partial=True)
    assert summary.whole.passed.whole == 6
    assert "4 assets" in (store.read("report/index.html") or b"").decode()


def test_there_is_nothing_to_merge(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="no run here"):
        merged(Store(str(tmp_path / "nowhere")))
    store, _ = finished(tmp_path, WORDS, shards=1, skip=[0])
    with pytest.raises(InvalidArgument, match="1 of 1 shards are not done"):
        merged(store, partial=True)


@pytest.mark.parametrize("kind", ["results", "timings", "audit"])
def test_a_file_that_was_damaged_is_noticed(kind: str, tmp_path: Path) -> None:
    store, plan = finished(tmp_path, WORDS, shards=2, audit=True)
    name = plan.file_of(kind, 1)
    data = bytearray(store.read(name) or b"")
    data[len(data) // 2] ^= 1
    store.write(name, bytes(data))
    with pytest.raises(InvalidInput, match=f"{kind}-00001-of-00002.* not as it was written"):
        merged(store)
    assert store.read("results.parquet") is None


def test_a_failure_in_the_middle_leaves_the_last_dataset(tmp_path: Path) -> None:
    store, plan = finished(tmp_path, WORDS, shards=2)
    merged(store)
    before = store.read("results.parquet")
    store.write(plan.file_of("results", 1), b"PAR1")
    with pytest.raises(InvalidInput):
        merged(store)
    assert store.read("results.parquet") == before


@pytest.mark.parametrize("words", [["broken"], ["pass"], ["broken", "broken", "pass"]])
def test_small_runs(words: Sequence[str], tmp_path: Path) -> None:
    _, summary = merged(finished(tmp_path, words, shards=4)[0])
    assert summary.whole.passed.whole == len(words)


def test_a_remote_run_is_merged_where_it_is(tmp_path: Path) -> None:
    store, _ = finished(tmp_path, WORDS, shards=3, audit=True, url="memory://merge-test/out")
    here, _ = finished(tmp_path / "here", WORDS, shards=3, audit=True)
    assert merged(store)[1] == merged(here)[1]
    assert store.read("results.parquet") == here.read("results.parquet")
    assert b"BLUR" in (store.read("report/index.html") or b"")


def test_the_report_shows_few_of_many_audits(tmp_path: Path) -> None:
    store, plan = finished(tmp_path, WORDS, shards=1, audit=True)
    found = merge_shards(store, plan, [0], lambda rows: None)
    for number in range(MAX_AUDITS + 10):
        counts = {"red": 90.0, "blue": 10.0} if number == 40 else {"red": 50.0, "blue": 50.0}
        found.audit.add(state(counts, images=100, prompt=f"group {number}"))
    conclude(store, found, Policies.load())
    page = (store.read("report/index.html") or b"").decode()
    assert page.count('<section class="audit">') == 1
    assert page.count('<g class="point') == 1 + MOST_PROMPTS
    assert "11 more audits of groups are in summary.json" in page
    assert page.index(">group 40<") < page.index(">group 0<")
