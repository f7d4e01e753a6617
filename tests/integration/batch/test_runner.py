"""Workers in processes of their own, and what becomes of a run when they die."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gencheck.batch.plan import Plan, Terms, prepare
from gencheck.batch.run import Runner
from gencheck.batch.store import Store
from gencheck.batch.worker import Work
from gencheck.errors import InvalidInput, Unavailable
from gencheck.media.types import Limits

from .conftest import HERE, fake_manifest, results_of

Run = Callable[..., tuple[Plan, list[int]]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a manifest of words by the judge of that name in spawned workers."""
    monkeypatch.syspath_prepend(str(HERE))  # spawned processes look for modules where we do

    def runs(
        words: Sequence[str],
        *,
        shards: int = 2,
        workers: int = 2,
        parallel: int = 2,
        out: str = "out",
        judge: str = "open_judge",
        patience: float = 600.0,
    ) -> tuple[Plan, list[int]]:
        import judges

        scratch = tmp_path / f"scratch-{out}"
        scratch.mkdir(exist_ok=True)
        store = Store(str(tmp_path / out))
        plan = prepare(store, str(fake_manifest(tmp_path, words)), Terms(), shards=shards)
        told: list[int] = []
        work = Work(plan, store, getattr(judges, judge), parallel, Limits(), scratch)
        with Runner(work, workers=workers, tell=told.append, patience=patience) as runner:
            runner.run(set(range(shards)) - plan.done(store))
        assert not list(scratch.iterdir())
        return plan, told

    return runs


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    """All results of a run by id."""
    tables = [pq.read_table(path) for path in sorted(folder.glob("shards/results-*"))]
    found = [row for table in tables for row in table.to_pylist()]
    assert len({row["id"] for row in found}) == len(found)
    return {row["id"]: row for row in found}


def test_all_is_checked_once_and_told(run: Run, tmp_path: Path) -> None:
    plan, told = run(["pass", "fail"] * 10, shards=5)
    assert [row["verdict"] for row in rows(tmp_path / "out").values()] == ["PASS", "FAIL"] * 10
    assert plan.done(Store(str(tmp_path / "out"))) == set(range(5))
    assert sum(told) == 20
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_kills_is_recorded_and_the_others_are_judged(
    workers: int, parallel: int, run: Run, tmp_path: Path
) -> None:
    words = ["pass", "kill", "pass", "fail", "pass", "pass", "pass", "kill"]
    _, told = run(words, workers=workers, parallel=parallel)
    found = rows(tmp_path / "out")
    failed = {id_: row["error_message"] for id_, row in found.items() if row["verdict"] == "FAILED"}
    assert set(failed) == {"id0001", "id0007"}
    assert all("died over this asset alone (SIGKILL)" in text for text in failed.values())
    assert sum(row["verdict"] == "PASS" for row in found.values()) == 5
    assert sum(told) == 8


def test_a_run_with_killers_is_the_same_again(run: Run, tmp_path: Path) -> None:
    words = ["pass", "kill", "pass", "fail", "kill", "kill"]
    run(words, out="a", workers=1, parallel=1)
    run(words, out="b", workers=2, parallel=3)
    assert results_of(tmp_path / "a") == results_of(tmp_path / "b")


def test_a_worker_that_dies_once_costs_no_asset(run: Run, tmp_path: Path) -> None:
    run(["pass", f"once {tmp_path / 'made'}", "fail"], shards=1)
    assert {row["verdict"] for row in rows(tmp_path / "out").values()} == {"PASS", "FAIL"}


def test_workers_that_cannot_start_end_the_run(run: Run) -> None:
    with pytest.raises(Unavailable, match="die before they check anything \\(exit status 3\\)"):
        run(["pass"], judge="dying_judge")
    assert not multiprocessing.active_children()


def test_a_broken_row_stops_its_shard_and_no_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fake_manifest

    def broken(folder: Path, words: Sequence[str]) -> Path:
        path = whole(folder, words)
        lines = path.read_text().splitlines()
        path.write_text("\n".join(['{"id": "x", "uri": ""}', *lines[1:]]))
        return path

    monkeypatch.setattr(f"{__name__}.fake_manifest", broken)
    with pytest.raises(InvalidInput, match="row 1: uri is empty"):
        run(["pass"] * 6, shards=3)
    assert len(rows(tmp_path / "out")) == 4


def test_what_is_done_is_not_done_again(run: Run, tmp_path: Path) -> None:
    run(["pass"] * 6, shards=3)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/shards/*")}
    _, told = run(["pass"] * 6, shards=3)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/shards/*")} == before
    assert told == []


def test_an_empty_shard_is_done_too(run: Run, tmp_path: Path) -> None:
    plan, _ = run(["pass"], shards=3)
    assert plan.done(Store(str(tmp_path / "out"))) == {0, 1, 2}


def test_a_worker_that_hangs_is_killed_and_its_file_recorded(run: Run, tmp_path: Path) -> None:
    run(["pass", f"wait {tmp_path / 'never'}", "fail"], shards=1, patience=4.0)
    found = rows(tmp_path / "out")
    assert [row["verdict"] for row in found.values()] == ["PASS", "FAILED", "FAIL"]
    assert "over this asset alone (stuck)" in found["id0001"]["error_message"]
