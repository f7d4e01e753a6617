"""The error tree as google.rpc.Status, and back: the one place that knows both.

Every status carries exactly one ``ErrorInfo`` (the reason, and every dynamic value of the message),
and at most one each of ``BadRequest``, ``RetryInfo``, ``QuotaFailure`` and ``RequestInfo``. The
published list is docs/errors.md. No input gives INTERNAL or UNKNOWN: INTERNAL is a bug of ours.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import grpc
from google.rpc import error_details_pb2, status_pb2

from gencheck.errors import (
    Cancelled,
    DeadlineExceeded,
    DecodeFailed,
    GencheckError,
    InvalidArgument,
    InvalidInput,
    InvalidPolicy,
    LimitExceeded,
    MalformedRequest,
    ModelError,
    ModelNotReady,
    NotFound,
    OutOfMemory,
    Overloaded,
    PermissionDenied,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    WorkerLost,
)
from gencheck.wire import ERROR_DOMAIN, error_info

DETAILS_KEY = "grpc-status-details-bin"

# A peer refuses trailers above 8 KiB, and HTTP/2 carries the details in base64 beside the message.
_MESSAGE_BYTES = 600
_VALUE_BYTES = 256
_METADATA_BYTES = 1_500
_STATUS_BYTES = 3_500
_LONGEST_DELAY = 3_600.0
_CUT_SHORT = "Internal error from Core"  # grpc.aio's client, of a stream that the server has ended


@dataclass(frozen=True, slots=True)
class Mapping:
    """What an error is on the wire.

    Attributes:
        field: for an error that the caller can mend, the field of the request that is wrong;
            empty: the error's own ``where``; ``None``: no field.
        retry_seconds: when to try again; ``None``: trying again as it is does not help.
    """

    code: grpc.StatusCode
    field: str | None = None
    retry_seconds: float | None = None


_BAD = grpc.StatusCode.INVALID_ARGUMENT

MAPPINGS: dict[type[GencheckError], Mapping] = {
    GencheckError: Mapping(grpc.StatusCode.INTERNAL),
    InvalidInput: Mapping(_BAD, ""),
    DecodeFailed: Mapping(_BAD, "asset"),
    UnsupportedMedia: Mapping(_BAD, "asset"),
    LimitExceeded: Mapping(_BAD, "asset"),
    InvalidArgument: Mapping(_BAD, ""),
    MalformedRequest: Mapping(_BAD),
    InvalidPolicy: Mapping(_BAD, "policy"),
    NotFound: Mapping(grpc.StatusCode.NOT_FOUND),
    PermissionDenied: Mapping(grpc.StatusCode.PERMISSION_DENIED),
    Unauthenticated: Mapping(grpc.StatusCode.UNAUTHENTICATED),
    Overloaded: Mapping(grpc.StatusCode.RESOURCE_EXHAUSTED, retry_seconds=1),
    OutOfMemory: Mapping(grpc.StatusCode.RESOURCE_EXHAUSTED),
    Unavailable: Mapping(grpc.StatusCode.UNAVAILABLE, retry_seconds=1),
    # What killed a worker once (memory, time) may well do it again: no invitation to retry.
    WorkerLost: Mapping(grpc.StatusCode.UNAVAILABLE),
    ModelNotReady: Mapping(grpc.StatusCode.UNAVAILABLE, retry_seconds=5),
    DeadlineExceeded: Mapping(grpc.StatusCode.DEADLINE_EXCEEDED),
    Cancelled: Mapping(grpc.StatusCode.CANCELLED),
    # Neither the caller's fault nor a bug, and no better a second later: the operator must act.
    ModelError: Mapping(grpc.StatusCode.FAILED_PRECONDITION),
}

_BY_REASON = {kind.reason: kind for kind in MAPPINGS}

# For a status that another library made, or a newer server with reasons of its own.
_BY_CODE: dict[grpc.StatusCode, type[GencheckError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidInput,
    grpc.StatusCode.OUT_OF_RANGE: InvalidInput,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.PERMISSION_DENIED: PermissionDenied,
    grpc.StatusCode.UNAUTHENTICATED: Unauthenticated,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.UNIMPLEMENTED: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
    grpc.StatusCode.CANCELLED: Cancelled,
    grpc.StatusCode.FAILED_PRECONDITION: ModelError,
}
# What gRPC makes of a broken connection, or of a server that is none of gencheck's.
_NOT_OURS = {
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.ABORTED,
}
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}


def mapping_of(error: GencheckError | type[GencheckError]) -> Mapping:
    """The entry of an error, or of the nearest ancestor that has one."""
    kind = error if isinstance(error, type) else type(error)
    return next(MAPPINGS[base] for base in kind.__mro__ if base in MAPPINGS)


def code_of(error: BaseException) -> int:
    """The canonical code (google.rpc.Code) of an error."""
    return int(mapping_of(as_known(error)).code.value[0])


def is_bug(error: BaseException) -> bool:
    """Whether the error is one that nobody raised on purpose: worth a traceback in the log."""
    return not isinstance(error, GencheckError) and type(as_known(error)) is GencheckError


def as_known(error: BaseException) -> GencheckError:
    """The error in terms of our tree. Of an unexpected one no text comes along: it might leak."""
    if isinstance(error, GencheckError):
        return error
    if isinstance(error, grpc.aio.AioRpcError):
        return from_rpc_error(error)
    if isinstance(error, BaseExceptionGroup):
        parts = [as_known(part) for part in error.exceptions]
        return next((part for part in parts if type(part) is GencheckError), parts[0])
    if isinstance(error, asyncio.CancelledError):
        return Cancelled("the caller no longer waits for this answer")
    if isinstance(error, MemoryError) or _is_opencv_out_of_memory(error):
        return OutOfMemory(
            "the server ran out of memory over this call",
            fix="Send a smaller asset, or give the server more memory.",
        )
    return GencheckError(
        "the server made a mistake", fix="Report it with the request id: its log tells more."
    )


def _is_opencv_out_of_memory(error: BaseException) -> bool:
    return type(error).__module__ == "cv2" and getattr(error, "code", None) == -4  # StsNoMem


def to_status(
    error: BaseException, *, domain: str = ERROR_DOMAIN, request_id: str = ""
) -> status_pb2.Status:
    """The status of an error: bounded in size, without Python text, with one ErrorInfo."""
    known = as_known(error)
    mapping = mapping_of(known)
    status = status_pb2.Status(
        code=mapping.code.value[0], message=_clip(str(known), _MESSAGE_BYTES)
    )
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(
            reason=known.reason, domain=domain, metadata=_metadata(known, request_id)
        )
    )
    asked = known.retry_seconds if isinstance(known, Overloaded) else None
    delay = mapping.retry_seconds if asked is None else asked
    if delay is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(int(delay * 1_000))
        status.details.add().Pack(retry)
    if isinstance(known, Overloaded):
        quota = error_details_pb2.QuotaFailure()
        quota.violations.add(
            subject=_clip(known.where, _VALUE_BYTES), description=_clip(known.what, _VALUE_BYTES)
        )
        status.details.add().Pack(quota)
    if request_id:
        status.details.add().Pack(error_details_pb2.RequestInfo(request_id=request_id))
    if mapping.field is not None:
        _add_violations(status, _violations(known, mapping.field))
    return status


def _metadata(error: GencheckError, request_id: str) -> dict[str, str]:
    pairs = chain(
        (("where", error.where), ("fix", error.fix), ("request_id", request_id)),
        error.metadata.items(),
    )
    named: dict[str, str] = {}
    room = _METADATA_BYTES
    for key, value in pairs:
        text = _clip(str(value), _VALUE_BYTES)
        room -= len(text.encode()) + len(key)
        if text and room >= 0:
            named[_key(key)] = text
    return named


def _key(text: str) -> str:
    """A key as AIP-193 wants it: ``[a-z][a-zA-Z0-9-_]+``, at most 64 characters."""
    cleaned = re.sub(r"[^a-zA-Z0-9_-]", "_", text)[:62]
    return cleaned if re.match("[a-z].", cleaned) else f"x_{cleaned}"


def _violations(error: GencheckError, field: str) -> Sequence[tuple[str, str]]:
    if isinstance(error, InvalidArgument) and error.violations:
        return error.violations
    return [(field or error.where, error.what)]


def _add_violations(status: status_pb2.Status, violations: Sequence[tuple[str, str]]) -> None:
    """As many as there is room for; the message says how many there are."""
    bad = error_details_pb2.BadRequest()
    room = _STATUS_BYTES - status.ByteSize()
    for field, description in violations:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=_clip(field, _VALUE_BYTES), description=_clip(description, _VALUE_BYTES)
        )
        room -= violation.ByteSize() + 4
        if room < 0:
            break
        bad.field_violations.append(violation)
    if bad.field_violations:
        status.details.add().Pack(bad)


def _clip(text: str, size: int) -> str:
    """At most so many bytes of UTF-8; a lone surrogate, as of a file name, becomes ``?``."""
    data = text.encode("utf-8", "replace")
    if len(data) <= size:
        return data.decode()
    return data[: size - 3].decode("utf-8", "ignore") + "…"


def from_status(status: status_pb2.Status) -> GencheckError:
    """The typed error of a status; one of the nearest kind where its reason is not known here."""
    info = error_info(status)
    kind = _BY_REASON.get(info.reason) or _kind_of_code(status.code)
    metadata = dict(info.metadata)
    where, fix = metadata.pop("where", ""), metadata.pop("fix", "")
    if info.reason and info.reason != kind.reason:
        metadata.setdefault("reason", info.reason)
    what = _what(status.message, where, fix)
    if issubclass(kind, InvalidArgument):
        return kind(
            what, where=where, fix=fix, metadata=metadata, violations=_violations_from(status)
        )
    if issubclass(kind, Overloaded):
        delay = _retry_from(status)
        return kind(what, where=where, fix=fix, metadata=metadata, retry_seconds=delay)
    return kind(what, where=where, fix=fix, metadata=metadata)


def _kind_of_code(code: int) -> type[GencheckError]:
    canonical = _CODES.get(code)
    return GencheckError if canonical is None else _BY_CODE.get(canonical, GencheckError)


def _what(message: str, where: str, fix: str) -> str:
    """The sentence inside ``where: what. fix``, as ``str(error)`` put it together."""
    text = message.removeprefix(f"{where}: ") if where else message
    return text.removesuffix(f". {fix}") if fix else text


def _violations_from(status: status_pb2.Status) -> list[tuple[str, str]]:
    bad = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(bad):
            break
    return [(violation.field, violation.description) for violation in bad.field_violations]


def _retry_from(status: status_pb2.Status) -> float | None:
    """The delay that a status asks for; one that is negative or out of all reason is none."""
    retry = error_details_pb2.RetryInfo()
    if not any(detail.Unpack(retry) for detail in status.details):
        return None
    seconds = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return seconds if 0 <= seconds <= _LONGEST_DELAY else None


def from_rpc_error(error: grpc.aio.AioRpcError, target: str = "") -> GencheckError:
    """The typed error of a failed call.

    Args:
        target: the address that was called; ``where`` of an error of the transport.
    """
    status = _details(error)
    if status is not None and status.code:
        return from_status(status)
    text = error.details() or error.code().name
    metadata = {"code": error.code().name, "details": text}
    match error.code():
        case grpc.StatusCode.UNAVAILABLE:
            what, fix = _unreachable(text)
        case grpc.StatusCode.DEADLINE_EXCEEDED:
            what, fix = "the time given for this call is up", "Give the call a longer deadline."
        case grpc.StatusCode.CANCELLED:
            # Not by us: that raises CancelledError. A server that stops does so to calls that come
            # in that moment (https://github.com/grpc/grpc/issues/41785).
            return Unavailable(
                "the service was stopped before it took the call",
                where=target,
                fix="Try again: another may answer.",
                metadata=metadata,
            )
        case grpc.StatusCode.UNIMPLEMENTED:
            what, fix = f"the server refuses the call: {text}", "Check address and versions."
        case grpc.StatusCode.INTERNAL if text == _CUT_SHORT:
            return Unavailable(
                "the server ended the stream before all was sent",
                where=target,
                fix="Try again, later where it is busy.",
                metadata=metadata,
            )
        case grpc.StatusCode.RESOURCE_EXHAUSTED if "CLIENT: Received message larger" in text:
            return ModelError("the answer is larger than any should be", where=target)
        # gRPC; a proxy. Of frames that are no HTTP/2 gRPC says "larger than max" too.
        case code if text == "Payload Too Large" or (
            code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in text
        ):
            return LimitExceeded(
                "the message is larger than the receiver takes",
                where=target,
                fix="Send a smaller asset, or raise the limit there.",
                metadata=metadata,
            )
        case code if code in _NOT_OURS:
            # Without details no server of gencheck said this: the connection was broken, or
            # something else listens there. INTERNAL is for bugs of our own.
            return Unavailable(
                f"the call broke off: {text}",
                where=target,
                fix="Check what listens there, and the way to it.",
                metadata=metadata,
            )
        case _:
            what, fix = text, ""
    kind = _BY_CODE.get(error.code(), GencheckError)
    return kind(what, where=target, fix=fix, metadata=metadata)


# What gRPC says of a connection that did not come about, and what it means here.
_HANDSHAKES = (
    ("WRONG_VERSION_NUMBER", "the server speaks no TLS", "Call it without TLS, or start it with."),
    (
        "certificate has expired",
        "the server's certificate has expired",
        "Give the server a new one; it reads the file again by itself.",
    ),
    (
        "certificate is not yet valid",
        "the server's certificate is not valid yet",
        "Check the clocks of both machines.",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "the server's certificate is of another authority than the one given",
        "Give the CA that signed it (GENCHECK_TLS_CA, tls= of the client, --services-ca).",
    ),
    (
        "Hostname Verification",
        "the server's certificate is for another name",
        "Call the server by a name in its certificate, or have the name put in.",
    ),
    (
        "Socket closed",
        "the server ended the connection at once",
        "If it wants TLS or a client certificate, give them (GENCHECK_TLS_CA, tls= of the client).",
    ),
)


def _unreachable(text: str) -> tuple[str, str]:
    """What happened, and what to do about it."""
    for said, what, fix in _HANDSHAKES:
        if said in text:
            return what, fix
    return "the service cannot be reached", "Check the address, and that it is running."


def _details(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    """The status in the trailers; ``None`` where there is none, or one that does not parse."""
    for key, value in error.trailing_metadata() or ():
        if key == DETAILS_KEY:
            try:
                return status_pb2.Status.FromString(value)
            except Exception:  # whatever a foreign server wrote there
                return None
    return None
