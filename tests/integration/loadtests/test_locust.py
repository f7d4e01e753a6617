"""Locust without its page, a few seconds against made-up services."""

import asyncio
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from loadtests.fleet import started_fleet

LOCUSTFILE = Path(__file__).resolve().parents[3] / "loadtests" / "locustfile.py"


async def test_users_are_answered(tmp_path: Path) -> None:
    if importlib.util.find_spec("locust") is None:
        pytest.skip("Locust is not installed: make locust installs it")
    async with started_fleet(tmp_path, stubs=("--seconds", "0.005")) as fleet:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", fleet.target),
            *("--headless", "-u", "3", "-r", "3", "-t", "15s", "--json", "--exit-code-on-error=1"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(100):
            out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    rows = json.loads(out)
    assert sum(row["num_requests"] for row in rows) > 0
    assert sum(row["num_failures"] for row in rows) == 0
