"""Whole runs against made-up services: real processes, a real router, a real browser."""

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from loadtests.records import Fate, Records

pytestmark = pytest.mark.timeout(300)  # five processes start a run, on a machine that may be busy
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SCENARIO = """
description = "A little of everything."
mix = { image = 4, prompt = 1, sound = 2, video = 1, mesh = 2 }
slo = "test"
deadline = 60.0
stubs = ["--seconds", "0.01", "--sigma", "0.5"]

[[phase]]
name = "one"
seconds = 3
rate = 5

[[phase]]
name = "two"
seconds = %d
rate = 10
"""
# Bounds that every run keeps: these machines are busy, and a busy router may refuse. The generator
# may be as late as it likes.
SLO = """
[test]
lateness = 60
[[test.rule]]
figure = "answered"
at_least = 0.01
[[test.rule]]
figure = "errors"
at_most = 0.99
"""


def files(folder: Path, *, seconds: int = 3, slo: str = SLO) -> list[str]:
    """The words that run the scenario, its files in a folder."""
    (folder / "test.toml").write_text(SCENARIO % seconds)
    (folder / "slo.toml").write_text(slo)
    words = [sys.executable, "-m", "loadtests", "run", str(folder / "test.toml")]
    return [*words, "--slo", str(folder / "slo.toml"), "--out", str(folder / "out")]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that went well."""
    folder = tmp_path_factory.mktemp("run")
    ran = subprocess.run(
        [*files(folder), "--stubs"], check=False, capture_output=True, text=True, timeout=280
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert "PASS" in ran.stdout
    return folder / "out"


def test_a_run_tells_what_became_of_every_asset(finished: Path) -> None:
    said = json.loads((finished / "verdict.json").read_text())
    records = Records.load(finished / "records.npz")
    assert said["verdict"] == "PASS"
    assert len(said["rules"]) == 4
    offered = [f["offered"] for f in said["figures"] if f["kind"] == "all"]
    assert sum(offered) == len(records)
    answered = records.fate == Fate.ANSWERED
    assert answered.any()
    assert not (records.fate == Fate.NOT_SENT).any()
    assert (records.verdict[answered] == 1).all()
    assert not np.isnan(records.lateness).any()
    # From the scheduled instant: never less than the sending was late.
    assert (records.latency >= records.lateness).all()
    for name in ("artifact", "consistency", "bias", "mesh", "router", "client 0"):
        assert said["servers"][name]["peak_rss_bytes"] > 10**7
    assert said["servers"]["router"]["cpu_seconds"]["two"] > 0
    assert said["machine"]["cores"] >= 1


def test_the_page_shows_it_in_a_browser_and_the_console_is_silent(finished: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed, so the report is not opened in a browser")
    again = [sys.executable, "-m", "loadtests", "report", str(finished)]
    subprocess.run(again, check=True, timeout=60)
    page = finished / "report.html"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    ran = subprocess.run(
        [
            CHROMIUM,
            *options,
            "--no-first-run",
            f"--user-data-dir={finished / 'profile'}",
            "--enable-logging=stderr",
            "--dump-dom",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "CONSOLE" not in ran.stderr
    assert len(re.findall(r"<polyline", ran.stdout)) == 5  # offered, p99, p50, a line a phase
    assert "<script" not in ran.stdout
    for text in ("Pass", "all 4 bounds are kept", "prompt", "router"):
        assert text in ran.stdout


def words_of(path: Path) -> list[str]:
    """What a file says, at blanks."""
    return path.read_text().split()


def alive(pids: list[str]) -> list[str]:
    """Those of the processes that are still there."""
    return [pid for pid in pids if Path("/proc", pid).exists()]


async def until(condition: Callable[[], bool]) -> None:
    """Return when something outside of this process is so; the caller bounds the time."""
    while not condition():  # noqa: ASYNC110 - nobody here could set an event
        await asyncio.sleep(0.05)


async def test_who_breaks_a_run_off_still_gets_a_report(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *files(tmp_path, seconds=600), "--stubs", stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    async with asyncio.timeout(280):
        while b"test: 603 s" not in await process.stderr.readline():
            assert process.returncode is None
        await until((tmp_path / "out" / "job-0.json").exists)
        # The router logs a line a call: once it tells of more than warming up, assets are sent.
        log = tmp_path / "out" / "router.log"
        before = log.read_text().count('"rpc"')
        await until(lambda: log.read_text().count('"rpc"') >= before + 5)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert process.returncode == 130, errors
    said = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert said["verdict"] == "INCONCLUSIVE"
    assert said["broken_off"]
    assert "broken off" in said["reasons"][0]
    assert 0 < sum(f["offered"] for f in said["figures"] if f["kind"] == "all") < 2_000
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_no_server_outlives_a_run(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "out" / "requests").mkdir(parents=True)
    process = await asyncio.create_subprocess_exec(
        *files(tmp_path), "--stubs", stderr=asyncio.subprocess.PIPE
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert process.stderr is not None
    async with asyncio.timeout(280):
        assert b"starting" in await process.stderr.readline()
        await until(lambda: len(words_of(children)) >= 2)
        servers = words_of(children)
        process.send_signal(number)
        _, errors = await process.communicate()
    assert process.returncode == 130, errors
    assert not alive(servers)


def test_a_bound_that_is_broken_fails(finished: Path, tmp_path: Path) -> None:
    slo = SLO + '[[test.rule]]\nfigure = "p50"\nat_most = 1e-6\n'
    shutil.copytree(finished / "requests", tmp_path / "out" / "requests")
    ran = subprocess.run(
        [*files(tmp_path, seconds=1, slo=slo), "--stubs"],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ran.returncode == 1, ran.stderr + ran.stdout
    assert "p50 is" in ran.stdout


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["run", "nonsense"], 65),
        (["run"], 64),
        (["run", "smoke", "--target", "127.0.0.1:1", "--out", "HERE"], 69),
    ],
)
def test_exit_statuses_are_those_of_the_house(
    words: list[str], status: int, tmp_path: Path
) -> None:
    given = [str(tmp_path) if word == "HERE" else word for word in words]
    command = [sys.executable, "-m", "loadtests", *given]
    ran = subprocess.run(command, check=False, capture_output=True, timeout=280)
    assert ran.returncode == status, ran.stderr
    assert b"Traceback" not in ran.stderr
