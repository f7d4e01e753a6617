"""One interface to models, wherever they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline

Tensor: TypeAlias = NDArray[np.generic]
Tensors: TypeAlias = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, numpy dtype and shape of one input or output; -1 stands for a free dimension.

    The shape always includes the batch dimension, where the model has one.
    """

    name: str
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a model takes and gives, from its ``config.pbtxt``.

    Attributes:
        max_batch: largest batch; 0 when the model has no batch dimension.
        labels: the lines of ``labels.txt``, empty where there is none.
        parameters: facts about the model by name, such as how its input is prepared.
        assets: further files that the model needs, by name; read them with ``spec.read_asset``.
    """

    name: str
    version: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    max_batch: int = 0
    labels: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, Path] = field(default_factory=dict)


class InferenceBackend(Protocol):
    """Runs models by name. Implemented by ``embedded``, ``fake`` and, later, Triton.

    Errors: ``NotFound`` (no such model), ``InvalidArgument`` (wrong name, dtype or shape of a
    tensor), ``ModelNotReady``, ``DeadlineExceeded``, ``Cancelled``, ``ModelError``.
    """

    async def describe(self, model: str) -> ModelSpec:
        """What the model takes and gives."""
        ...

    async def infer(self, model: str, inputs: Tensors, *, deadline: Deadline) -> Tensors:
        """Run the model once; inputs and outputs as its ``ModelSpec`` says."""
        ...

    async def ready(self, model: str) -> bool:
        """Whether the model is loaded and would answer."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...
