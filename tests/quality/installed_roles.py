"""Evaluations that ask the models of this machine."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from gencheck.errors import GencheckError
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import ObjectDetector, Roles


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


def install_everything(store: ModelStore) -> None:
    """Install what ``GENCHECK_WEIGHTS`` and ``GENCHECK_MADE`` hold; say what is not there."""
    there = default_store()
    store.install("embedded", source_dir=there if there.is_dir() else None)
    weights = os.environ.get("GENCHECK_WEIGHTS")
    if not weights:
        print("GENCHECK_WEIGHTS is unset: only the embedded profile is measured")
        return
    for profile in ("standard", "research"):
        try:
            store.install(profile, source_dir=Path(weights), accept_licence=True)
        except GencheckError as error:
            print(f"{profile}: {error}")
    made = os.environ.get("GENCHECK_MADE")
    if made:
        store.install("full", source_dir=Path(made), accept_licence=True)


async def installed_detectors(folder: Path) -> AsyncIterator[ObjectDetector]:
    """Every object detector that can be installed here, in a store of its own."""
    store = ModelStore(folder, shipped_models())
    install_everything(store)
    backend = EmbeddedBackend(folder, threads=os.cpu_count() or 1)
    try:
        for entry in store.catalog:
            if entry.role == "object_detector" and await backend.ready(entry.name):
                roles = await build_roles(backend, {entry.role: entry.name})
                assert roles.objects is not None
                yield roles.objects
    finally:
        await backend.aclose()
