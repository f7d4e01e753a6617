"""A backend whose runs show in a trace."""

from __future__ import annotations

from gencheck.deadline import Deadline
from gencheck.inference.backend import InferenceBackend, ModelSpec, Tensors
from gencheck.tracing import Attributes, Tracing


class TracedBackend:
    """Passes everything on, with a span around each run of a model."""

    def __init__(self, backend: InferenceBackend, tracing: Tracing) -> None:
        self._backend = backend
        self._tracing = tracing

    async def describe(self, model: str) -> ModelSpec:
        """See :class:`~gencheck.inference.backend.InferenceBackend`."""
        return await self._backend.describe(model)

    async def infer(self, model: str, inputs: Tensors, *, deadline: Deadline) -> Tensors:
        """See :class:`~gencheck.inference.backend.InferenceBackend`."""
        about: Attributes = {"gencheck.model": model, "gencheck.batch": _batch(inputs)}
        with self._tracing.span(f"infer {model}", about):
            return await self._backend.infer(model, inputs, deadline=deadline)

    async def ready(self, model: str) -> bool:
        """See :class:`~gencheck.inference.backend.InferenceBackend`."""
        return await self._backend.ready(model)

    async def aclose(self) -> None:
        """See :class:`~gencheck.inference.backend.InferenceBackend`."""
        await self._backend.aclose()


def _batch(inputs: Tensors) -> int:
    """The first dimension that all inputs share, else 1."""
    sizes = {value.shape[0] for value in inputs.values() if value.ndim}
    return sizes.pop() if len(sizes) == 1 else 1
