"""How the router reaches a service: by gRPC, or by a call in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gencheck.deadline import Deadline
from gencheck.serving.call import Call
from gencheck.v1 import bias_pb2

LOCAL = "local"
"""The target of what runs in the router's own process."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The serialised response of a service, and how many attempts it took."""

    data: bytes = field(repr=False)
    attempts: int = 1


class CheckPort(Protocol):
    """One check, wherever it runs. Raises a ``GencheckError`` for whatever goes wrong."""

    @property
    def target(self) -> str:
        """Where it runs: ``HOST:PORT``, or ``local``."""
        ...

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        """Ask; attempts on a service that is unavailable may be repeated within the deadline.

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


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a router knows; what is not there counts as a service that is down.

    Attributes:
        checks: the services by the name of their check.
        views: the consistency check of the views of a mesh.
    """

    checks: Mapping[str, CheckPort]
    views: CheckPort | None = None
    audit: AuditPort | None = None
