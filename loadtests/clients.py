"""Client processes: as many as it takes to send on time, started together."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import math
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gencheck.errors import GencheckError
from loadtests.records import Records
from loadtests.scenario import Scenario
from loadtests.schedule import Schedule, make_schedule
from loadtests.sender import Job

PER_PROCESS = 600.0
"""Assets a second that one process is trusted with; its lateness shows whether that was right."""

_START_SECONDS = 3.0


def processes_for(scenario: Scenario) -> int:
    """Client processes that the highest rate of a scenario takes, at most one a core."""
    highest = max(max(phase.rate, phase.until or 0.0) for phase in scenario.phases)
    return max(1, min(math.ceil(highest / PER_PROCESS), os.cpu_count() or 1))


class Clients:
    """The client processes of one run."""

    def __init__(self, target: str, requests: Path, folder: Path) -> None:
        """Args: folder: for what goes between the processes."""
        self._target = target
        self._requests = requests
        self._folder = folder
        self._processes: list[asyncio.subprocess.Process] = []
        self.started_at = math.nan
        self.broken_off = False
        self.errors: Counter[str] = Counter()

    @property
    def names(self) -> tuple[str, ...]:
        """The client processes, for people."""
        return tuple(f"client {number}" for number in range(len(self._processes)))

    def stop(self) -> None:
        """Send no more, and come to an end with what there is."""
        self.broken_off = True
        for process in self._processes:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)

    async def run(
        self, scenario: Scenario, watch: Callable[[str, int], None], *, count: int | None = None
    ) -> Records:
        """Offer the scenario; what became of every asset.

        Args:
            watch: is told the name and id of every client process.

        Raises:
            GencheckError: a client process failed.
        """
        schedule = make_schedule(scenario)
        count = count or processes_for(scenario)
        self.started_at = time.monotonic() + _START_SECONDS
        jobs = [
            self._write(scenario, schedule.part(number, count), number) for number in range(count)
        ]
        self._processes = [await self._start(job, out) for job, out in jobs]
        for name, process in zip(self.names, self._processes, strict=True):
            watch(name, process.pid)
        if self.broken_off:
            self.stop()
        statuses = await asyncio.gather(*(process.wait() for process in self._processes))
        if any(statuses):
            raise GencheckError("a client process failed", metadata={"statuses": str(statuses)})
        for _, out in jobs:
            self.errors.update(json.loads(out.with_suffix(".json").read_text()))
        return Records.together(Records.load(out) for _, out in jobs)

    def _write(self, scenario: Scenario, schedule: Schedule, number: int) -> tuple[Path, Path]:
        arrays = self._folder / f"schedule-{number}.npz"
        np.savez(arrays, allow_pickle=False, **dataclasses.asdict(schedule))
        job = Job(
            self._target, str(self._requests), str(arrays), scenario.deadline, self.started_at
        )
        path = self._folder / f"job-{number}.json"
        path.write_text(json.dumps(dataclasses.asdict(job)))
        return path, self._folder / f"records-{number}.npz"

    async def _start(self, job: Path, out: Path) -> asyncio.subprocess.Process:
        # A session of its own: Ctrl-C at the terminal reaches the parent, which tells its children.
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "loadtests.sender", str(job), str(out), start_new_session=True
        )
