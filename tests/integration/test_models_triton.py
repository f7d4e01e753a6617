"""Every real model: loaded, held to its golden input, and the same on a real Triton."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

from gencheck.deadline import Deadline
from gencheck.hearing.build import build_hearing
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.catalog import CatalogEntry, read_catalog
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.players import check_players
from gencheck.inference.store import ModelState, ModelStore, default_store, shipped_models
from gencheck.inference.triton import TritonBackend
from gencheck.vision.build import build_roles

TritonOn: TypeAlias = Callable[[Path, Path], AbstractContextManager[Any]]
ENTRIES = tuple(
    entry
    for entry in read_catalog(shipped_models() / "catalog.toml")
    if entry.source.kind != "recipe"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """All models that are fetched, in a store of their own."""
    weights = os.environ.get("GENCHECK_WEIGHTS")
    if not weights:
        pytest.skip("GENCHECK_WEIGHTS is unset: the real models are not here")
    made = ModelStore(tmp_path_factory.mktemp("models"), shipped_models())
    there = default_store()
    made.install("embedded", source_dir=there if there.is_dir() else None)
    made.install("research", source_dir=Path(weights), accept_licence=True)
    return made


@pytest.fixture
async def backend(store: ModelStore) -> AsyncIterator[EmbeddedBackend]:
    made = EmbeddedBackend(store.root, threads=2)
    yield made
    await made.aclose()


def test_every_model_comes_from_the_folder_with_the_bytes_of_its_address(
    store: ModelStore,
) -> None:
    states = {s.entry.name: s.state for s in store.verify() if s.entry.source.kind != "recipe"}
    assert set(states.values()) == {ModelState.INSTALLED}
    assert list(states) == [entry.name for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
async def test_it_plays_its_role_and_knows_its_golden_input(
    store: ModelStore, backend: EmbeddedBackend, entry: CatalogEntry
) -> None:
    available = store.players("embedded") | {entry.role: entry.name}
    if entry.role == "speech_quality_p808":
        available["speech_quality"] = "dnsmos_sig_bak_ovr"
    hearing = await build_hearing(backend, available)
    roles = await build_roles(backend, available)
    if entry.role.startswith("speech_"):
        assert hearing.quality or hearing.activity
        await check_players(hearing, deadline=Deadline.after(60))
    await check_players(roles, deadline=Deadline.after(60))
    assert await backend.ready(entry.name)


def inputs_of(spec: ModelSpec) -> Tensors:
    """Random inputs, one of a batch; free heights and widths are multiples of 32."""
    random = np.random.default_rng(7)
    found = {}
    for tensor in spec.inputs:
        free = [1 if place == 0 or len(tensor.shape) < 4 else 96 for place in range(5)]
        sizes = [free[i] if size < 0 else size for i, size in enumerate(tensor.shape)]
        # Models of floats take 0..1 here, those of bytes the whole range.
        top = 255 if tensor.dtype == np.uint8 else 1
        found[tensor.name] = (random.random(sizes, np.float32) * top).astype(tensor.dtype)
    return found


async def test_every_model_answers_on_triton_as_in_this_process(
    store: ModelStore, backend: EmbeddedBackend, triton_on: TritonOn, tmp_path: Path
) -> None:
    with triton_on(store.root, tmp_path / "log") as triton:
        outside = TritonBackend(triton.address, repository=store.root)
        try:
            for entry in ENTRIES:
                spec = await backend.describe(entry.name)
                assert await outside.describe(entry.name) == spec
                inputs = inputs_of(spec)
                here, there = [
                    await side.infer(entry.name, inputs, deadline=Deadline.after(60))
                    for side in (backend, outside)
                ]
                assert set(here) == set(there)
                for key in here:
                    np.testing.assert_allclose(
                        there[key], here[key], rtol=1e-4, atol=1e-4, err_msg=entry.name
                    )
        finally:
            await outside.aclose()
