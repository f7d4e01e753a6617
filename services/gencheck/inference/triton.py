"""Models on a Triton server, over gRPC; the folder that it serves lies here too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from gencheck.deadline import Deadline
from gencheck.errors import (
    Cancelled,
    DeadlineExceeded,
    GencheckError,
    InvalidArgument,
    ModelError,
    ModelNotReady,
    Overloaded,
    Unavailable,
)
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.shared_memory import SharedInputs
from gencheck.inference.spec import check_inputs, check_outputs, read_folder, spec_of
from gencheck.inference.waiting import wait_for

_T = TypeVar("_T")

_PAUSES = (0.1, 0.3, 0.9)
"""Seconds before each new try while Triton is unavailable: a blip is hidden, an outage is said."""
_ASK_SECONDS = 2.0
"""For a question about a model, as long as nobody waits for an answer of the model itself."""
_LONGEST_SECONDS = 120.0
"""For a call without a deadline: a Triton that vanished without a word holds nobody for ever."""
_TRUST_SECONDS = 10.0
"""For so long a model that was as configured is taken to be so still: Triton may be restarted."""
_CHANNEL = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.lb_policy_name", "round_robin"),  # over all addresses of a name, not its first one
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1000),
    ("grpc.max_reconnect_backoff_ms", 2000),
]
_ERRORS: dict[str, type[GencheckError]] = {
    "StatusCode.INVALID_ARGUMENT": InvalidArgument,
    "StatusCode.DEADLINE_EXCEEDED": DeadlineExceeded,
    "StatusCode.CANCELLED": Cancelled,
    "StatusCode.RESOURCE_EXHAUSTED": Overloaded,
}
"""All others are ``ModelError``, but for those that say that the model is not there."""
_ABSENT = ("StatusCode.UNAVAILABLE", "StatusCode.NOT_FOUND")


class TritonBackend:
    """Runs models on a Triton server through one long-lived channel.

    Before a model is first used, and now and then after that, Triton's configuration of it is
    compared with ours, the hash of its weights included: what serves is what was installed. Triton
    may be down when this is made, and may be restarted; calls fail meanwhile and then work again.

    Make it where an event loop runs.

    Args:
        target: ``HOST:PORT`` of Triton's gRPC service.
        repository: the folder that Triton serves, or a copy: configurations and labels are read.
        shared_memory: send large inputs through shared memory. Where Triton is on another host, or
            has other memory, they go over the channel all the same.
    """

    def __init__(self, target: str, *, repository: Path, shared_memory: bool = False) -> None:
        self._target = target
        self._repository = repository
        self._client: Any = InferenceServerClient(target, channel_args=_CHANNEL)
        self._shared = SharedInputs(self._client) if shared_memory else None
        self._agreed: dict[str, tuple[float, ModelSpec]] = {}
        self._closed = False

    async def describe(self, model: str) -> ModelSpec:
        """What our configuration says; also while Triton is down or has not loaded the model.

        Raises:
            NotFound, ModelNotReady: there is no such configuration, or Triton's is another one.
        """
        spec = (await asyncio.to_thread(read_folder, self._repository, model)).spec
        try:
            served = await self._ask_spec(model, Deadline.after(_ASK_SECONDS))
        except (Unavailable, DeadlineExceeded):
            return spec
        self._agree(spec, served)
        return spec

    async def infer(self, model: str, inputs: Tensors, *, deadline: Deadline) -> Tensors:
        """Run the model once; errors as :class:`~gencheck.inference.backend.InferenceBackend`."""
        deadline.check()
        spec = await self._spec(model, deadline)
        check_inputs(spec, inputs)
        shared = self._shared
        tensors = [] if shared else [_to_triton(name, value) for name, value in inputs.items()]

        def call(seconds: float) -> Any:
            if shared:
                return shared.infer(model, inputs, seconds)
            return self._client.infer(model, tensors, client_timeout=seconds)

        return _from_triton(spec, await self._try(call, model, deadline))

    async def ready(self, model: str) -> bool:
        """Whether Triton has loaded the model that our configuration describes."""
        self._agreed.pop(model, None)
        try:
            await self._spec(model, Deadline.after(_ASK_SECONDS))
        except GencheckError:
            return False
        return True

    async def aclose(self) -> None:
        """Take no more calls, and close the channel."""
        self._closed = True
        if self._shared:
            await self._shared.aclose()
        await self._client.close()

    async def _spec(self, model: str, deadline: Deadline) -> ModelSpec:
        """The spec on which Triton and we agree."""
        since, spec = self._agreed.get(model, (-np.inf, None))
        if spec is None or self._closed or time.monotonic() - since > _TRUST_SECONDS:
            spec = (await asyncio.to_thread(read_folder, self._repository, model)).spec
            self._agree(spec, await self._ask_spec(model, deadline))
        return spec

    def _agree(self, spec: ModelSpec, served: ModelSpec) -> None:
        ours = replace(spec, labels=())
        names = [f.name for f in fields(ours) if getattr(ours, f.name) != getattr(served, f.name)]
        if names:
            wanted, found = getattr(ours, names[0]), getattr(served, names[0])
            raise ModelNotReady(
                f"Triton serves another model than is installed here: its {names[0]} is {found}, "
                f"not {wanted}",
                where=f"model {spec.name} on {self._target}",
                fix="Let Triton serve the folder that `gencheck models install` fills.",
                metadata={"model": spec.name, "target": self._target},
            )
        self._agreed[spec.name] = (time.monotonic(), spec)

    async def _ask_spec(self, model: str, deadline: Deadline) -> ModelSpec:
        """What Triton says that it serves; an answer means that the model is loaded."""

        def call(seconds: float) -> Any:
            return self._client.get_model_config(model, client_timeout=seconds)

        return spec_of((await self._try(call, model, deadline)).config)

    async def _try(
        self, call: Callable[[float], Awaitable[_T]], model: str, deadline: Deadline
    ) -> _T:
        """Make the call, and again while Triton is unavailable and there is time."""
        for pause in (*_PAUSES, None):
            if self._closed:
                raise ModelNotReady("the backend is shut down", where=f"model {model}")
            deadline.check()
            left = deadline.remaining()
            running = asyncio.ensure_future(call(_LONGEST_SECONDS if left is None else left))
            try:
                return await wait_for(running, deadline)
            except InferenceServerException as failure:
                self._agreed.pop(model, None)
                error = await self._explain(failure, model)
                if pause is None or type(error) is not Unavailable:
                    raise error from failure
            await asyncio.sleep(min(pause, deadline.remaining() or pause))
        raise AssertionError("unreachable")

    async def _explain(self, failure: InferenceServerException, model: str) -> GencheckError:
        """Our error for one of Triton's. ``UNAVAILABLE`` may be said of Triton or of the model."""
        status, what = str(failure.status()), str(failure.message())[:300]
        kind = _ERRORS.get(status, ModelError)
        if status in _ABSENT:
            kind, what = await self._why_absent(model)
        return kind(
            what,
            where=f"model {model} on Triton {self._target}",
            metadata={"model": model, "target": self._target},
        )

    async def _why_absent(self, model: str) -> tuple[type[GencheckError], str]:
        try:
            index = await self._client.get_model_repository_index(client_timeout=_ASK_SECONDS)
        except InferenceServerException as failure:
            return Unavailable, f"Triton does not answer ({str(failure.message())[:200]})"
        states = [entry for entry in index.models if entry.name == model]
        if not states:
            return ModelNotReady, "Triton does not have this model"
        if any(entry.state == "READY" for entry in states):
            return Unavailable, "Triton is just loading the model"
        return ModelNotReady, f"Triton could not load it ({states[0].reason[:300]})"


def _to_triton(name: str, value: np.ndarray[Any, Any]) -> InferInput:
    tensor = InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    return tensor.set_data_from_numpy(value)


def _from_triton(spec: ModelSpec, result: Any) -> Tensors:
    try:
        named = {tensor.name: result.as_numpy(tensor.name) for tensor in spec.outputs}
    except ValueError as error:  # the bytes are not as many as the shape says
        raise ModelError(
            f"Triton's answer cannot be read ({error})",
            where=f"model {spec.name}",
            metadata={"model": spec.name},
        ) from error
    outputs = {name: value for name, value in named.items() if value is not None}
    check_outputs(spec, outputs)
    return outputs
