"""What a handler knows about its call."""

import pytest
from google.protobuf.message import Message

from gencheck.deadline import Deadline
from gencheck.serving.call import Call, Priority, given_id, is_uuid4, new_id
from gencheck.v1 import bias_pb2, consistency_pb2, router_pb2

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (router_pb2.CheckRequest(request_id=ID), ID),
        (router_pb2.CheckRequest(request_id="forged\nline"), ""),
        (router_pb2.CheckRequest(), ""),
        (bias_pb2.AuditImagesRequest(options={"request_id": ID}), ID),
        (bias_pb2.AuditImagesRequest(image={}), ""),
        (router_pb2.CheckSetRequest(options={"audit": {"request_id": ID}}), ID),
        (router_pb2.CheckSetRequest(options={}), ""),
        (router_pb2.CheckSetRequest(check={"request_id": ID}), ID),
        (consistency_pb2.ParsePromptRequest(), ""),
    ],
)
def test_the_id_is_found_wherever_a_request_has_it(message: Message, expected: str) -> None:
    assert given_id(message) == expected


def test_a_message_of_a_stream_has_its_own_id_and_the_streams_deadline() -> None:
    call = Call(new_id(), Deadline(), "ipv4:127.0.0.1:1", raw=b"whole")
    part = call.for_message(router_pb2.CheckRequest(request_id=ID))
    assert part.request_id == ID
    assert part.deadline is call.deadline
    assert part.raw == b""
    other = call.for_message(router_pb2.CheckRequest())
    assert is_uuid4(other.request_id)
    assert other.request_id != call.request_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1dafdd15-1507-4293-925d-86b272b943f9", True),
        ("21eaa32e-e797-11f1-8b2b-02fc00000001", False),
        (ID.upper(), True),
        (ID + "\n", False),
        (ID.replace("-", ""), False),
        ("", False),
    ],
)
def test_a_uuid4_in_canonical_form(text: str, expected: bool) -> None:
    assert is_uuid4(text) is expected


def test_a_priority_is_what_the_metadata_say_and_interactive_where_they_say_nothing_known() -> None:
    assert Priority.of(Priority.BATCH.metadata) is Priority.BATCH
    assert Priority.of(Priority.INTERACTIVE.metadata) is Priority.INTERACTIVE
    assert Priority.of([("gencheck-priority", "royal"), ("other", "batch")]) is Priority.INTERACTIVE
