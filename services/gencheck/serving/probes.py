"""grpc.health.v1: what those who probe a server ask."""

from __future__ import annotations

import contextlib

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2

from gencheck.errors import MalformedRequest
from gencheck.serving.health import Readiness
from gencheck.serving.runner import Context, abort

HEALTH = "grpc.health.v1.Health"


def health_handlers(readiness: Readiness) -> grpc.GenericRpcHandler:
    """Health with a parser of our own: the stock one answers UNKNOWN to malformed bytes."""
    statuses = readiness.statuses
    encode = health_pb2.HealthCheckResponse.SerializeToString

    async def check(raw: bytes, context: Context) -> health_pb2.HealthCheckResponse:
        status = statuses.of((await _request(raw, context)).service)
        if status is None:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return health_pb2.HealthCheckResponse(status=status)

    async def watch(raw: bytes, context: Context) -> None:
        request = await _request(raw, context)
        async with contextlib.aclosing(statuses.watch(request.service)) as told:
            async for status in told:
                await context.write(health_pb2.HealthCheckResponse(status=status))

    return grpc.method_handlers_generic_handler(
        HEALTH,
        {
            "Check": grpc.unary_unary_rpc_method_handler(check, None, encode),
            "Watch": grpc.unary_stream_rpc_method_handler(watch, None, encode),
        },
    )


async def _request(raw: bytes, context: Context) -> health_pb2.HealthCheckRequest:
    try:
        return health_pb2.HealthCheckRequest.FromString(raw)
    except DecodeError:
        error = MalformedRequest(
            "the bytes of the request are no grpc.health.v1.HealthCheckRequest"
        )
        await abort(context, error, "")
