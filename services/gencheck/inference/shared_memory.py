"""Large tensors to and from a Triton on the same host, through memory that both map."""

from __future__ import annotations

from collections.abc import Mapping
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from tritonclient.grpc import InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from gencheck.inference.backend import ModelSpec, Tensor, Tensors
from gencheck.inference.regions import Regions

_LEAST_BYTES = 250_000
"""Below, the bytes themselves are as fast: see ``tests/bench/bench_triton.py``."""
_MOST_SHAPES = 128
"""Shapes of inputs for which the sizes of the outputs are remembered."""

_Key = tuple[str, tuple[tuple[int, ...], ...]]


class SharedTensors:
    """Calls of models whose large tensors go through shared memory where that works.

    How large an output will be is learnt from the first answer to inputs of the same shapes, which
    comes as bytes. A region that a call was to read may be used again even if the call was given
    up: all that an abandoned run can then read is another input, and nobody waits for its answer.
    A region that it may still write rests first.

    Args:
        client: tritonclient's asynchronous gRPC client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._regions = Regions(client)
        self._sizes: dict[_Key, dict[str, int]] = {}

    async def infer(
        self,
        spec: ModelSpec,
        inputs: Tensors,
        seconds: float,
        parameters: dict[str, int],
        headers: dict[str, str] | None = None,
    ) -> Tensors:
        """The model's outputs, of which some may be missing where Triton left them out.

        Raises:
            InferenceServerException: as the client does.
            ValueError: the bytes of an output are not as many as its shape says.
        """
        key = spec.name, tuple(value.shape for value in inputs.values())
        options: dict[str, Any] = {
            "client_timeout": seconds,
            "parameters": parameters,
            "headers": headers,
        }
        try:
            outputs = await self._infer(spec, inputs, self._sizes.get(key, {}), **options)
        except InferenceServerException as failure:
            if "shared memory" not in str(failure.message()):
                raise
            # Triton was restarted and knows no region any more, or an output outgrew its own.
            await self._regions.forget()
            outputs = await self._infer(spec, inputs, {}, **options)
        self._learn(key, outputs)
        return outputs

    async def aclose(self) -> None:
        """Give everything back."""
        await self._regions.aclose()

    async def _infer(
        self, spec: ModelSpec, inputs: Tensors, sizes: dict[str, int], **options: Any
    ) -> Tensors:
        read: list[SharedMemory] = []
        written: dict[str, SharedMemory] = {}
        answered = False
        try:
            tensors = [await self._input(name, value, read) for name, value in inputs.items()]
            wanted = [
                await self._output(tensor.name, sizes.get(tensor.name, 0), written)
                for tensor in spec.outputs
            ]
            result = await self._client.infer(spec.name, tensors, outputs=wanted, **options)
            answered = True
            outputs = read_outputs(spec, result, written)
        finally:
            for region in read:
                self._regions.give_back(region, abandoned=not answered)
            for region in written.values():
                if answered:
                    self._regions.give_back(region)
                else:
                    self._regions.rest(region)
        return outputs

    async def _input(self, name: str, value: Tensor, read: list[SharedMemory]) -> InferInput:
        tensor = InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
        region = await self._lend(value.nbytes, for_output=False)
        if region is None:
            return tensor.set_data_from_numpy(value)
        read.append(region)
        np.ndarray(value.shape, value.dtype, buffer=region.buf)[...] = value
        return tensor.set_shared_memory(region.name, value.nbytes)

    async def _output(
        self, name: str, size: int, written: dict[str, SharedMemory]
    ) -> InferRequestedOutput:
        output = InferRequestedOutput(name)
        region = await self._lend(size, for_output=True)
        if region is not None:
            written[name] = region
            output.set_shared_memory(region.name, size)
        return output

    async def _lend(self, size: int, *, for_output: bool) -> SharedMemory | None:
        """A region; ``None`` where the bytes shall be sent."""
        if size < _LEAST_BYTES:
            return None
        return await self._regions.lend(size, for_output=for_output)

    def _learn(self, key: _Key, outputs: Tensors) -> None:
        self._sizes.pop(key, None)  # the one used last is the last one forgotten
        self._sizes[key] = {name: value.nbytes for name, value in outputs.items()}
        while len(self._sizes) > _MOST_SHAPES:
            del self._sizes[next(iter(self._sizes))]


def read_outputs(
    spec: ModelSpec, result: Any, written: Mapping[str, SharedMemory] | None = None
) -> Tensors:
    """The outputs of an answer: from its bytes, and from the regions that Triton has written.

    Raises:
        ValueError: the bytes of an output are not as many as its shape says, or no answer at all.
    """
    if result.get_response() is None:  # so tritonclient says that the bytes were no message
        raise ValueError("no message of Triton's")
    outputs: dict[str, Tensor] = {}
    for tensor in spec.outputs:
        region = (written or {}).get(tensor.name)
        if region is None:
            value = result.as_numpy(tensor.name)
        else:
            value = _read_region(result.get_output(tensor.name), tensor.dtype, region)
        if value is not None:
            outputs[tensor.name] = value
    return outputs


def _read_region(output: Any, dtype: np.dtype[Any], region: SharedMemory) -> Tensor | None:
    """An output that Triton has written there; ``None`` where the answer does not name it."""
    if output is None:
        return None
    try:
        return np.ndarray(tuple(output.shape), dtype, buffer=region.buf).copy()
    except TypeError:  # larger than what it was to write to
        raise ValueError(f"an output of shape {tuple(output.shape)}") from None
