from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gencheck.findings import ModelUsed
from gencheck.inference.backend import ModelSpec, TensorSpec

MakeSpec = Callable[..., ModelSpec]


@pytest.fixture
def make_spec() -> MakeSpec:
    """``make_spec(name, inputs, outputs, max_batch)``: a model of float tensors by shape."""

    def make(
        name: str,
        inputs: dict[str, tuple[int, ...]],
        outputs: dict[str, tuple[int, ...]],
        max_batch: int = 0,
    ) -> ModelSpec:
        def tensors(shapes: dict[str, tuple[int, ...]]) -> tuple[TensorSpec, ...]:
            return tuple(TensorSpec(n, np.dtype(np.float32), s) for n, s in shapes.items())

        return ModelSpec(name, "1", tensors(inputs), tensors(outputs), max_batch)

    return make


@pytest.fixture
def used() -> Callable[[str], ModelUsed]:
    return lambda name: ModelUsed("role", name, "1")
