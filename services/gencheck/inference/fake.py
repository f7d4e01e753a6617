"""A backend for tests, made of plain functions; it keeps the whole contract of a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady, NotFound
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.spec import check_inputs, check_outputs
from gencheck.inference.waiting import wait_for

FakeModel: TypeAlias = Callable[[Tensors], Tensors]


class FakeBackend:
    """Models as functions from tensors to tensors, with the spec that they keep.

    Args:
        models: by name, each with its spec; a function runs in a thread and may block.
        not_ready: names of models that are there but would not answer.
    """

    def __init__(
        self,
        models: Mapping[str, tuple[ModelSpec, FakeModel]],
        *,
        not_ready: Collection[str] = (),
    ) -> None:
        self._models = dict(models)
        self._not_ready = frozenset(not_ready)
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="fake-model")
        self._closed = False
        self.calls: list[str] = []

    async def describe(self, model: str) -> ModelSpec:
        """The spec given for the model."""
        return self._find(model)[0]

    async def infer(self, model: str, inputs: Tensors, *, deadline: Deadline) -> Tensors:
        """Call the model's function, its inputs and outputs checked against its spec."""
        spec, function = self._find(model)
        if self._closed or model in self._not_ready:
            raise ModelNotReady("the model is not ready", where=f"model {model}")
        check_inputs(spec, inputs)
        deadline.check()
        self.calls.append(model)
        outputs = await wait_for(self._pool.submit(function, inputs), deadline)
        check_outputs(spec, outputs)
        return outputs

    async def ready(self, model: str) -> bool:
        """Whether the model exists and was not said to be unready."""
        return not self._closed and model in self._models and model not in self._not_ready

    async def aclose(self) -> None:
        """Take no more calls."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown, wait=False, cancel_futures=True)

    def _find(self, model: str) -> tuple[ModelSpec, FakeModel]:
        if model not in self._models:
            raise NotFound(f"there is no model {model!r}", metadata={"model": model})
        return self._models[model]
