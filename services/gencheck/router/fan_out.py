"""Asks several services at once, and calls off the rest when one answer settles the matter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from gencheck.router.answers import Expected
from gencheck.router.asking import Asker, part_deadline
from gencheck.router.merge import Part
from gencheck.serving.call import Call


async def ask_all(
    askers: Sequence[Asker],
    request: bytes,
    call: Call,
    expected: Expected,
    *,
    settles: Callable[[Part], bool] | None = None,
) -> list[Part]:
    """The parts in the order of the askers. Whoever cancels this cancels every question.

    Args:
        settles: whether a part makes the others superfluous; ``None``: none does.
    """
    deadline = part_deadline(call.deadline)
    questions = [asker.ask(request, call, expected, deadline) for asker in askers]
    if len(questions) == 1:
        return [await questions[0]]
    if settles is None:
        return await asyncio.gather(*questions)
    start = time.perf_counter()
    tasks = [asyncio.create_task(question) for question in questions]
    try:
        await _until_settled(tasks, settles)
    finally:
        for task in tasks:
            task.cancel()  # nothing happens to it when it is done
        await asyncio.gather(*tasks, return_exceptions=True)
    seconds = time.perf_counter() - start
    return [
        Part(asker.check, seconds, target=asker.target) if task.cancelled() else task.result()
        for asker, task in zip(askers, tasks, strict=True)
    ]


async def _until_settled(
    tasks: Sequence[asyncio.Task[Part]], settles: Callable[[Part], bool]
) -> None:
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        if any(settles(task.result()) for task in done):
            return
