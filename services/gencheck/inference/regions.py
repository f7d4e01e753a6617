"""Regions of shared memory, registered with a Triton on this host and used again and again."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from tritonclient.utils import InferenceServerException

_MOST_REGIONS = 32
_MOST_RESTING = 16
"""Where so many outputs of abandoned calls rest, outputs come as bytes: inputs need regions too."""
_REGISTER_SECONDS = 2.0
_REST_SECONDS = 120.0
"""As long as a call may take at most: what an abandoned run wrote, it has written by then."""
_TRANSIENT = ("StatusCode.UNAVAILABLE", "StatusCode.DEADLINE_EXCEEDED", "StatusCode.CANCELLED")


class Regions:
    """A bounded stock of regions.

    Args:
        client: tritonclient's asynchronous gRPC client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._free: list[SharedMemory] = []
        self._resting: list[tuple[float, SharedMemory]] = []
        self._abandoned: set[str] = set()
        self._creating: set[asyncio.Task[SharedMemory | None]] = set()
        self._made = 0
        self._possible = True

    async def lend(self, size: int, *, for_output: bool) -> SharedMemory | None:
        """A region of at least so many bytes; ``None`` where none is to be had."""
        self._wake()
        if not self._possible or (for_output and len(self._resting) >= _MOST_RESTING):
            return None
        fitting = [region for region in self._free if region.size >= size]
        if fitting:
            region = min(fitting, key=lambda one: one.size)
            self._free.remove(region)
            return region
        if self._made >= _MOST_REGIONS:
            return None
        self._made += 1
        creating = asyncio.create_task(self._create(1 << (size - 1).bit_length()))
        self._creating.add(creating)
        try:
            await asyncio.shield(creating)
        except asyncio.CancelledError:  # Triton may know the region already: keep it for another
            creating.add_done_callback(self._keep)
            raise
        self._creating.discard(creating)
        return creating.result()

    def give_back(self, region: SharedMemory, *, abandoned: bool = False) -> None:
        """Take a region back that may be used again at once.

        Args:
            abandoned: Triton may still read it, for a call that was given up.
        """
        self._free.append(region)
        if abandoned:
            self._abandoned.add(region.name)

    def rest(self, region: SharedMemory) -> None:
        """Take a region back into which Triton may still write."""
        self._abandoned.add(region.name)
        self._resting.append((time.monotonic() + _REST_SECONDS, region))

    async def forget(self) -> None:
        """Let go of all regions that nobody has borrowed."""
        regions = self._free + [region for _, region in self._resting]
        self._free, self._resting = [], []
        for region in regions:
            # Of a region that it may still use Triton keeps its side until it is restarted.
            await self._drop(region, registered=region.name not in self._abandoned)

    async def aclose(self) -> None:
        """Lend nothing any more, and let go of all regions."""
        self._possible = False
        await asyncio.gather(*self._creating, return_exceptions=True)
        await self.forget()

    def _wake(self) -> None:
        now = time.monotonic()
        while self._resting and self._resting[0][0] <= now:
            self._free.append(self._resting.pop(0)[1])

    def _keep(self, created: asyncio.Task[SharedMemory | None]) -> None:
        self._creating.discard(created)
        if not created.cancelled() and (region := created.result()) is not None:
            self._free.append(region)

    async def _create(self, size: int) -> SharedMemory | None:
        try:
            region = SharedMemory(create=True, size=size)
        except OSError:  # no memory left there
            self._made -= 1
            return None
        try:
            await self._client.register_system_shared_memory(
                region.name, f"/{region.name}", region.size, client_timeout=_REGISTER_SECONDS
            )
        except InferenceServerException as error:
            # Another host or container has other memory. What else it may be, the bytes will tell.
            self._possible = self._possible and str(error.status()) in _TRANSIENT
            await self._drop(region, registered=False)
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
