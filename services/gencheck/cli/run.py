"""Runs a question over many files: bounded, in order, whatever becomes of one of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass

from google.protobuf.message import Message
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from gencheck.client import AsyncClient
from gencheck.errors import GencheckError

Connect = Callable[[], AbstractAsyncContextManager[AsyncClient]]


@dataclass(frozen=True, slots=True)
class Job:
    """One question about one asset."""

    asset: str
    ask: Callable[[AsyncClient], Awaitable[Message]]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job: an answer or an error."""

    asset: str
    answer: Message | None = None
    error: GencheckError | None = None


async def run_jobs(
    connect: Connect, jobs: Sequence[Job], show: Callable[[Done], None], *, parallel: int
) -> list[Done]:
    """Run the jobs, a few at a time; show and return what became of them in their order."""
    done = []
    async with connect() as client:
        with progress(len(jobs)) as advance:
            async for result in _in_order(client, jobs, parallel):
                show(result)
                advance()
                done.append(result)
    return done


async def _in_order(client: AsyncClient, jobs: Sequence[Job], parallel: int) -> AsyncIterator[Done]:
    pending: deque[asyncio.Task[Done]] = deque()
    try:
        for job in jobs:
            pending.append(asyncio.create_task(_one(client, job)))
            if len(pending) >= parallel:
                yield await pending.popleft()
        while pending:
            yield await pending.popleft()
    finally:
        for task in pending:
            task.cancel()


async def _one(client: AsyncClient, job: Job) -> Done:
    try:
        return Done(job.asset, answer=await job.ask(client))
    except GencheckError as error:
        return Done(job.asset, error=error)


class progress:  # noqa: N801 - used like a function
    """A progress bar on a terminal, for more than one item; nothing in a pipe."""

    def __init__(self, total: int) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("checking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal or total < 2,
        )
        self._total = total

    def __enter__(self) -> Callable[[], None]:
        self._bar.start()
        task = self._bar.add_task("", total=self._total)
        return lambda: self._bar.advance(task)

    def __exit__(self, *exc: object) -> None:
        self._bar.stop()


@contextmanager
def rate_bar(total: int, what: str = "checking") -> Iterator[Callable[[int], None]]:
    """A progress bar with rate and remaining time on a terminal; nothing in a pipe."""
    console = Console(stderr=True)
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda rows: bar.advance(task, rows)


class _Rate(ProgressColumn):
    """Assets a second."""

    def render(self, task: Task) -> Text:
        """See :class:`rich.progress.ProgressColumn`."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.1f}/s", style="progress.data.speed")
