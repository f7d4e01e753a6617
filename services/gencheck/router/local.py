"""Services that run in the router's own process."""

from __future__ import annotations

from collections.abc import AsyncIterator

from gencheck.deadline import Deadline
from gencheck.router.ports import LOCAL, Reply
from gencheck.router.remote import AUDIT, METHODS
from gencheck.serving.call import Call
from gencheck.serving.local import LocalServices
from gencheck.v1 import bias_pb2


class LocalCheck:
    """A check by a call in this process."""

    target = LOCAL

    def __init__(self, check: str, services: LocalServices) -> None:
        self._method = METHODS[check]
        self._services = services

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        """See :class:`gencheck.router.ports.CheckPort`."""
        rpc = await self._services.rpc(self._method)
        message = rpc.request_type.FromString(request)
        answer = await self._services.unary(
            self._method, message, rpc.response_type, deadline.remaining(), within=call
        )
        return Reply(answer.SerializeToString())


class LocalAudit:
    """The bias auditor by a call in this process."""

    def __init__(self, services: LocalServices) -> None:
        self._services = services

    async def audit_images(
        self,
        requests: AsyncIterator[bias_pb2.AuditImagesRequest],
        call: Call,
        *,
        deadline: Deadline,
    ) -> bias_pb2.AuditImagesResponse:
        """See :class:`gencheck.router.ports.AuditPort`."""
        answer = bias_pb2.AuditImagesResponse
        return await self._services.upload(
            AUDIT, requests, answer, deadline.remaining(), within=call
        )
