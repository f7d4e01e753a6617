"""CPU time and memory of processes, read from /proc while a run goes on."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of one process with all its children.

    Attributes:
        at: ``time.monotonic()``.
        cpu: seconds of CPU time since each process began; what has ended still counts.
        rss: bytes in memory; pages that several share count in each.
    """

    at: float
    cpu: float
    rss: int


@dataclass(slots=True)
class Usage:
    """Readings by name of server, in the order of time."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def cpu_between(self, name: str, start: float, end: float) -> float:
        """CPU seconds that a server used between two instants, interpolated."""
        return self._cpu_at(name, end) - self._cpu_at(name, start)

    def peak_rss(self, name: str) -> int:
        """Bytes."""
        return max((sample.rss for sample in self.samples.get(name, ())), default=0)

    def rss_slope(self, name: str, start: float, end: float) -> float:
        """Bytes a second by which memory grows, by least squares; 0 for fewer than 3 readings."""
        inside = [s for s in self.samples.get(name, ()) if start <= s.at <= end]
        if len(inside) < 3:
            return 0.0
        mean_at = sum(s.at for s in inside) / len(inside)
        mean = sum(s.rss for s in inside) / len(inside)
        spread = sum((s.at - mean_at) ** 2 for s in inside)
        return sum((s.at - mean_at) * (s.rss - mean) for s in inside) / spread

    def _cpu_at(self, name: str, at: float) -> float:
        samples = self.samples.get(name, [])
        if not samples:
            return 0.0
        before = None
        for sample in samples:
            if sample.at >= at:
                if before is None:
                    return sample.cpu
                share = (at - before.at) / (sample.at - before.at)
                return before.cpu + share * (sample.cpu - before.cpu)
            before = sample
        return samples[-1].cpu


class Meter:
    """Reads processes every half second, as an asynchronous task."""

    def __init__(self, processes: Mapping[str, int], *, seconds: float = 0.5) -> None:
        """Args: processes: ids by name."""
        self._processes = dict(processes)
        self._seconds = seconds
        self.usage = Usage({name: [] for name in processes})

    def watch(self, name: str, pid: int) -> None:
        """Read one more process."""
        self._processes[name] = pid
        self.usage.samples[name] = []

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            self.read()
            await asyncio.sleep(self._seconds)

    def read(self) -> None:
        """One reading of each that still runs."""
        for name, pid in tuple(self._processes.items()):
            if sample := read_process(pid):
                self.usage.samples[name].append(sample)


def read_process(pid: int) -> Sample | None:
    """One reading of a process and its children; ``None`` where it is gone."""
    cpu, rss, found = 0.0, 0, False
    for one in _family(pid):
        try:
            words = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found = True
        cpu += sum(map(int, words[11:15])) / _TICK  # with children that have ended
        rss += int(words[21]) * _PAGE
    return Sample(time.monotonic(), cpu, rss) if found else None


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = " ".join((task / "children").read_text() for task in tasks).split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))
