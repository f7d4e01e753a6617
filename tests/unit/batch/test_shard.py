"""One shard, with a judge whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gencheck.batch import asking
from gencheck.batch.asking import Asker
from gencheck.batch.plan import Plan, Terms, prepare
from gencheck.batch.shard import Task, check_shard
from gencheck.batch.sources import Sources
from gencheck.batch.store import Store
from gencheck.client import AsyncClient
from gencheck.errors import InvalidArgument, InvalidInput, Unavailable
from gencheck.media.types import Limits
from gencheck.v1 import bias_pb2

from .conftest import Write
from .fakes import FakeTransport, response

PNG = b"\x89PNG\r\n\x1a\n"


class Heard:
    """Remembers what was begun and ended."""

    def __init__(self) -> None:
        self.now: set[int] = set()
        self.most = 0
        self.begun: list[int] = []

    def begin(self, number: int) -> None:
        self.now.add(number)
        self.begun.append(number)
        self.most = max(self.most, len(self.now))

    def end(self, number: int) -> None:
        self.now.remove(number)


class Bed:
    """Everything that a shard needs, in one folder."""

    def __init__(self, folder: Path, write: Write) -> None:
        self.folder, self._write = folder, write
        self.store = Store(str(folder / "out"))
        self.transport, self.heard = FakeTransport(), Heard()

    def plan(self, assets: Sequence[bytes | None], *, shards: int = 1, **terms: Any) -> Plan:
        rows = []
        for number, data in enumerate(assets):
            if data is not None:
                (self.folder / f"{number}.bin").write_bytes(data)
            group = f"g{number % 2}"
            rows.append(
                {"id": f"id{len(assets) - number:03d}", "uri": f"{number}.bin", "group": group}
            )
        return prepare(self.store, self._write("m.jsonl", rows), Terms(**terms), shards=shards)

    async def check(
        self, plan: Plan, task: Task | None = None, parallel: int = 3
    ) -> list[dict[str, Any]]:
        task = task or Task(0)
        client = AsyncClient(self.transport, timeout=1)
        sources = Sources(plan.manifest.uri, plan.terms, Limits())
        asker = Asker(client, sources, plan.terms, parallel=parallel)
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        await check_shard(plan, self.store, task, asker=asker, watch=self.heard, folder=scratch)
        assert not list(scratch.iterdir())
        assert not self.heard.now
        return self.rows(plan, task.index)

    def rows(self, plan: Plan, index: int, kind: str = "results") -> list[dict[str, Any]]:
        path = Path(self.store.where(plan.file_of(kind, index)))
        return list(pq.read_table(path).to_pylist())


@pytest.fixture
def bed(tmp_path: Path, write: Write) -> Bed:
    return Bed(tmp_path, write)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_PAUSE_SECONDS", 0.0)


async def test_rows_are_in_the_order_of_their_ids_and_files_say_what_they_hold(bed: Bed) -> None:
    plan = bed.plan([b"pass", b"fail", b"broken", None, b"review"])
    rows = await bed.check(plan)
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    verdicts = {row["uri"]: row["verdict"] for row in rows}
    assert verdicts == {
        "0.bin": "PASS",
        "1.bin": "FAIL",
        "2.bin": "FAILED",
        "3.bin": "FAILED",
        "4.bin": "REVIEW",
    }
    reasons = {row["uri"]: row["error_reason"] for row in rows if row["error_reason"]}
    assert reasons == {"2.bin": "DECODE_FAILED", "3.bin": "NOT_FOUND"}
    marker = json.loads(bed.store.read(plan.file_of("done", 0)) or b"")
    assert marker["rows"] == 5
    assert marker["verdicts"] == {"FAIL": 1, "FAILED": 2, "PASS": 1, "REVIEW": 1}
    timings = bed.rows(plan, 0, "timings")
    assert [row["id"] for row in timings] == [row["id"] for row in rows]
    assert [row["seconds"] is None for row in timings if row["id"] == "id002"] == [True]
    assert all(row["started"] is not None for row in timings)


async def test_the_same_shard_gives_the_same_bytes_however_many_run_beside(bed: Bed) -> None:
    plan = bed.plan([b"pass", b"fail", b"broken", b"review"] * 5)
    name = plan.file_of("results", 0)
    await bed.check(plan, parallel=1)
    assert bed.heard.most == 1
    first = bed.store.read(name)
    await bed.check(plan, parallel=7)
    assert bed.store.read(name) == first


async def test_a_shard_without_rows_is_a_shard(bed: Bed) -> None:
    plan = bed.plan([b"pass"], shards=3)
    assert await bed.check(plan, Task(0)) == []
    assert [row["id"] for row in await bed.check(plan, Task(2))] == ["id001"]
    assert plan.done(bed.store) == {0, 2}


async def test_rows_that_killed_are_recorded_and_not_tried(bed: Bed) -> None:
    plan = bed.plan([b"pass", b"kill", b"pass"])
    rows = await bed.check(plan, Task(0, lost={1: "it died"}))
    lost = next(row for row in rows if row["uri"] == "1.bin")
    assert (lost["verdict"], lost["error_reason"]) == ("FAILED", "WORKER_LOST")
    assert "it died" in lost["error_message"]
    assert "1.bin" not in bed.transport.asked


async def test_suspects_are_tried_alone_and_once(bed: Bed) -> None:
    plan = bed.plan([b"pass"] * 6)
    await bed.check(plan, Task(0, alone=(2, 4)))
    assert set(bed.heard.begun[:2]) == {2, 4}
    assert sorted(bed.heard.begun) == list(range(6))


async def test_a_judge_that_is_down_ends_the_shard_and_leaves_nothing(bed: Bed) -> None:
    plan = bed.plan([b"pass"] * 3 + [b"down"] * 20)
    with pytest.raises(Unavailable, match="8 assets in a row could not be checked"):
        await bed.check(plan)
    assert bed.store.names("shards") == []


async def test_one_asset_that_is_away_is_a_failed_row_after_three_tries(bed: Bed) -> None:
    plan = bed.plan([b"pass", b"down", b"pass"])
    rows = await bed.check(plan)
    assert [row["verdict"] for row in rows] == ["PASS", "FAILED", "PASS"]
    assert bed.transport.asked.count("1.bin") == 3


async def test_a_policy_that_the_judge_does_not_know_is_an_error_of_the_run(bed: Bed) -> None:
    with pytest.raises(InvalidArgument, match="no policy is called"):
        await bed.check(bed.plan([b"pass"], policy="unknown"))


async def test_a_row_names_its_own_policy(bed: Bed, write: Write) -> None:
    (bed.folder / "a").write_bytes(b"pass")
    rows = [
        {"id": "1", "uri": "a", "policy": "strict"},
        {"id": "2", "uri": "a", "policy": "unknown"},
        {"id": "3", "uri": "a"},
    ]
    plan = prepare(bed.store, write("p.jsonl", rows), Terms())
    found = {row["id"]: (row["policy"], row["verdict"]) for row in await bed.check(plan)}
    assert found == {"1": ("strict", "PASS"), "2": ("unknown", "FAILED"), "3": ("default", "PASS")}


async def test_a_broken_row_ends_the_shard(bed: Bed, write: Write) -> None:
    plan = prepare(bed.store, write("b.jsonl", [{"id": "1", "uri": ""}]), Terms())
    with pytest.raises(InvalidInput, match="uri is empty"):
        await bed.check(plan)


async def test_people_are_counted_by_group_and_only_in_pictures(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bed.transport, "_check", _pass)
    plan = bed.plan([PNG + b" red", PNG + b" red", PNG + b" blue", b"v 0 0 0"], audit=True)
    await bed.check(plan)
    data = bed.store.read(plan.file_of("audit", 0))
    assert data is not None
    state = bias_pb2.AuditState.FromString(data)
    assert state.images == 3
    counted = {t.prompt: {c.category: c.count for c in t.counts} for t in state.tables}
    assert counted == {"g0": {"blue": 1, "red": 1}, "g1": {"red": 1}}


def _pass(request: Any) -> Any:
    return response(request.asset.name, "pass")
