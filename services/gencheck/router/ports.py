"""How the router reaches a service: by gRPC, or by a call in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from gencheck.deadline import Deadline
from gencheck.serving.call import Call
from gencheck.v1 import bias_pb2


class CheckPort(Protocol):
    """One check, wherever it runs. Raises a ``GencheckError`` for whatever goes wrong."""

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> bytes:
        """Ask once; the serialised response.

        Requests of all services share their field numbers, and so do responses: one serialised
        request serves every check, and every response can be read as a ``CheckResponse``.

        Args: call: on whose behalf; its priority goes along, its deadline gives way to the part's.
        """
        ...


class AuditPort(Protocol):
    """The audit of the pictures of a set, wherever it runs."""

    async def audit_images(
        self,
        requests: AsyncIterator[bias_pb2.AuditImagesRequest],
        call: Call,
        *,
        deadline: Deadline,
    ) -> bias_pb2.AuditImagesResponse:
        """Send the pictures one by one, then await the audit."""
        ...
