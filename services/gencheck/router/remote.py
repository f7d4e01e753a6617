"""Services that run elsewhere, reached over long-lived gRPC channels."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc

from gencheck.deadline import Deadline
from gencheck.router.answers import read_audit
from gencheck.router.ports import Reply
from gencheck.serving.call import Call, Metadata, attempts_of
from gencheck.serving.status import from_rpc_error
from gencheck.v1 import bias_pb2

METHODS = {
    "artifact": "/gencheck.v1.ArtifactService/CheckArtifact",
    "consistency": "/gencheck.v1.ConsistencyService/CheckConsistency",
    "mesh": "/gencheck.v1.MeshService/CheckMesh",
    "views": "/gencheck.v1.ConsistencyService/CheckViews",
}
AUDIT = "/gencheck.v1.BiasService/AuditImages"


class RemoteCheck:
    """A check on a server. The payload passes through as bytes and is never encoded again."""

    def __init__(
        self, check: str, channel: grpc.aio.Channel, target: str, who: Metadata = ()
    ) -> None:
        """Args: who: the metadata by which the server knows this router."""
        self.target = target
        self._who = tuple(who)
        self._call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            METHODS[check]
        )

    async def check(self, request: bytes, call: Call, *, deadline: Deadline) -> Reply:
        """See :class:`gencheck.router.ports.CheckPort`; the id travels in the request itself."""
        metadata = (*self._who, *call.metadata)
        asking = self._call(request, timeout=deadline.remaining(), metadata=metadata)
        try:
            data = await asking
        except grpc.aio.AioRpcError as error:
            failure = from_rpc_error(error, self.target)
            failure.metadata["attempts"] = str(attempts_of(error.trailing_metadata()))
            raise failure from None
        return Reply(data, attempts_of(await asking.trailing_metadata()))


class RemoteAudit:
    """The bias auditor on a server."""

    def __init__(self, channel: grpc.aio.Channel, target: str, who: Metadata = ()) -> None:
        """Args: who: see :class:`RemoteCheck`."""
        self._target = target
        self._who = tuple(who)
        self._call: grpc.aio.StreamUnaryMultiCallable[bias_pb2.AuditImagesRequest, bytes]
        self._call = channel.stream_unary(
            AUDIT, request_serializer=bias_pb2.AuditImagesRequest.SerializeToString
        )

    async def audit_images(
        self,
        requests: AsyncIterator[bias_pb2.AuditImagesRequest],
        call: Call,
        *,
        deadline: Deadline,
    ) -> bias_pb2.AuditImagesResponse:
        """See :class:`gencheck.router.ports.AuditPort`."""
        metadata = (*self._who, *call.metadata)
        try:
            data = await self._call(requests, timeout=deadline.remaining(), metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, self._target) from None
        return read_audit(data)
