"""A plan cuts a manifest, and keeps two runs from mixing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gencheck.batch.plan import Plan, Terms, prepare
from gencheck.batch.store import Store
from gencheck.errors import InvalidArgument, InvalidInput
from gencheck.policy import Policy, Thresholds

from .conftest import Write

ROWS = [{"id": f"a{i}", "uri": f"{i}.png"} for i in range(10)]
STRICT = Policy("strict", "1", thresholds={"BLUR": Thresholds(minor=0.1, major=0.5)})


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 10, 13])
def test_shards_cover_every_row_once_and_evenly(shards: int, write: Write) -> None:
    plan = Plan.create(write("m.csv", ROWS), Terms(), shards=shards)
    ranges = [plan.shard_range(index) for index in range(shards)]
    rows = [row for first, count in ranges for row in range(first, first + count)]
    assert rows == list(range(10))
    assert max(count for _, count in ranges) - min(count for _, count in ranges) <= 1


@pytest.mark.parametrize(("rows", "shards"), [(1, 1), (1000, 1), (1001, 2), (5500, 6)])
def test_shards_hold_about_a_thousand_rows_by_default(rows: int, shards: int, write: Write) -> None:
    path = write("m.jsonl", [{"id": str(i), "uri": "x"} for i in range(rows)])
    assert Plan.create(path, Terms()).shards == shards


def test_a_plan_that_was_written_is_read_as_it_was(write: Write, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "out"))
    terms = Terms.of(
        STRICT, profile="embedded", audit=True, roots=("a", "s3://b"), hosts=("a.org",)
    )
    plan = prepare(store, write("m.parquet", ROWS), terms, shards=3)
    assert Plan.read(store) == plan
    policy = plan.terms.judge_by
    assert isinstance(policy, Policy)
    assert policy.sha256 == STRICT.sha256


def test_preparing_again_is_going_on(write: Write, tmp_path: Path) -> None:
    store, path = Store(str(tmp_path / "out")), write("m.csv", ROWS)
    plan = prepare(store, path, Terms(), shards=3)
    assert prepare(store, path, Terms(), shards=3) == plan
    assert prepare(store, path, Terms()).shards == 3


def test_the_same_manifest_elsewhere_is_the_same_run(write: Write, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "out"))
    plan = prepare(store, write("m.csv", ROWS), Terms())
    again = prepare(store, write("b/m.csv", ROWS), Terms())
    assert again.fingerprint == plan.fingerprint
    assert again.manifest.uri.endswith("b/m.csv")


@pytest.mark.parametrize(
    ("terms", "shards", "told"),
    [
        (Terms(), 4, "number of shards is 3, not 4"),
        (Terms(profile="standard"), 3, "profile is any, not standard"),
        (Terms(audit=True), 3, "audit is False, not True"),
        (Terms(policy="other"), 3, "policy is default, not other"),
        (Terms.of(STRICT), 3, "policy is default, not strict"),
        (Terms(roots=("/x",)), 3, "root is .*, not .*/x"),
        (Terms(hosts=("a.org",)), 3, r"allow-host is \[\], not .*a\.org"),
    ],
)
def test_another_run_is_refused_and_told_apart(
    terms: Terms, shards: int, told: str, write: Write, tmp_path: Path
) -> None:
    store, path = Store(str(tmp_path / "out")), write("m.csv", ROWS)
    prepare(store, path, Terms(), shards=3)
    with pytest.raises(InvalidArgument, match=told):
        prepare(store, path, terms, shards=shards)


def test_a_changed_manifest_is_refused(write: Write, tmp_path: Path) -> None:
    store, path = Store(str(tmp_path / "out")), write("m.csv", ROWS)
    prepare(store, path, Terms())
    write("m.csv", ROWS[:-1])
    with pytest.raises(InvalidArgument, match="not the one that these results were planned from"):
        prepare(store, path, Terms())


def test_results_without_a_plan_are_not_touched(write: Write, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "out"))
    store.write("shards/results-00000-of-00001.parquet", b"somebody's")
    with pytest.raises(InvalidArgument, match="results here without a plan"):
        prepare(store, write("m.csv", ROWS), Terms())
    assert store.read("plan.json") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 99}', "null", '"plan"'])
def test_what_is_no_plan_is_refused(text: str, tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.write("plan.json", text.encode())
    with pytest.raises(InvalidArgument, match="no plan that this version reads"):
        Plan.read(store)


def test_ids_that_are_there_twice_stop_the_planning(write: Write, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "out"))
    with pytest.raises(InvalidInput, match="more than once: a1"):
        prepare(store, write("m.csv", [*ROWS, {"id": "a1", "uri": "again.png"}]), Terms())
    assert store.read("plan.json") is None


@pytest.mark.parametrize("index", [-1, 3])
def test_a_shard_that_is_none(index: int, write: Write) -> None:
    with pytest.raises(InvalidArgument, match="there is no shard"):
        Plan.create(write("m.csv", ROWS), Terms(), shards=3).shard_range(index)


def test_too_many_shards(write: Write) -> None:
    with pytest.raises(InvalidArgument, match="more than 100,000"):
        Plan.create(write("m.csv", ROWS), Terms(), shards=100_001)


def test_a_marker_of_another_plan_is_refused(write: Write, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "out"))
    plan = prepare(store, write("m.csv", ROWS), Terms(), shards=2)
    assert plan.marker(store, 1) is None
    store.write(plan.file_of("done", 1), json.dumps({"plan": plan.fingerprint}).encode())
    assert plan.marker(store, 1) == {"plan": plan.fingerprint}
    assert plan.done(store) == {1}
    for other in (b'{"plan": "x"}', b"{}", b"[", b"[]"):
        store.write(plan.file_of("done", 1), other)
        with pytest.raises(InvalidArgument, match="shard 1 there is of another run"):
            plan.marker(store, 1)
