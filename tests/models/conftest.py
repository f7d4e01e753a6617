"""Tests of the recipes: they need ``.venv-models`` (``make test-models``), and skip without it."""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest

collect_ignore_glob: list[str] = []
if importlib.util.find_spec("torch") is None:
    collect_ignore_glob.append("test_*.py")
else:
    import torch

    from recipes.shim import allow_torchvision

    # Two cores, and libraries that warn about themselves when they are imported.
    torch.set_num_threads(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        allow_torchvision()

Pack: TypeAlias = Callable[..., Path]
TritonOn: TypeAlias = Callable[[Path, Path], AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Random weights are the same in every run."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder of real weights; a test that asks for it skips where there is none."""
    return _folder("GENCHECK_WEIGHTS")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real pictures; a test that asks for it skips where there is none."""
    return _folder("GENCHECK_DATA")


def _folder(variable: str) -> Path:
    name = os.environ.get(variable)
    if not name:
        pytest.skip(f"{variable} is unset")
    return Path(name)


Answers: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[[Path, str, dict[str, Any]], Answers]


@pytest.fixture(scope="session")
def embedded() -> Ask:
    """``embedded(repository, model, inputs)``: what the backend in the process answers."""

    def ask(repository: Path, model: str, inputs: dict[str, Any]) -> Answers:
        import asyncio

        from gencheck.deadline import Deadline
        from gencheck.inference.embedded import EmbeddedBackend

        async def run() -> Answers:
            backend = EmbeddedBackend(repository, threads=2)
            try:
                answer = await backend.infer(model, inputs, deadline=Deadline.after(240))
                return {name: np.asarray(value) for name, value in answer.items()}
            finally:
                await backend.aclose()

        return asyncio.run(run())

    return ask


@pytest.fixture
def same_on_triton(
    triton_on: TritonOn, embedded: Ask, tmp_path: Path
) -> Iterator[Callable[[Path, dict[str, dict[str, Any]]], None]]:
    """``same_on_triton(repository, {model: inputs})``: holds a real Triton to the other backend."""

    def compare(repository: Path, cases: dict[str, dict[str, Any]]) -> None:
        import asyncio

        from gencheck.deadline import Deadline
        from gencheck.inference.triton import TritonBackend
        from recipes.export import TOLERANCE, difference

        async def ask(address: str) -> dict[str, Answers]:
            backend = TritonBackend(address, repository=repository)
            try:
                return {
                    model: dict(await backend.infer(model, inputs, deadline=Deadline.after(120)))
                    for model, inputs in cases.items()
                }
            finally:
                await backend.aclose()

        with triton_on(repository, tmp_path / "triton.log") as triton:
            answers = asyncio.run(ask(triton.address))
        for model, inputs in cases.items():
            expected = embedded(repository, model, inputs)
            for name, value in expected.items():
                assert difference(answers[model][name], value) <= TOLERANCE, (model, name)

    yield compare
