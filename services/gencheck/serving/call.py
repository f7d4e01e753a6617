"""What a service tells the host about itself, and what the host tells a handler about a call."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from google.protobuf.message import Message

from gencheck.deadline import Deadline

RpcKind = Literal["unary", "client_stream", "server_stream", "bidi"]

_UUID4 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE
)


PRIORITY_KEY = "gencheck-priority"
ATTEMPTS_KEY = "gencheck-attempts"
LIVE = "liveness"
"""The name that says SERVING as long as the process answers at all, warm or not: what Kubernetes
asks before it restarts a container, since restarting brings no model back that is missing. Clients
watch it too, and leave a server that is about to stop."""

Metadata = Iterable[tuple[str, str | bytes]]


def attempts_of(metadata: Metadata | None) -> int:
    """How often a call was made, as the server said in its trailers; 1 where it said nothing."""
    return _count(metadata, ATTEMPTS_KEY) or 1


def attempts_told(metadata: Metadata | None) -> tuple[tuple[str, str], ...]:
    """What a server says in its trailers about a call that its client had to repeat.

    gRPC counts earlier attempts towards the server only; a client learns of them from there.
    """
    earlier = _count(metadata, "grpc-previous-rpc-attempts")
    return ((ATTEMPTS_KEY, str(earlier + 1)),) if earlier else ()


def _count(metadata: Metadata | None, key: str) -> int:
    """A small number that a peer sent; 0 where that is nothing, or no such number."""
    said = str(next((value for name, value in metadata or () if name == key), ""))
    return int(said) if said.isdecimal() and len(said) < 4 else 0


class Priority(StrEnum):
    """Who goes first where there is not room for all; a caller says it as metadata."""

    INTERACTIVE = "interactive"
    BATCH = "batch"

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What a call that goes out carries along."""
        return ((PRIORITY_KEY, self.value),) if self is not Priority.INTERACTIVE else ()

    @classmethod
    def of(cls, metadata: Iterable[tuple[str, str | bytes]]) -> Priority:
        """What the caller said; interactive where that is nothing, or nothing known."""
        said = next((value for key, value in metadata if key == PRIORITY_KEY), "")
        return cls.BATCH if said == cls.BATCH.value else cls.INTERACTIVE


@dataclass(slots=True)
class Call:
    """One call in progress.

    Attributes:
        request_id: a UUID4, as the caller gave it (of a stream: in its first message) or made here.
        deadline: of the caller; cancelled when the caller goes away and when the call ends.
        caller: the name that goes with a token or a client certificate, else the address of the
            peer, such as ``ipv4:127.0.0.1:40000``; empty for a local call.
        priority: whether it goes before others.
        raw: the request as it came, for a unary request; a router forwards it as it is.
        trace: the ``traceparent`` of what is called on its behalf.
        fields: what the handler adds to the call's log line: short values, never a payload.
    """

    request_id: str
    deadline: Deadline = field(default_factory=Deadline)
    caller: str = ""
    priority: Priority = Priority.INTERACTIVE
    raw: bytes = field(default=b"", repr=False)
    fields: dict[str, str | int | float] = field(default_factory=dict)
    trace: Mapping[str, str] = field(default_factory=dict)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What calls on its behalf carry along."""
        return (*self.priority.metadata, *self.trace.items())

    def for_message(self, message: Message) -> Call:
        """The call seen from one message of its stream: same deadline, the message's own id."""
        return replace(self, request_id=given_id(message) or new_id(), raw=b"", fields={})


Handler = Callable[[Any, Call], Any]
"""``async def (request, call) -> response``.

For a stream of requests the first argument is an async iterator of messages; for a stream of
responses the handler is an async generator.
"""


@dataclass(frozen=True, slots=True)
class Rpc:
    """One method of a service."""

    name: str
    request_type: type[Message]
    response_type: type[Message]
    handler: Handler = field(repr=False)
    kind: RpcKind = "unary"

    @property
    def streams_requests(self) -> bool:
        """Whether the caller sends a stream."""
        return self.kind in ("client_stream", "bidi")

    @property
    def streams_responses(self) -> bool:
        """Whether the answer is a stream."""
        return self.kind in ("server_stream", "bidi")


@dataclass(frozen=True, slots=True)
class Service:
    """One service.

    Attributes:
        name: full name, such as ``gencheck.v1.ArtifactService``.
        warm_up: loads models, compiles kernels, judges a golden input; the service is SERVING from
            its return on. It raises where that went wrong, and is then tried again. It is asked
            again on a schedule, past the queue of calls, to show that the answers are still right.
    """

    name: str
    rpcs: Sequence[Rpc]
    warm_up: Callable[[], Awaitable[None]]


def new_id() -> str:
    """A random UUID4."""
    return str(uuid.uuid4())


def given_id(message: Message) -> str:
    """The ``request_id`` of a message, of its options where it opens a stream; else empty."""
    found: Any = message
    while "request_id" not in found.DESCRIPTOR.fields_by_name:
        inner = next((n for n in ("options", "audit", "check") if _has(found, n)), None)
        if inner is None:
            return ""
        found = getattr(found, inner)
    text = str(found.request_id)
    return text if is_uuid4(text) else ""


def is_uuid4(text: str) -> bool:
    """Whether the text is a UUID of version 4 in its canonical form."""
    return _UUID4.fullmatch(text) is not None


def _has(message: Message, name: str) -> bool:
    return name in message.DESCRIPTOR.fields_by_name and message.HasField(name)
