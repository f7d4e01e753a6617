"""Runs shards on this machine: spawned workers, replaced when a file kills one.

The rows that were being checked when a worker died are tried alone in a fresh one. The row that
kills it again is recorded as failed, and the run goes on without it.
"""

from __future__ import annotations

import multiprocessing
import shutil
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from gencheck.batch.board import Board
from gencheck.batch.plan import FOLDER
from gencheck.batch.shard import Task
from gencheck.batch.worker import Finished, Work, main
from gencheck.errors import GencheckError, InvalidArgument, InvalidInput, Unavailable

_DEATHS_BEFORE_SERIAL = 3
_DEATHS_WITHOUT_WORK = 3
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.25


@dataclass(slots=True)
class _Shard:
    """A shard that is not finished yet, and what is known of the rows that kill."""

    index: int
    suspects: set[int] = field(default_factory=set)
    lost: dict[int, str] = field(default_factory=dict)
    deaths: int = 0

    def task(self) -> Task:
        serial = self.deaths >= _DEATHS_BEFORE_SERIAL
        return Task(self.index, tuple(sorted(self.suspects)), dict(self.lost), serial)

    def blame(self, rows: set[int], task: Task, how: str) -> None:
        """A worker died over these rows."""
        self.deaths += 1
        if len(rows) == 1 and (rows & set(task.alone) or task.serial):
            self.lost[rows.pop()] = f"a worker process died over this asset alone ({how})"
        else:
            self.suspects |= rows
        self.suspects -= set(self.lost)


@dataclass(slots=True)
class _Worker:
    """A process, and what it is at."""

    process: BaseProcess
    pipe: Connection
    board: Board
    scratch: Path
    shard: _Shard | None = None
    task: Task | None = None
    told: int = 0
    stuck: bool = False

    def close(self) -> None:
        """What a dead process leaves behind."""
        self.process.join()
        self.pipe.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


class Runner:
    """Shares shards among workers until all are stored; use it as a context."""

    def __init__(
        self, work: Work, *, workers: int, tell: Callable[[int], None], patience: float = 600.0
    ) -> None:
        """Share the work among so many workers.

        Args:
            tell: is called with rows that were finished since; negative where lost again.
            patience: seconds that a worker may be at one asset, with all its tries; deadlines
                end a check long before, unless the process itself hangs.
        """
        self._patience = patience
        self._work = work
        self._count = workers
        self._tell = tell
        self._workers: list[_Worker] = []
        self._idle_deaths = 0
        self._broken: list[InvalidInput] = []

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_STOP_SECONDS)
            worker.process.kill()
            worker.close()
        self._work.store.sweep(FOLDER)  # what a worker was just writing when it was ended

    def run(self, shards: Iterable[int]) -> None:
        """Check and store these shards.

        Raises:
            InvalidInput: the manifest's rows of a shard are broken; the other shards are stored.
            Unavailable: a store or what judges is away; what is stored stays.
        """
        waiting = deque(_Shard(index) for index in shards)
        while waiting or any(worker.shard for worker in self._workers):
            self._hand_out(waiting)
            pipes = {worker.pipe: worker for worker in self._workers}
            for pipe in wait(list(pipes), _LOOK_SECONDS):
                worker = pipes[pipe]  # type: ignore[index]
                try:
                    self._take(worker, worker.pipe.recv())
                except (EOFError, OSError):  # OSError: it died in the middle of a message
                    self._bury(worker, waiting)
            self._look()
        if self._broken:
            raise self._broken[0]

    def _hand_out(self, waiting: deque[_Shard]) -> None:
        while waiting and len(self._workers) < self._count:
            self._workers.append(self._start())
        for worker in self._workers:
            if worker.shard is None and waiting:
                worker.shard = waiting.popleft()
                worker.task = worker.shard.task()
                worker.told = 0
                worker.board.clear()
                with suppress(ConnectionError):  # it died idle: its end of the pipe says so next
                    worker.pipe.send(worker.task)

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        work = replace(self._work, scratch=Path(tempfile.mkdtemp(dir=self._work.scratch)))
        board = Board(context, work.parallel)
        process = context.Process(target=main, args=(work, theirs, board), daemon=False)
        process.start()
        theirs.close()
        return _Worker(process, ours, board, work.scratch)

    def _take(self, worker: _Worker, message: Finished) -> None:
        match message:
            case Finished(None):
                self._release(worker)
            case Finished(InvalidArgument() as error):
                raise error
            case Finished(InvalidInput() as error):
                self._broken.append(error)
                self._release(worker)
            case Finished(GencheckError() as error):
                raise error
            case Finished(str() as bug):
                raise RuntimeError(bug)

    def _release(self, worker: _Worker) -> None:
        """A shard is done with, also those of its rows that could not be read."""
        assert worker.shard is not None
        rows = self._work.plan.shard_range(worker.shard.index)[1]
        self._advance(worker, rows - worker.told)
        worker.shard = None

    def _advance(self, worker: _Worker, rows: int) -> None:
        worker.told += rows
        self._tell(rows)

    def _look(self) -> None:
        """Tell how far the workers are; kill one that is at an asset for far too long."""
        for worker in self._workers:
            if worker.shard is not None:
                self._advance(worker, worker.board.finished - worker.told)
            if worker.board.longest > self._patience and not worker.stuck:
                worker.stuck = True
                worker.process.kill()

    def _bury(self, worker: _Worker, waiting: deque[_Shard]) -> None:
        """A worker is dead: its shard goes to another one."""
        self._workers.remove(worker)
        worker.close()
        how = "stuck" if worker.stuck else _how(worker.process.exitcode)
        rows = worker.board.rows
        self._idle_deaths = 0 if rows or worker.board.finished else self._idle_deaths + 1
        self._advance(worker, -worker.told)
        if self._idle_deaths >= _DEATHS_WITHOUT_WORK:
            raise Unavailable(
                f"workers die before they check anything ({how})",
                fix="Look at the memory of this machine, and at what they wrote above.",
            )
        if worker.shard is not None and worker.task is not None:
            worker.shard.blame(rows, worker.task, how)
            waiting.appendleft(worker.shard)


def _how(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.Signals(-status).name
    return f"exit status {status}"
