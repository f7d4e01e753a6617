"""Evaluations that ask the models of this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Roles


def with_roles(evaluate: Callable[[Path, Roles], Awaitable[None]]) -> int:
    """Runs an evaluation on the material of ``GENCHECK_DATA``; 0 also where there is none."""
    data = os.environ.get("GENCHECK_DATA")
    if not data:
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    asyncio.run(_evaluate(evaluate, Path(data)))
    return 0


async def _evaluate(evaluate: Callable[[Path, Roles], Awaitable[None]], data: Path) -> None:
    store = ModelStore(default_store(), shipped_models())
    backend = EmbeddedBackend(store.root, threads=os.cpu_count() or 1)
    try:
        await evaluate(data, await build_roles(backend, store.players()))
    finally:
        await backend.aclose()
