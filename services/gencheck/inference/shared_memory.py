"""Large tensors to a Triton on the same host, through memory that both map."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from tritonclient.grpc import InferInput
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from gencheck.inference.backend import Tensor

_LEAST_BYTES = 250_000
"""Below, the bytes themselves are as fast: see ``tests/bench/bench_triton.py``."""
_MOST_REGIONS = 32
_REGISTER_SECONDS = 2.0
_TRANSIENT = ("StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED", "StatusCode.CANCELLED")


class SharedInputs:
    """Regions of shared memory, registered with Triton and used again and again.

    Only inputs travel through them. A region is used again also after a call that was given up:
    all that an abandoned run can then read is another input, and nobody waits for its answer.

    Args:
        client: tritonclient's asynchronous gRPC client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._free: list[SharedMemory] = []
        self._abandoned: set[str] = set()
        self._made = 0
        self._possible = True

    async def infer(self, model: str, inputs: Mapping[str, Tensor], seconds: float) -> Any:
        """The client's ``infer``, with the inputs above a size in shared memory where that works.

        Raises:
            InferenceServerException: as the client does.
        """
        try:
            return await self._infer(model, inputs, seconds)
        except InferenceServerException as failure:
            if "shared memory" not in str(failure.message()):
                raise
        await self._forget()  # Triton was restarted and knows no region any more
        return await self._infer(model, inputs, seconds)

    async def aclose(self) -> None:
        """Give everything back."""
        self._possible = False
        await self._forget()

    async def _infer(self, model: str, inputs: Mapping[str, Tensor], seconds: float) -> Any:
        lent: list[SharedMemory] = []
        try:
            tensors = [await self._tensor(name, value, lent) for name, value in inputs.items()]
            return await self._client.infer(model, tensors, client_timeout=seconds)
        except BaseException:
            self._abandoned.update(region.name for region in lent)
            raise
        finally:
            self._free += lent

    async def _tensor(self, name: str, value: Tensor, lent: list[SharedMemory]) -> InferInput:
        tensor = InferInput(name, list(value.shape), np_to_triton_dtype(value.dtype))
        region = await self._region(value.nbytes)
        if region is None:
            return tensor.set_data_from_numpy(value)
        lent.append(region)
        np.ndarray(value.shape, value.dtype, buffer=region.buf)[...] = value
        return tensor.set_shared_memory(region.name, value.nbytes)

    async def _forget(self) -> None:
        free, self._free = self._free, []
        for region in free:
            # Triton may still read for a call that was given up: it keeps its side of the memory.
            await self._drop(region, registered=region.name not in self._abandoned)

    async def _region(self, size: int) -> SharedMemory | None:
        """A region that is large enough; ``None`` where the bytes shall be sent."""
        if size < _LEAST_BYTES or not self._possible:
            return None
        fitting = [region for region in self._free if region.size >= size]
        if fitting:
            region = min(fitting, key=lambda one: one.size)
            self._free.remove(region)
            return region
        if self._made >= _MOST_REGIONS:
            return None
        return await self._create(1 << (size - 1).bit_length())

    async def _create(self, size: int) -> SharedMemory | None:
        self._made += 1
        try:
            region = SharedMemory(create=True, size=size)
        except OSError:  # no memory left there
            self._made -= 1
            return None
        try:
            await self._client.register_system_shared_memory(
                region.name, f"/{region.name}", region.size, client_timeout=_REGISTER_SECONDS
            )
        except BaseException as error:
            await self._drop(region, registered=False)
            if not isinstance(error, InferenceServerException):
                raise
            # Another host or container has other memory. What else it may be, the bytes will tell.
            self._possible = str(error.status()) in _TRANSIENT
            return None
        return region

    async def _drop(self, region: SharedMemory, *, registered: bool) -> None:
        self._made -= 1
        self._abandoned.discard(region.name)
        region.close()
        region.unlink()
        if registered:
            with suppress(InferenceServerException):
                await self._client.unregister_system_shared_memory(
                    region.name, client_timeout=_REGISTER_SECONDS
                )
