"""Refuses callers without a token before a byte of their message is read; health stays open."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from gencheck.errors import Unauthenticated
from gencheck.serving.callers import Callers
from gencheck.serving.logs import log
from gencheck.serving.metrics import Metrics
from gencheck.serving.runner import Context, abort

_LOGGER = logging.getLogger(__name__)
_OPEN = "/grpc.health.v1.Health/"

Next = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]


class Gate(grpc.aio.ServerInterceptor):
    """Stands before every method of a host."""

    def __init__(self, callers: Callers, metrics: Metrics) -> None:
        self._callers = callers
        self._metrics = metrics

    async def intercept_service(
        self, continuation: Next, handler_call_details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """See ``grpc.aio.ServerInterceptor``."""
        method = handler_call_details.method
        if not method.startswith(_OPEN):
            try:
                self._callers.require(handler_call_details.invocation_metadata or ())
            except Unauthenticated as error:
                return self._refuse(error, method)
        handler: grpc.RpcMethodHandler[Any, Any] | None = await continuation(handler_call_details)
        return handler

    def _refuse(self, error: Unauthenticated, method: str) -> grpc.RpcMethodHandler[Any, Any]:
        cause = error.metadata["cause"]
        self._metrics.unauthenticated.labels(cause).inc()

        async def refuse(_requests: AsyncIterator[bytes], context: Context) -> None:
            fields = {"method": method, "cause": cause, "caller": context.peer()}
            log(_LOGGER, logging.WARNING, "unauthenticated", fields)
            await abort(context, error.with_traceback(None), "")

        # As a stream, so that gRPC waits for no message.
        return grpc.stream_stream_rpc_method_handler(refuse)
