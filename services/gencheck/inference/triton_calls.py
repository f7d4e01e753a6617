"""Calls of a Triton server: retried where that helps, given up in time, errors put into our words.

Triton before 2.60 may crash when a call of a model is cancelled, by a caller who leaves or by a
deadline (triton-inference-server/server, issue 8034). Such a server is never told: the call goes
on without us, with the deadline among its parameters for a backend that heeds it, and only so many
calls may be under way.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

from tritonclient.utils import InferenceServerException

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
from gencheck.inference.waiting import wait_for

_T = TypeVar("_T")

Parameters: TypeAlias = dict[str, int]
"""Of a request to Triton; our own backend knows ``deadline_ms``, milliseconds since 1970."""

_PAUSES = (0.1, 0.3, 0.9)
"""Seconds before each new try while Triton is unavailable: a blip is hidden, an outage is said."""
_ASK_SECONDS = 2.0
_LONGEST_SECONDS = 120.0
"""For a call without a deadline: a Triton that vanished without a word holds nobody for ever."""
_BEARS_CANCELLING = (2, 60)
_MOST_RUNNING = 64
"""Calls at a time of a Triton that is not told when callers leave; those calls are among them."""
_LEAVE_SECONDS = 5.0
_ERRORS: dict[str, type[GencheckError]] = {
    "StatusCode.INVALID_ARGUMENT": InvalidArgument,
    "StatusCode.DEADLINE_EXCEEDED": DeadlineExceeded,
    "StatusCode.CANCELLED": Cancelled,
    "StatusCode.RESOURCE_EXHAUSTED": Overloaded,
}
"""All others are ``ModelError``, but for those that say that the model is not there."""
_ABSENT = ("StatusCode.UNAVAILABLE", "StatusCode.NOT_FOUND")


class TritonCalls:
    """Makes calls through one client.

    Args:
        client: tritonclient's asynchronous gRPC client.
        target: ``HOST:PORT`` of the server, for messages.
    """

    def __init__(self, client: Any, target: str) -> None:
        self._client = client
        self._target = target
        self._running: set[asyncio.Future[Any]] = set()
        self._bears_cancelling = False
        self._closed = False

    async def ask(
        self, question: Callable[[float], Awaitable[_T]], model: str, deadline: Deadline
    ) -> _T:
        """The answer to a question about a model, which takes the seconds that it may last.

        Raises:
            GencheckError: what became of the last try.
        """

        def start() -> asyncio.Future[_T]:
            left = deadline.remaining()
            return asyncio.ensure_future(question(_LONGEST_SECONDS if left is None else left))

        answer = await self._try(start, model, deadline)
        if answer is None:  # so tritonclient says that the bytes were no message
            raise ModelError(
                "Triton's answer cannot be read",
                where=f"Triton {self._target}",
                fix="Check what listens there.",
                metadata={"model": model, "target": self._target},
            )
        return answer

    async def run(
        self, call: Callable[[float, Parameters], Awaitable[_T]], model: str, deadline: Deadline
    ) -> _T:
        """What a model computes; errors as :meth:`ask`."""

        def start() -> asyncio.Future[_T]:
            left = deadline.remaining()
            seconds = _LONGEST_SECONDS if left is None else left
            if self._bears_cancelling:
                return asyncio.ensure_future(call(seconds, {}))
            until = {"deadline_ms": int((time.time() + seconds) * 1000)}
            running = asyncio.ensure_future(call(_LONGEST_SECONDS, until))
            self._running.add(running)
            running.add_done_callback(self._ended)
            return asyncio.shield(running)

        while len(self._running) >= _MOST_RUNNING:
            running = tuple(self._running)  # they may all have ended before the waiting begins
            first = asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            await wait_for(asyncio.ensure_future(first), deadline)
        return await self._try(start, model, deadline)

    async def learn_version(self, deadline: Deadline) -> None:
        """Ask the server how old it is."""
        found = await self.ask(
            lambda seconds: self._client.get_server_metadata(client_timeout=seconds), "", deadline
        )
        numbers = tuple(int(part) for part in re.findall(r"\d+", found.version)[:2])
        self._bears_cancelling = numbers >= _BEARS_CANCELLING

    async def aclose(self) -> None:
        """Make no more calls; those that go on without us get a moment to end."""
        self._closed = True
        if self._running:
            await asyncio.wait(self._running, timeout=_LEAVE_SECONDS)

    def _ended(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # seen: nobody may be left to ask for it

    async def _try(
        self, start: Callable[[], asyncio.Future[_T]], model: str, deadline: Deadline
    ) -> _T:
        """Make the call, and again while Triton is unavailable and there is time."""
        for pause in (*_PAUSES, None):
            if self._closed:
                raise ModelNotReady("the backend is shut down", where=f"model {model}")
            deadline.check()
            try:
                return await wait_for(start(), deadline)
            except InferenceServerException as failure:
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
        if index is None:
            return Unavailable, "Triton's answer cannot be read"
        states = [entry for entry in index.models if entry.name == model]
        if not states:
            return ModelNotReady, "Triton does not have this model"
        if any(entry.state == "READY" for entry in states):
            return Unavailable, "Triton is just loading the model"
        return ModelNotReady, f"Triton could not load it ({states[0].reason[:300]})"
