"""A process that checks shards for a parent, one after the other, until it is told to stop.

It writes what it is checking on a board: when a file kills it, the parent knows which.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

import cv2

from gencheck.batch.asking import Asker
from gencheck.batch.board import Board
from gencheck.batch.plan import Plan
from gencheck.batch.shard import Task, check_shard
from gencheck.batch.sources import Sources
from gencheck.batch.store import Store
from gencheck.client import AsyncClient
from gencheck.errors import GencheckError
from gencheck.media.types import Limits

Connect: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncClient]]


@dataclass(frozen=True, slots=True)
class Finished:
    """A shard is stored (no error), or why it is not; a bug comes as text."""

    error: GencheckError | str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """All that a worker needs; it crosses to a spawned process by pickle.

    Attributes:
        connect: opens what judges: services of the process itself, or a router.
        scratch: a folder for unfinished shards; in a worker its own, which the parent removes.
        parallel: assets that a worker checks at a time.
    """

    plan: Plan
    store: Store
    connect: Connect
    parallel: int
    limits: Limits
    scratch: Path


def main(work: Work, pipe: Connection, board: Board) -> None:
    """The body of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the group; the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(work.parallel)  # else each worker's pictures would take all cores
    asyncio.run(_serve(work, pipe, board))


async def _serve(work: Work, pipe: Connection, board: Board) -> None:
    tasks: asyncio.Queue[Task | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        while True:
            try:
                task = pipe.recv()
            except (EOFError, OSError):
                shutil.rmtree(work.scratch, ignore_errors=True)
                with suppress(OSError):  # the last one takes the parent's folder with it
                    work.scratch.parent.rmdir()
                os._exit(1)  # the parent is gone: nobody would see the results
            loop.call_soon_threadsafe(tasks.put_nowait, task)
            if task is None:
                return

    threading.Thread(target=listen, daemon=True).start()
    try:
        async with work.connect() as client:
            sources = Sources(work.plan.manifest.uri, work.plan.terms, work.limits)
            asker = Asker(client, sources, work.plan.terms, parallel=work.parallel)
            while (task := await tasks.get()) is not None:
                pipe.send(await _finished(work, task, asker, board))
    except GencheckError as error:
        pipe.send(Finished(error))


async def _finished(work: Work, task: Task, asker: Asker, board: Board) -> Finished:
    try:
        folder = work.scratch
        await check_shard(work.plan, work.store, task, asker=asker, watch=board, folder=folder)
    except GencheckError as error:
        return Finished(error)
    except Exception as error:
        return Finished("".join(traceback.format_exception(error)))
    return Finished()
