"""Judges for spawned workers: what they find depends on the words of an asset alone."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gencheck.client import AsyncClient
from gencheck.v1 import common_pb2, router_pb2

VERDICTS = {"pass": "VERDICT_PASS", "fail": "VERDICT_FAIL"}


def act(word: str, path: Path) -> None:
    """What a word asks for besides a verdict."""
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "once" and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGSEGV)
    while word == "wait" and not path.exists():
        time.sleep(0.01)


class Judge:
    """Answers like a router.

    ``pass`` and ``fail`` are verdicts; ``kill`` kills this process; ``once PATH`` kills it unless
    the path exists, and makes it; ``wait PATH`` blocks until the path exists.
    """

    async def unary(
        self, method: str, request: Any, answer: type[Any], timeout: float | None
    ) -> router_pb2.CheckResponse:
        word, _, path = request.asset.inline.decode().partition(" ")
        await asyncio.to_thread(act, word, Path(path))
        return router_pb2.CheckResponse(
            asset=request.asset.name,
            verdict=common_pb2.Verdict.Value(VERDICTS.get(word, "VERDICT_PASS")),
            policy=common_pb2.PolicyUsed(name="default", version="1"),
        )

    async def aclose(self) -> None:
        pass


@asynccontextmanager
async def open_judge() -> AsyncIterator[AsyncClient]:
    """What a worker opens; it pickles by its name."""
    yield AsyncClient(Judge(), timeout=30)  # type: ignore[arg-type]


@asynccontextmanager
async def dying_judge() -> AsyncIterator[AsyncClient]:
    """Dies before it judges anything."""
    os._exit(3)
    yield AsyncClient(Judge())  # type: ignore[arg-type]
