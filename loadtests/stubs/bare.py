"""The same unary methods on a bare grpc.aio server, as its tutorial has it: the floor of costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc
from google.protobuf.message import Message

from gencheck.deadline import NO_DEADLINE
from loadtests.stubs.answers import UNARY, answer_of, service_name, template_of
from loadtests.stubs.behaviour import Behaviour, Work

_OPTIONS = [("grpc.max_receive_message_length", 64 << 20), ("grpc.so_reuseport", 0)]


def bare_server(checks: Sequence[str], behaviour: Behaviour, work: Work) -> grpc.aio.Server:
    """A server without health, bounds, admission or metrics; not yet listening."""
    server = grpc.aio.server(options=_OPTIONS)
    handlers = []
    for check in checks:
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            unary.name: grpc.unary_unary_rpc_method_handler(
                _handler(template_of(unary, behaviour), work),
                unary.request.FromString,
                unary.response.SerializeToString,
            )
            for unary in UNARY
            if unary.check == check
        }
        handlers.append(grpc.method_handlers_generic_handler(service_name(check), methods))
    server.add_generic_rpc_handlers(tuple(handlers))
    return server


def _handler(template: Message, work: Work) -> Callable[[Message, object], Awaitable[Message]]:
    async def handle(request: Message, _context: object) -> Message:
        await work.spend(NO_DEADLINE)
        return answer_of(template, request)

    return handle
