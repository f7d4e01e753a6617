"""One client process: sends each asset at its scheduled instant, whatever became of the others.

``python -m loadtests.sender JOB.json OUT.npz``; the parent is ``clients.py``. SIGINT ends the
sending; what is open may still end, and what became of everything is written all the same.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import numpy as np
from google.protobuf.message import DecodeError

from gencheck.transport import open_channel
from gencheck.v1 import router_pb2
from loadtests.records import FATE_OF, Fate, Records
from loadtests.requests import check_of, read_requests, with_id
from loadtests.schedule import Schedule

MAX_OPEN = 4096
"""Calls that one client process keeps open; more are not sent, and the run proves nothing."""

_MOST_ERRORS = 50
_TEXT = 160


@dataclass(frozen=True, slots=True)
class Job:
    """What one client process is told.

    Attributes:
        requests: a folder that ``requests.write_requests`` has filled.
        start: of the run, on the clock of ``time.monotonic``, which processes share.
    """

    target: str
    requests: str
    schedule: str
    deadline: float
    start: float
    channels: int = 2


class Sender:
    """Sends one schedule and keeps what became of it."""

    def __init__(
        self,
        channels: Sequence[grpc.aio.Channel],
        requests: Sequence[Sequence[bytes]],
        schedule: Schedule,
        *,
        deadline: float,
    ) -> None:
        """Args: requests: by class, each with at least one, without request ids."""
        self._calls = [check_of(channel) for channel in channels]
        self._requests = requests
        self._schedule = schedule
        self._deadline = deadline
        self._open: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()
        self.errors: Counter[str] = Counter()
        n = len(schedule)
        self.records = Records(
            at=schedule.at,
            lateness=np.full(n, np.nan),
            latency=np.full(n, np.nan),
            kind=schedule.kind,
            phase=schedule.phase,
            fate=np.full(n, Fate.NOT_SENT, np.int8),
            code=np.full(n, -1, np.int16),
            verdict=np.zeros(n, np.int8),
        )

    def stop(self) -> None:
        """Send no more."""
        self._stopped.set()

    async def run(self, start: float) -> None:
        """Send everything, and wait for what is open. Args: start: as in :class:`Job`."""
        for row, at in enumerate(self._schedule.at):
            if not await self._until(start + at):
                break
            if len(self._open) < MAX_OPEN:
                task = asyncio.create_task(self._send(row, start + at))
                self._open.add(task)
                task.add_done_callback(self._open.discard)
        if self._open:
            await asyncio.wait(self._open, timeout=self._deadline + 5)
        for task in tuple(self._open):
            task.cancel()

    async def _until(self, instant: float) -> bool:
        """Wait for an instant; false where the run was stopped before."""
        wait = instant - time.monotonic()
        if wait > 0:
            try:
                await asyncio.wait_for(self._stopped.wait(), wait)
            except TimeoutError:
                return True
        else:
            await asyncio.sleep(0)  # behind: open calls still have to get on
        return not self._stopped.is_set()

    async def _send(self, row: int, scheduled: float) -> None:
        kinds = self._requests[int(self._schedule.kind[row])]
        raw = with_id(kinds[row % len(kinds)])
        call = self._calls[row % len(self._calls)]
        now = time.monotonic()
        records = self.records
        records.lateness[row] = now - scheduled
        # The caller has waited since the scheduled instant: what is left of its time is less.
        left = max(0.001, scheduled + self._deadline - now)
        try:
            answer = await call(raw, timeout=left)
            code = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as error:
            answer, code = b"", error.code()
            self._note(f"{code.name}: {error.details()}")
        records.latency[row] = time.monotonic() - scheduled
        records.fate[row] = FATE_OF.get(code, Fate.FAILED)
        records.code[row] = code.value[0]
        if code is grpc.StatusCode.OK:
            self._read(row, answer)

    def _read(self, row: int, answer: bytes) -> None:
        try:
            said = router_pb2.CheckResponse.FromString(answer)
        except DecodeError:
            self.records.fate[row] = Fate.FAILED
            return
        self.records.verdict[row] = said.verdict
        failed = [outcome for outcome in said.outcomes if outcome.HasField("error")]
        if failed:
            self.records.fate[row] = Fate.PARTIAL
            self._note(f"{failed[0].check}: {failed[0].error.message}")

    def _note(self, text: str) -> None:
        """Count what was said instead of an answer, without the numbers in it."""
        text = re.sub(r"(?<!code )\d+", "N", text)[:_TEXT]
        if text in self.errors or len(self.errors) < _MOST_ERRORS:
            self.errors[text] += 1


async def _run(job: Job, out: Path) -> None:
    with np.load(job.schedule, allow_pickle=False) as archive:
        schedule = Schedule(archive["at"], archive["kind"], archive["phase"])
    channels = [open_channel(job.target) for _ in range(job.channels)]
    requests = read_requests(Path(job.requests))
    sender = Sender(channels, requests, schedule, deadline=job.deadline)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, sender.stop)
    await sender.run(job.start)
    for channel in channels:
        await channel.close()
    sender.records.save(out)
    out.with_suffix(".json").write_text(json.dumps(sender.errors))


def main() -> None:
    """Read the job, do it, write the records."""
    job = Job(**json.loads(Path(sys.argv[1]).read_text()))
    asyncio.run(_run(job, Path(sys.argv[2])))


if __name__ == "__main__":
    main()
