"""Roles of the embedded and, where its weights are at hand, of the standard profile."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gencheck.errors import Unavailable
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Roles


@pytest.fixture(scope="session")
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    made = ModelStore(tmp_path_factory.mktemp("models"), shipped_models())
    there = default_store()
    try:
        made.install("embedded", source_dir=there if there.is_dir() else None)
    except Unavailable as error:
        pytest.skip(f"the embedded models cannot be had here: {error}")
    return made


@pytest.fixture(scope="session")
def standard_store(embedded_store: ModelStore) -> ModelStore:
    weights = os.environ.get("GENCHECK_WEIGHTS")
    if not weights:
        pytest.skip("GENCHECK_WEIGHTS is not set: no object detector to test with")
    embedded_store.install("standard", source_dir=Path(weights))
    return embedded_store


@pytest.fixture
async def embedded(embedded_store: ModelStore) -> AsyncIterator[Roles]:
    backend = EmbeddedBackend(embedded_store.root, threads=2)
    yield await build_roles(backend, embedded_store.players("embedded"))
    await backend.aclose()


@pytest.fixture
async def standard(standard_store: ModelStore) -> AsyncIterator[Roles]:
    backend = EmbeddedBackend(standard_store.root, threads=2)
    yield await build_roles(backend, standard_store.players("standard"))
    await backend.aclose()
