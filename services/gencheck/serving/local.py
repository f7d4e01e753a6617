"""Services called in this process: the same checks of the request, the same errors, no network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, TypeVar, cast

from google.protobuf.message import Message

from gencheck.deadline import Deadline
from gencheck.errors import DeadlineExceeded, Unavailable
from gencheck.serving.call import Call, Priority, Rpc, Service, given_id, new_id
from gencheck.serving.logs import log
from gencheck.serving.status import as_known, is_bug
from gencheck.serving.validate import Validator

_LOGGER = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)


class LocalServices:
    """Handlers by full method name, called as a host would call them."""

    def __init__(self, services: Iterable[Service], *, inline_limit: int) -> None:
        """Args: inline_limit: bytes of an asset that a request carries."""
        self._validator = Validator(inline_limit=inline_limit)
        self._rpcs: dict[str, Rpc] = {
            f"/{service.name}/{rpc.name}": rpc for service in services for rpc in service.rpcs
        }

    def rpc(self, method: str) -> Rpc:
        """The handler of a method. Raises ``Unavailable``."""
        rpc = self._rpcs.get(method)
        if rpc is None:
            raise Unavailable(
                f"no service here offers {method}",
                metadata={"method": method, "code": "UNIMPLEMENTED"},
            )
        return rpc

    async def unary(
        self,
        method: str,
        request: Message,
        answer: type[M],
        timeout: float | None,
        *,
        within: Call | None = None,
    ) -> M:
        """One message in, one out. Args: within: the call on whose behalf this one is."""
        self._validator.check(request)
        call = _call(request, timeout, within)
        with _ended(call):
            return cast("M", await _bounded(self.rpc(method).handler(request, call), call))

    async def upload(
        self,
        method: str,
        requests: AsyncIterator[Message],
        answer: type[M],
        timeout: float | None,
        *,
        within: Call | None = None,
    ) -> M:
        """A stream in, one message out. Args: within: as for :meth:`unary`."""
        call = _call(None, timeout, within)
        with _ended(call):
            work = self.rpc(method).handler(self._valid(requests, call), call)
            return cast("M", await _bounded(work, call))

    async def download(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """One message in, a stream out."""
        self._validator.check(request)
        call = _call(request, timeout, None)
        async with aclosing(self._stream(self.rpc(method).handler(request, call), call)) as answers:
            async for message in answers:
                yield message

    async def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """A stream in, a stream out."""
        call = _call(None, timeout, None)
        handler = self.rpc(method).handler(self._valid(requests, call), call)
        async with aclosing(self._stream(handler, call)) as answers:
            async for message in answers:
                yield message

    async def _stream(self, handler: Any, call: Call) -> AsyncGenerator[Any, None]:
        with _ended(call):
            async with aclosing(handler) as answers:
                while (message := await _bounded(anext(answers, None), call)) is not None:
                    yield message

    async def _valid(self, requests: AsyncIterator[Message], call: Call) -> AsyncIterator[Message]:
        first = True
        async for request in requests:
            self._validator.check(request)
            if first:
                call.request_id = given_id(request) or call.request_id
                first = False
            yield request

    async def aclose(self) -> None:
        """Nothing to let go of: whoever built the services closes them."""


async def _bounded(work: Any, call: Call) -> Any:
    """The handler's answer within the deadline, its errors as the published ones."""
    try:
        async with asyncio.timeout(call.deadline.remaining()):
            return await work
    except TimeoutError:
        raise DeadlineExceeded(
            "the time given for this call is up", fix="Give the call a longer deadline."
        ) from None
    except Exception as error:
        if is_bug(error):
            fields = {"request_id": call.request_id, "reason": as_known(error).reason}
            log(_LOGGER, logging.ERROR, "bug", fields, error=error)
        raise as_known(error) from error


@contextmanager
def _ended(call: Call) -> Iterator[None]:
    """Work for the call stops when the call ends, whichever way."""
    try:
        yield
    finally:
        call.deadline.cancel()


def _call(request: Message | None, timeout: float | None, within: Call | None) -> Call:
    request_id = given_id(request) if request is not None else ""
    caller, priority = (
        ("", Priority.INTERACTIVE) if within is None else (within.caller, within.priority)
    )
    deadline = Deadline.after(timeout, yields=priority is Priority.BATCH)
    return Call(request_id or new_id(), deadline, caller, priority)
