"""The commands themselves, over real files, judged by the real services."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .conftest import Command, batch_command, results_of

InProcess = Callable[..., Any]


def verdicts_of(path: Path) -> dict[str, str]:
    return {row["id"]: row["verdict"] for row in pq.read_table(path).to_pylist()}


def wait_for(condition: object, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "this never came about"
        time.sleep(0.05)


def test_from_a_manifest_to_a_report(batch: Command, catalogue: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = batch("run", catalogue, "--out", out, "--shards", "3", "--workers", "2", "--audit")
    assert ran.returncode == 0, ran.stderr
    assert "14 assets in 3 shards" in ran.stderr
    merged = batch("merge", out)
    assert merged.returncode == 0, merged.stderr
    assert "14 assets" in merged.stdout
    verdicts = verdicts_of(out / "results.parquet")
    assert len(verdicts) == 14
    assert (verdicts["gone"], verdicts["none.bin"]) == ("FAILED", "FAILED")
    assert verdicts["open.obj"] in ("FAIL", "REVIEW")
    summary = json.loads((out / "summary.json").read_text())
    assert summary["whole"]["passed"]["whole"] == 14
    assert summary["errors"] == {"NOT_FOUND": 1, "UNSUPPORTED_MEDIA": 1}
    assert summary["audit"]["images"] == 10
    page = (out / "report" / "index.html").read_text()
    assert "BOUNDARY_LOOP" in page
    assert "data:image/jpeg" in page
    same = batch("compare", out, out, "--json")
    assert json.loads(same.stdout)["whole"]["difference"]["change"] == 0


def test_a_pod_gives_the_bytes_that_a_run_gives(
    batch: Command, catalogue: Path, tmp_path: Path
) -> None:
    assert batch("run", catalogue, "--out", tmp_path / "a", "--shards", "2").returncode == 0
    for index in range(2):
        env = {**os.environ, "JOB_COMPLETION_INDEX": str(index)}
        words = ("shard", catalogue, "--out", tmp_path / "b", "--shards", "2")
        assert batch(*words, env=env).returncode == 0
    assert results_of(tmp_path / "a") == results_of(tmp_path / "b")
    again = batch("shard", catalogue, "--out", tmp_path / "b", "--index", "1")
    assert (again.returncode, again.stderr) == (0, "shard 1 of 2 is done already\n")


@pytest.mark.parametrize("trial", range(int(os.environ.get("GENCHECK_KILLS", "2"))))
def test_a_run_that_was_killed_goes_on_to_the_same_results(
    trial: int, batch: Command, catalogue: Path, tmp_path: Path
) -> None:
    words = ("run", str(catalogue), "--shards", "7", "--workers", "2")
    assert batch(*words, "--out", tmp_path / "whole").returncode == 0
    command = batch_command(*words, "--out", str(tmp_path / "cut"))
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    done = random.Random(trial).randrange(4)
    wait_for(lambda: len(list(tmp_path.glob("cut/shards/done-*"))) >= done)
    process.kill()
    process.wait()
    # The workers notice by themselves that nobody waits for them.
    went_on = batch(*words, "--out", tmp_path / "cut")
    assert went_on.returncode == 0, went_on.stderr
    assert results_of(tmp_path / "cut") == results_of(tmp_path / "whole")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_run_kindly(
    number: int, status: int, batch: Command, catalogue: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ("run", str(catalogue), "--out", str(out), "--shards", "14", "--workers", "1")
    process = subprocess.Popen(batch_command(*words), stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list(out.glob("shards/done-*")))
    process.send_signal(number)
    told = process.communicate(timeout=60)[1]
    if process.returncode == 0:
        pytest.skip("it was done before the signal came")
    assert process.returncode == status
    assert told.splitlines()[-1].startswith("stopped: what was finished stays")
    assert "Traceback" not in told
    assert not list(out.glob("shards/.*"))
    assert batch(*words, "--resume").returncode == 0
    assert len(list(out.glob("shards/done-*"))) == 14


def test_resume_never_begins_a_run(gencheck: InProcess, catalogue: Path, tmp_path: Path) -> None:
    ran = gencheck("batch", "run", catalogue, "--out", tmp_path / "typo", "--resume")
    assert ran.status == 64
    assert "there is no run to go on with" in ran.err
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    ("manifest", "status", "told"),
    [
        ("id,uri\na,x\na,y\n", 65, "more than once: a"),
        ("id,url\na,x\n", 65, "no column uri"),
        ("id,uri\n", 65, "the manifest has no rows"),
        ("id,uri\na,\n", 65, "row 1: uri is empty"),
    ],
)
def test_a_bad_manifest(
    manifest: str, status: int, told: str, gencheck: InProcess, tmp_path: Path
) -> None:
    path = tmp_path / "m.csv"
    path.write_text(manifest)
    ran = gencheck("batch", "run", path, "--out", tmp_path / "out")
    assert ran.status == status, ran.err
    assert told in ran.err


def test_wrong_words(gencheck: InProcess, catalogue: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cases = [
        (
            ("run", catalogue, "--out", out, "--policy", "nosuch"),
            64,
            'no policy is called "nosuch"',
        ),
        (("run", tmp_path / "none.csv", "--out", out), 65, "no such file"),
        (("run", catalogue, "--out", "nosuch://x"), 64, "no such store"),
        (("run", "s3://bucket/m.csv", "--out", out), 64, "gencheck[cloud]"),
        (("shard", catalogue, "--out", out), 64, "which shard?"),
        (("shard", catalogue, "--out", out, "--shards", "2", "--index", "2"), 64, "no shard 2"),
        (("merge", tmp_path / "none"), 64, "no run here"),
    ]
    for words, status, text in cases:
        ran = gencheck("batch", *words)
        assert ran.status == status, (words, ran)
        assert text in ran.err


def test_results_of_another_run_are_not_touched(
    batch: Command, gencheck: InProcess, catalogue: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert batch("run", catalogue, "--out", out, "--shards", "2").returncode == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for words in (("--shards", "3"), ("--audit",), ("--profile", "standard")):
        ran = gencheck("batch", "run", catalogue, "--out", out, *words)
        assert ran.status == 64
        assert "the results there are of another run" in ran.err
    with catalogue.open("a") as file:
        file.write('\n{"id": "new", "uri": "0.png"}')
    ran = gencheck("batch", "run", catalogue, "--out", out)
    assert ran.status == 64
    assert "not the one that these results were planned from" in ran.err
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_router_that_is_not_there_ends_the_run(
    batch: Command, catalogue: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = batch("run", catalogue, "--out", out, "--router", "127.0.0.1:9", "--shards", "1")
    assert ran.returncode == 69, ran.stderr
    assert "in a row could not be checked" in ran.stderr
    assert not list(out.glob("shards/*"))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 kB; only root may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing(batch: Command, catalogue: Path, tiny: Path) -> None:
    words = ("run", catalogue, "--out", tiny / "out", "--shards", "14", "--workers", "1")
    full = batch(*words)
    assert full.returncode == 69, full.stderr
    assert "no space is left there" in full.stderr
    done = results_of(tiny / "out")
    assert 0 < len(done) < 14
    subprocess.run(["mount", "-o", "remount,size=8m", str(tiny)], check=True)
    assert batch(*words).returncode == 0
    after = results_of(tiny / "out")
    assert len(after) == len(list(tiny.glob("out/shards/done-*"))) == 14
    assert done.items() <= after.items()
