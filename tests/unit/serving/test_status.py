"""The table of errors: complete, faithful both ways, bounded, and as docs/errors.md says."""

import asyncio
import pickle
import re
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import Metadata

from gencheck import errors
from gencheck.errors import (
    DecodeFailed,
    GencheckError,
    InvalidArgument,
    InvalidInput,
    LimitExceeded,
    ModelError,
    ModelNotReady,
    NotFound,
    OutOfMemory,
    Overloaded,
    Unauthenticated,
    Unavailable,
)
from gencheck.serving.status import (
    MAPPINGS,
    as_known,
    code_of,
    from_rpc_error,
    from_status,
    is_bug,
    to_status,
)

DOCS = Path(__file__).parents[3] / "docs" / "errors.md"
NO_INPUT_GIVES = {grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL}


def all_kinds(kind: type[GencheckError] = GencheckError) -> list[type[GencheckError]]:
    found = [kind]
    for child in kind.__subclasses__():
        found += all_kinds(child)
    return [kind for kind in found if kind.__module__.startswith("gencheck.")]


def details(status: status_pb2.Status) -> list[str]:
    return [detail.TypeName() for detail in status.details]


def unpack(status: status_pb2.Status, kind: type[any_pb2.Any]) -> any_pb2.Any:
    message = kind()
    assert any(detail.Unpack(message) for detail in status.details)
    return message


@pytest.mark.parametrize("kind", all_kinds())
def test_every_error_has_an_entry(kind: type[GencheckError]) -> None:
    assert kind in MAPPINGS, f"give {kind.__name__} an entry in serving/status.py"


def test_reasons_are_unique_and_well_formed() -> None:
    reasons = [kind.reason for kind in MAPPINGS]
    assert len(set(reasons)) == len(reasons)
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+[A-Z0-9]", reason) for reason in reasons)


@pytest.mark.parametrize("kind", [kind for kind in all_kinds() if kind is not GencheckError])
def test_no_error_on_purpose_is_internal_or_unknown(kind: type[GencheckError]) -> None:
    assert MAPPINGS[kind].code not in NO_INPUT_GIVES


@pytest.mark.parametrize("kind", all_kinds())
def test_an_error_survives_the_way_there_and_back(kind: type[GencheckError]) -> None:
    error = kind("it broke", where="a.png", fix="Mend it.", metadata={"limit": "7"})
    status = to_status(error, request_id="0-1")
    assert status.code == code_of(error)
    back = from_status(status_pb2.Status.FromString(status.SerializeToString()))
    assert type(back) is kind
    assert (back.what, back.where, back.fix) == ("it broke", "a.png", "Mend it.")
    assert back.metadata == {"limit": "7", "request_id": "0-1"}
    assert str(back) == str(error)


@pytest.mark.parametrize("kind", all_kinds())
def test_each_detail_comes_at_most_once_and_error_info_exactly_once(
    kind: type[GencheckError],
) -> None:
    names = details(to_status(kind("it broke"), request_id="0-1"))
    assert len(names) == len(set(names))
    assert names.count("google.rpc.ErrorInfo") == 1


def test_the_values_of_the_message_are_in_the_metadata() -> None:
    error = LimitExceeded("9 MB are too many", where="a.png", fix="Cut.", metadata={"bytes": "9"})
    info = unpack(to_status(error), error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == ("LIMIT_EXCEEDED", "gencheck")
    assert dict(info.metadata) == {"where": "a.png", "fix": "Cut.", "bytes": "9"}


def test_a_bad_argument_names_its_fields() -> None:
    violations = [("prompt", "is required"), ("asset", "is required")]
    error = InvalidArgument("is required", where="prompt", violations=violations)
    bad = unpack(to_status(error), error_details_pb2.BadRequest)
    assert [(v.field, v.description) for v in bad.field_violations] == violations
    back = from_status(to_status(error))
    assert isinstance(back, InvalidArgument)
    assert back.violations == tuple(violations)
    again = pickle.loads(pickle.dumps(back))
    assert (again.violations, str(again)) == (back.violations, str(back))


def test_what_is_wrong_with_the_asset_is_a_violation_of_that_field() -> None:
    bad = unpack(to_status(DecodeFailed("no picture", where="a.png")), error_details_pb2.BadRequest)
    assert [v.field for v in bad.field_violations] == ["asset"]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(Overloaded("busy"), 1), (Unavailable("gone"), 1), (ModelNotReady("no"), 5)],
)
def test_what_passes_says_when_to_come_back(error: GencheckError, seconds: int) -> None:
    retry = unpack(to_status(error), error_details_pb2.RetryInfo)
    assert retry.retry_delay.seconds == seconds


