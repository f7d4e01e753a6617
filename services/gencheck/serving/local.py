"""Services called in this process: the same checks of the request, the same errors, no network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
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
    """Services of this process, each built when it is first needed, called as a host would."""

    def __init__(
        self, builders: Mapping[str, Callable[[], Awaitable[Service]]], *, inline_limit: int
    ) -> None:
        """Start with no service built.

        Args:
            builders: what makes a service, by its full name.
            inline_limit: bytes of an asset that a request carries.
        """
        self._validator = Validator(inline_limit=inline_limit)
        self._builders = builders
        self._services: dict[str, Service] = {}
        self._building = asyncio.Lock()

    async def service(self, name: str) -> Service | None:
        """The service of a full name; ``None`` where there is none."""
        async with self._building:
            if name not in self._services and name in self._builders:
                self._services[name] = await self._builders[name]()
        return self._services.get(name)

    async def rpc(self, method: str) -> Rpc:
        """The handler of a method. Raises ``Unavailable``."""
        _, full, name = method.split("/")
        service = await self.service(full)
        rpc = next((rpc for rpc in service.rpcs if rpc.name == name), None) if service else None
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
        rpc = await self.rpc(method)
        call = _call(request, timeout, within)
        with _ended(call):
            return cast("M", await _bounded(rpc.handler(request, call), call))

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
        rpc = await self.rpc(method)
        call = _call(None, timeout, within)
        with _ended(call):
            work = rpc.handler(self._valid(requests, call), call)
            return cast("M", await _bounded(work, call))

    async def download(
        self, method: str, request: Message, answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """One message in, a stream out."""
        self._validator.check(request)
        rpc = await self.rpc(method)
        call = _call(request, timeout, None)
        async with aclosing(self._stream(rpc.handler(request, call), call)) as answers:
            async for message in answers:
                yield message

    async def exchange(
        self, method: str, requests: AsyncIterator[Message], answer: type[M], timeout: float | None
    ) -> AsyncGenerator[M, None]:
        """A stream in, a stream out."""
        rpc = await self.rpc(method)
        call = _call(None, timeout, None)
        handler = rpc.handler(self._valid(requests, call), call)
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
