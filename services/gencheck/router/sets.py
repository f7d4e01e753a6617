"""A set of assets: each is checked, and the people in the pictures are audited together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from gencheck.errors import GencheckError, InvalidArgument, Unavailable
from gencheck.router.ports import AuditPort
from gencheck.serving.call import Call
from gencheck.serving.status import to_status
from gencheck.v1 import bias_pb2
from gencheck.v1 import router_pb2 as pb

_IN_FLIGHT = 4

T = TypeVar("T")
CheckOne = Callable[[pb.CheckRequest, Call], Coroutine[Any, Any, pb.CheckResponse]]


class SetChecker:
    """Runs ``CheckSet``: at most four assets at a time, answers in the order of the input."""

    def __init__(self, check: CheckOne, audit: AuditPort | None) -> None:
        self._check = check
        self._audit = audit

    async def run(
        self, requests: AsyncIterator[pb.CheckSetRequest], call: Call
    ) -> AsyncGenerator[pb.CheckSetResponse, None]:
        """An answer an asset as soon as it is there, then the audit where one was asked for."""
        options = await _first_options(requests)
        audit = self._start_audit(options, call) if options.HasField("audit") else None
        line = _Line()

        async def read() -> None:
            async for request in requests:
                check = _check_of(request)
                if audit is not None:
                    await audit.add(check)
                await line.add(self._one(check, call))

        try:
            async with aclosing(line.results(read())) as answers:
                async for answer in answers:
                    yield answer
            if audit is not None:
                yield pb.CheckSetResponse(audit=await audit.result())
        finally:
            if audit is not None:
                await audit.aclose()

    def _start_audit(self, options: pb.CheckSetOptions, call: Call) -> _Audit:
        if self._audit is None:
            raise Unavailable(
                "this router knows no bias service",
                fix="Start it with --bias HOST:PORT, or ask without an audit.",
            )
        return _Audit(self._audit, options.audit, call)

    async def _one(self, check: pb.CheckRequest, call: Call) -> pb.CheckSetResponse:
        try:
            return pb.CheckSetResponse(check=await self._check(check, call.for_message(check)))
        except GencheckError as error:
            call.deadline.check()
            failure = pb.CheckFailure(asset=check.asset.name, error=to_status(error))
            return pb.CheckSetResponse(failure=failure)


class _Line:
    """Checks that run beside each other, a bounded number, with their answers in order."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_IN_FLIGHT)
        self._line: asyncio.Queue[asyncio.Task[pb.CheckSetResponse] | None] = asyncio.Queue()
        self._running: set[asyncio.Task[Any]] = set()

    async def add(self, work: Coroutine[Any, Any, pb.CheckSetResponse]) -> None:
        """Start a check as soon as there is room."""
        try:
            await self._room.acquire()
        except BaseException:
            work.close()
            raise
        self._line.put_nowait(self._start(work))

    async def results(
        self, reader: Coroutine[Any, Any, None]
    ) -> AsyncGenerator[pb.CheckSetResponse, None]:
        """The answers of all that the reader adds; raises what broke the reader, at its place.

        Whoever leaves early closes the generator, which stops everything.
        """
        reading = self._start(reader)
        reading.add_done_callback(lambda _: self._line.put_nowait(None))
        try:
            while (check := await self._line.get()) is not None:
                yield await check
                self._room.release()
            await reading
        finally:
            running = set(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


class _Audit:
    """The stream of pictures to the bias service, alongside the checks."""

    def __init__(self, port: AuditPort, options: bias_pb2.AuditImagesOptions, call: Call) -> None:
        self._queue: asyncio.Queue[bias_pb2.AuditImagesRequest | None] = asyncio.Queue(_IN_FLIGHT)
        self._queue.put_nowait(bias_pb2.AuditImagesRequest(options=options))
        self._task = asyncio.create_task(
            port.audit_images(self._requests(), call, deadline=call.deadline)
        )

    async def _requests(self) -> AsyncIterator[bias_pb2.AuditImagesRequest]:
        while (request := await self._queue.get()) is not None:
            yield request

    async def _put(self, request: bias_pb2.AuditImagesRequest | None) -> None:
        """Hand on, unless the audit has already ended (badly): its error comes at the end."""
        putting = asyncio.create_task(self._queue.put(request))
        try:
            await asyncio.wait({putting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            putting.cancel()  # nothing happens to it when it is done

    async def add(self, check: pb.CheckRequest) -> None:
        """One more asset of the set; the auditor skips what is no picture."""
        image = bias_pb2.SetImage(asset=check.asset)
        await self._put(bias_pb2.AuditImagesRequest(image=image))

    async def result(self) -> bias_pb2.AuditImagesResponse:
        """The audit, after the last picture."""
        await self._put(None)
        return await self._task

    async def aclose(self) -> None:
        """Stop the stream, whatever it is at."""
        self._task.cancel()
        with suppress(asyncio.CancelledError, GencheckError):
            await self._task


async def _first_options(requests: AsyncIterator[pb.CheckSetRequest]) -> pb.CheckSetOptions:
    async for request in requests:
        if request.WhichOneof("part") == "options":
            return request.options
        break
    raise InvalidArgument("the first message of the stream must carry the options", where="options")


def _check_of(request: pb.CheckSetRequest) -> pb.CheckRequest:
    if request.WhichOneof("part") != "check":
        raise InvalidArgument("after the options every message carries a check", where="check")
    return request.check