def test_a_full_queue_is_a_quota() -> None:
    quota = unpack(to_status(Overloaded("busy", where="calls")), error_details_pb2.QuotaFailure)
    assert quota.violations[0].subject == "calls"


def test_of_an_unexpected_exception_no_text_leaks() -> None:
    error = ZeroDivisionError("secret /home/someone")
    status = to_status(error, request_id="0-1")
    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert "secret" not in str(status)
    assert "ZeroDivision" not in str(status)
    assert unpack(status, error_details_pb2.RequestInfo).request_id == "0-1"
    assert is_bug(error)
    assert not is_bug(NotFound("no"))


def test_memory_that_cannot_be_had_is_no_bug() -> None:
    with pytest.raises(MemoryError) as numpys:
        np.empty(1 << 60, np.uint8)
    opencvs = cv2.error("Insufficient memory")
    opencvs.code = -4
    for error in (numpys.value, opencvs):
        assert isinstance(as_known(error), OutOfMemory)
        assert not is_bug(error)
        assert code_of(error) == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    assert is_bug(cv2.error("bad argument"))


def test_a_group_is_a_bug_where_one_of_its_parts_is() -> None:
    gone, bug = NotFound("no"), ZeroDivisionError("secret")
    assert as_known(ExceptionGroup("tasks", [gone, gone])) is gone
    group = ExceptionGroup("tasks", [gone, ExceptionGroup("inner", [bug])])
    assert is_bug(group)
    assert "secret" not in str(to_status(group))


def test_a_cancelled_task_is_cancelled() -> None:
    assert code_of(asyncio.CancelledError()) == grpc.StatusCode.CANCELLED.value[0]


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "ö" * 100_000, "日本" * 50_000, "\udcff" * 9_000, "\n\0" * 9_000]
)
def test_a_status_fits_into_trailers_whatever_the_error_says(text: str) -> None:
    error = InvalidArgument(
        text,
        where=text,
        fix=text,
        metadata={f"{text[:100]}{i}": text for i in range(100)},
        violations=[(text, text)] * 100,
    )
    status = to_status(error, request_id="0-1")
    assert status.ByteSize() < 4_200  # 8 KiB of trailers, the details in base64
    assert "google.rpc.ErrorInfo" in details(status)
    info = unpack(status, error_details_pb2.ErrorInfo)
    assert all(re.fullmatch("[a-z][a-zA-Z0-9_-]{0,63}", key) for key in info.metadata)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, InvalidInput),
        (grpc.StatusCode.UNAUTHENTICATED, Unauthenticated),
        (grpc.StatusCode.UNIMPLEMENTED, Unavailable),
        (grpc.StatusCode.DATA_LOSS, GencheckError),
    ],
)
def test_a_reason_of_a_newer_server_becomes_the_nearest_kind(
    code: grpc.StatusCode, kind: type[GencheckError]
) -> None:
    status = status_pb2.Status(code=code.value[0], message="it broke")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="BRAND_NEW"))
    error = from_status(status)
    assert type(error) is kind
    assert error.metadata["reason"] == "BRAND_NEW"


def test_a_code_that_nobody_knows_is_no_crash() -> None:
    assert type(from_status(status_pb2.Status(code=999, message="?"))) is GencheckError


def _rpc_error(
    code: grpc.StatusCode, details: str | None, *trailers: tuple[str, bytes]
) -> grpc.aio.AioRpcError:
    metadata = grpc.aio.Metadata(*trailers)
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), metadata, details=details)


