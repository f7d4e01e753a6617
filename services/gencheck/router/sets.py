"""A set of assets: each is checked, and the people in the pictures are audited together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from gencheck.errors import GencheckError, InvalidArgument, Unavailable
from gencheck.router.ports import AuditPort
from gencheck.serving.call import Call
from gencheck.serving.status import to_status
from gencheck.v1 import bias_pb2
from gencheck.v1 import router_pb2 as pb

_IN_FLIGHT = 4

CheckOne = Callable[[pb.CheckRequest, Call], Awaitable[pb.CheckResponse]]


class SetChecker:
    """Runs ``CheckSet``: at most four assets at a time, answers in the order of the input."""

    def __init__(self, check: CheckOne, audit: AuditPort | None) -> None:
        self._check = check
        self._audit = audit

    async def run(
        self, requests: AsyncIterator[pb.CheckSetRequest], call: Call
    ) -> AsyncIterator[pb.CheckSetResponse]:
        """An answer an asset, then the audit where one was asked for."""
        options = await _first_options(requests)
        audit = self._start_audit(options, call) if options.HasField("audit") else None
        pending: deque[asyncio.Task[pb.CheckSetResponse]] = deque()
        try:
            async for request in requests:
                check = _check_of(request)
                if audit is not None:
                    await audit.add(check)
                pending.append(asyncio.create_task(self._one(check, call)))
                if len(pending) >= _IN_FLIGHT:
                    yield await pending.popleft()
            while pending:
                yield await pending.popleft()
            if audit is not None:
                yield pb.CheckSetResponse(audit=await audit.result())
        finally:
            for task in pending:
                task.cancel()
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


class _Audit:
    """The stream of pictures to the bias service, alongside the checks."""

    def __init__(self, port: AuditPort, options: bias_pb2.AuditImagesOptions, call: Call) -> None:
        self._queue: asyncio.Queue[bias_pb2.AuditImagesRequest | None] = asyncio.Queue(_IN_FLIGHT)
        self._queue.put_nowait(bias_pb2.AuditImagesRequest(options=options))
        self._task = asyncio.create_task(
            port.audit_images(self._requests(), request_id=call.request_id, deadline=call.deadline)
        )

    async def _requests(self) -> AsyncIterator[bias_pb2.AuditImagesRequest]:
        while (request := await self._queue.get()) is not None:
            yield request

    async def _put(self, request: bias_pb2.AuditImagesRequest | None) -> None:
        """Hand on, unless the audit has already ended (badly): its error comes at the end."""
        putting = asyncio.create_task(self._queue.put(request))
        await asyncio.wait({putting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not putting.done():
            putting.cancel()

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
