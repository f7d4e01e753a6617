"""What processes hold: memory, descriptors, threads, shared memory, temporary files."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_SHARED = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Held:
    """What one process holds, its descendants counted with it.

    Attributes:
        rss: resident memory, MB.
        fds: open descriptors.
        threads: threads.
        processes: itself and its descendants.
    """

    rss: float
    fds: int
    threads: int
    processes: int


def held_by(pid: int) -> Held:
    """The sums over a process and its descendants; zeros where it is gone."""
    rss = fds = threads = processes = 0
    for member in family(pid):
        folder = Path(f"/proc/{member}")
        with suppress(FileNotFoundError, ProcessLookupError):
            pages = int((folder / "statm").read_text().split()[1])
            descriptors = len(list((folder / "fd").iterdir()))
            tasks = len(list((folder / "task").iterdir()))
            rss, fds, threads = rss + pages, fds + descriptors, threads + tasks
            processes += 1
    return Held(rss * _PAGE / 1e6, fds, threads, processes)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found, todo = [], [pid]
    while todo:
        member = todo.pop()
        found.append(member)
        for task in _listing(Path(f"/proc/{member}/task")):
            with suppress(FileNotFoundError, ProcessLookupError):
                todo += [int(child) for child in (task / "children").read_text().split()]
    return found


def shared_segments() -> int:
    """Entries of /dev/shm, whoever made them."""
    return len(_listing(_SHARED))


def files_in(folder: Path) -> int:
    """Everything in a folder and below it."""
    return sum(1 for _ in folder.rglob("*"))


def _listing(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
