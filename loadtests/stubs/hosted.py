"""Made-up services on the real gencheck host: its admission, bounds, deadlines, errors, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from google.protobuf.message import Message

from gencheck.errors import InvalidArgument
from gencheck.findings import judged
from gencheck.serving.call import Call, Handler, Rpc, Service
from gencheck.v1 import bias_pb2 as pb
from gencheck.wire import outcome_to
from loadtests.stubs.answers import UNARY, answer_of, fields_of, service_name, template_of
from loadtests.stubs.behaviour import Behaviour, Work


def made_up_services(checks: Sequence[str], behaviour: Behaviour, work: Work) -> list[Service]:
    """Services for a ``gencheck.serving.host.Host``; they share ``work``.

    Args:
        checks: of ``artifact``, ``consistency``, ``bias`` and ``mesh``.
    """
    return [_service(check, behaviour, work) for check in checks]


def _service(check: str, behaviour: Behaviour, work: Work) -> Service:
    rpcs = [
        Rpc(
            unary.name, unary.request, unary.response, _handler(template_of(unary, behaviour), work)
        )
        for unary in UNARY
        if unary.check == check
    ]
    if check == "bias":
        audit = _audit_images(fields_of(check, behaviour), work)
        rpcs.append(
            Rpc(
                "AuditImages",
                pb.AuditImagesRequest,
                pb.AuditImagesResponse,
                audit,
                "client_stream",
            )
        )
    return Service(service_name(check), rpcs, _nothing_to_load)


async def _nothing_to_load() -> None:
    """SERVING from the start."""


def _handler(template: Message, work: Work) -> Handler:
    async def handle(request: Message, call: Call) -> Message:
        await work.spend(call.deadline)
        return answer_of(template, request)

    return handle


def _audit_images(fields: dict[str, Any], work: Work) -> Handler:
    async def handle(
        requests: AsyncIterator[pb.AuditImagesRequest], call: Call
    ) -> pb.AuditImagesResponse:
        audit = pb.AuditResponse(**fields)
        images = []
        async for request in requests:
            if request.WhichOneof("part") == "options":
                audit.asset = request.options.name
                continue
            await work.spend(call.deadline)
            outcome = outcome_to(judged("bias"))
            images.append(pb.ImageOutcome(asset=request.image.asset.name, outcome=outcome, faces=1))
        if not images:
            raise InvalidArgument("the stream holds no picture", where="image")
        audit.state.images = len(images)
        return pb.AuditImagesResponse(audit=audit, images=images)

    return handle
