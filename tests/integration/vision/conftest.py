"""The embedded profile, installed once a run: from the user's store where it is there already."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gencheck.errors import Unavailable
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Roles


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A store of its own with the embedded profile in it."""
    made = ModelStore(tmp_path_factory.mktemp("models"), shipped_models())
    there = default_store()
    try:
        made.install("embedded", source_dir=there if there.is_dir() else None)
    except Unavailable as error:
        pytest.skip(f"the embedded models cannot be had here: {error}")
    return made


@pytest.fixture
async def backend(store: ModelStore) -> AsyncIterator[EmbeddedBackend]:
    made = EmbeddedBackend(store.root, threads=2)
    yield made
    await made.aclose()


@pytest.fixture
async def roles(store: ModelStore, backend: EmbeddedBackend) -> Roles:
    return await build_roles(backend, store.players())


@pytest.fixture(scope="session")
def photo_of_a_face() -> Path:
    """Scikit-image carries a portrait (NASA, public domain)."""
    import skimage

    return Path(skimage.__file__).parent / "data" / "astronaut.png"