def test_a_failed_call_carries_the_servers_error() -> None:
    status = to_status(NotFound("no such policy", where="policy_name")).SerializeToString()
    trailers = ("grpc-status-details-bin", status)
    error = from_rpc_error(_rpc_error(grpc.StatusCode.NOT_FOUND, "x", trailers), "h:1")
    assert isinstance(error, NotFound)
    assert error.where == "policy_name"


def test_an_unreachable_service_is_named() -> None:
    error = from_rpc_error(_rpc_error(grpc.StatusCode.UNAVAILABLE, "connection refused"), "h:1")
    assert isinstance(error, Unavailable)
    assert str(error).startswith("h:1: the service cannot be reached")
    assert error.metadata["details"] == "connection refused"


@pytest.mark.parametrize("code", [code for code in grpc.StatusCode if code.value[0] != 0])
@pytest.mark.parametrize("trailer", [None, b"\xff\xff garbage", b""])
def test_any_failed_call_gives_a_typed_error(code: grpc.StatusCode, trailer: bytes | None) -> None:
    trailers = () if trailer is None else (("grpc-status-details-bin", trailer),)
    error = from_rpc_error(_rpc_error(code, None, *trailers), "h:1")
    assert isinstance(error, GencheckError)
    assert error.where == "h:1"
    assert error.what


@pytest.mark.parametrize("name", ["CANCELLED", "INTERNAL", "UNKNOWN", "DATA_LOSS", "ABORTED"])
def test_what_no_server_of_gencheck_said_is_no_bug_of_gencheck(name: str) -> None:
    text = "Received frame of a size larger than max"  # as of bytes that are no HTTP/2
    error = from_rpc_error(_rpc_error(grpc.StatusCode[name], text), "h:1")
    assert isinstance(error, Unavailable)
    assert error.metadata == {"code": name, "details": text}
    bug = to_status(ZeroDivisionError()).SerializeToString()
    said = _rpc_error(grpc.StatusCode.INTERNAL, "x", ("grpc-status-details-bin", bug))
    assert type(from_rpc_error(said, "h:1")) is GencheckError


def test_a_transport_that_refuses_a_large_message_is_a_limit() -> None:
    details = "Received message larger than max (9 vs. 4)"
    error = from_rpc_error(_rpc_error(grpc.StatusCode.RESOURCE_EXHAUSTED, details))
    assert isinstance(error, LimitExceeded)


def test_an_answer_that_a_client_refuses_is_no_fault_of_its_request() -> None:
    details = "CLIENT: Received message larger than max (9 vs. 4)"
    error = from_rpc_error(_rpc_error(grpc.StatusCode.RESOURCE_EXHAUSTED, details))
    assert isinstance(error, ModelError)


def test_the_published_list_is_the_table() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| `([A-Z_]+)` \| ([0-9]+ s|no) \|", DOCS.read_text(), re.M)
    retries = {
        kind.reason: "no" if entry.retry_seconds is None else f"{entry.retry_seconds:g} s"
        for kind, entry in MAPPINGS.items()
    }
    expected = {
        (kind.reason, entry.code.name, retries[kind.reason]) for kind, entry in MAPPINGS.items()
    }
    assert set(rows) == expected
    assert len(rows) == len(expected)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or "")) | {"GencheckError"}
    assert drawn == {kind.__name__ for kind in all_kinds()}


def test_a_stream_that_the_server_cut_short_is_no_bug_of_the_server() -> None:
    error = grpc.aio.AioRpcError(
        grpc.StatusCode.INTERNAL, Metadata(), Metadata(), details="Internal error from Core"
    )
    assert isinstance(from_rpc_error(error), Unavailable)


@pytest.mark.parametrize(("seconds", "told"), [(2.5, 2.5), (0.0, 0.0), (-1.0, None), (1e6, None)])
def test_the_delay_of_an_overload_comes_through(seconds: float, told: float | None) -> None:
    status = to_status(Overloaded("busy", retry_seconds=seconds))
    error = from_status(status)
    assert isinstance(error, Overloaded)
    assert error.retry_seconds == told
    assert pickle.loads(pickle.dumps(error)).retry_seconds == told
