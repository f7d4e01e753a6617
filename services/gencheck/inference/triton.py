"""Models on a Triton server, over gRPC; the folder that it serves lies here too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tritonclient.grpc import InferInput
from tritonclient.grpc.aio import InferenceServerClient
from tritonclient.utils import np_to_triton_dtype

from gencheck.deadline import Deadline
from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    ModelError,
    ModelNotReady,
    Unavailable,
)
from gencheck.inference.backend import ModelSpec, Tensors
from gencheck.inference.shared_memory import SharedTensors, read_outputs
from gencheck.inference.spec import check_inputs, check_outputs, read_folder, spec_of
from gencheck.inference.triton_calls import Parameters, TritonCalls
from gencheck.inference.waiting import wait_for
from gencheck.tracing import NO_TRACING, Tracing

_ASK_SECONDS = 2.0
"""For a question about a model, as long as nobody waits for an answer of the model itself."""
_AGREE_SECONDS = 10.0
"""For the questions that precede a call, of which each caller waits as long as it likes."""
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


class TritonBackend:
    """Runs models on a Triton server through one long-lived channel.

    Before a model is first used, and now and then after that, Triton's configuration of it is
    compared with ours, the hash of its weights included: what serves is what was installed. Triton
    may be down when this is made, and may be restarted; calls fail meanwhile and then work again.

    Make it where an event loop runs.

    Args:
        target: ``HOST:PORT`` of Triton's gRPC service.
        repository: the folder that Triton serves, or a copy: configurations and labels are read.
        shared_memory: let large tensors go through shared memory. Where Triton is on another host,
            or has other memory, they go over the channel all the same.
        tracing: whose ``traceparent`` goes along, so that Triton's own spans join the trace.
    """

    def __init__(
        self,
        target: str,
        *,
        repository: Path,
        shared_memory: bool = False,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._target = target
        self._repository = repository
        self._client: Any = InferenceServerClient(target, channel_args=_CHANNEL)
        self._calls = TritonCalls(self._client, target)
        self._shared = SharedTensors(self._client) if shared_memory else None
        self._tracing = tracing
        self._agreed: dict[str, tuple[float, ModelSpec]] = {}
        self._asking: dict[str, asyncio.Task[ModelSpec]] = {}

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

        async def call(seconds: float, parameters: Parameters) -> Tensors:
            headers = sampled(self._tracing.headers())
            if self._shared:
                return await self._shared.infer(spec, inputs, seconds, parameters, headers)
            tensors = [_to_triton(name, value) for name, value in inputs.items()]
            result = await self._client.infer(
                model, tensors, client_timeout=seconds, parameters=parameters, headers=headers
            )
            return read_outputs(spec, result)

        try:
            outputs = await self._calls.run(call, model, deadline)
        except (Unavailable, ModelNotReady):
            self._agreed.pop(model, None)
            raise
        except ValueError as error:  # the bytes are not as many as the shape says
            raise ModelError(
                f"Triton's answer cannot be read ({error})",
                where=f"model {model}",
                metadata={"model": model},
            ) from error
        check_outputs(spec, outputs)
        return outputs

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
        await self._calls.aclose()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        if self._shared:
            await self._shared.aclose()
        await self._client.close()

    async def _spec(self, model: str, deadline: Deadline) -> ModelSpec:
        """The spec on which Triton and we agree; callers who ask at the same time ask once."""
        since, spec = self._agreed.get(model, (-np.inf, None))
        if spec is not None and time.monotonic() - since <= _TRUST_SECONDS:
            return spec
        asking = self._asking.get(model)
        if asking is None:
            asking = self._asking[model] = asyncio.create_task(self._agree_on(model))
            asking.add_done_callback(partial(self._asked, model))
        return await wait_for(asyncio.shield(asking), deadline)

    async def _agree_on(self, model: str) -> ModelSpec:
        deadline = Deadline.after(_AGREE_SECONDS)
        spec = (await asyncio.to_thread(read_folder, self._repository, model)).spec
        await self._calls.learn_version(deadline)
        self._agree(spec, await self._ask_spec(model, deadline))
        return spec

    def _asked(self, model: str, asking: asyncio.Task[ModelSpec]) -> None:
        del self._asking[model]
        if not asking.cancelled():
            asking.exception()  # seen: nobody may be left to ask for it

    def _agree(self, spec: ModelSpec, served: ModelSpec) -> None:
        ours = replace(spec, labels=(), assets={})
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

        def question(seconds: float) -> Any:
            return self._client.get_model_config(model, client_timeout=seconds)

        return spec_of((await self._calls.ask(question, model, deadline)).config)


def sampled(headers: Mapping[str, str]) -> dict[str, str] | None:
    """The headers of a trace that is kept: Triton traces the others as well if it sees them.

    Triton (2.51) reads the value of ``traceparent`` on to the next zero byte: on its own it often
    does not count. The first byte of a header after it is a zero, hence ``tracestate``.
    """
    traceparent = headers.get("traceparent", "")
    if not traceparent or not int(traceparent[-2:], 16) & 1:  # the last two digits are the flags
        return None
    return {"traceparent": traceparent, "tracestate": headers.get("tracestate", "gencheck=1")}


def _to_triton(name: str, value: np.ndarray[Any, Any]) -> InferInput:
    tensor = InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
    return tensor.set_data_from_numpy(value)
