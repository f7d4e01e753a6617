"""Waiting for work in a thread or on a server, and no longer than the caller does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from gencheck.deadline import Deadline

_T = TypeVar("_T")
_POLL_SECONDS = 0.02
"""How often a cancelled deadline is looked for: it may be cancelled from any thread, silently."""


async def wait_for(
    work: Future[_T] | asyncio.Future[_T],
    deadline: Deadline,
    stop: Callable[[], None] = lambda: None,
) -> _T:
    """The result of the work, unless the deadline passes or is cancelled first.

    Args:
        stop: tells running work that nobody waits any more; called whenever this gives up.

    Raises:
        DeadlineExceeded, Cancelled: the caller's time is up, the caller has gone.
    """
    future = asyncio.wrap_future(work)
    try:
        while not future.done():
            deadline.check()
            left = deadline.remaining()
            pause = _POLL_SECONDS if left is None else min(left, _POLL_SECONDS)
            await asyncio.wait({future}, timeout=pause)
        return await future
    except BaseException:
        stop()
        if not future.done():
            future.cancel()
        raise
