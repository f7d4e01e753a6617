"""A client's channel over certificates that change."""

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
import pytest

from gencheck.errors import InvalidArgument
from gencheck.serving.renewal import RenewedChannel
from gencheck.serving.tls import Tls

NewAuthority: TypeAlias = Callable[..., Any]


class Channel:
    """A channel that says which one it is."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.grace: list[float | None] = []

    def unary_unary(self, method: str, **coders: object) -> Callable[..., tuple[object, ...]]:
        return lambda request, **how: (self.number, method, coders, request, how)

    async def close(self, grace: float | None = None) -> None:
        self.grace.append(grace)


async def test_a_changed_certificate_opens_a_new_channel(
    authority: NewAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gencheck")
    ca = authority()
    files, fresh = ca.issue("router"), ca.issue("router")
    opened: list[Channel] = []
    now = [0.0]

    def open_one(credentials: object) -> Any:
        opened.append(Channel(len(opened)))
        return opened[-1]

    channel = RenewedChannel(Tls(ca.pem, files.cert, files.key), open_one, clock=lambda: now[0])
    method = channel.unary_unary("/x/y", response_deserializer=len)
    assert method(b"a", timeout=1) == (
        0,
        "/x/y",
        {"response_deserializer": len},
        b"a",
        {"timeout": 1},
    )
    files.key.write_bytes(fresh.key.read_bytes())
    assert method(b"")[0] == 0, "not looked at yet"
    now[0] += 10
    assert method(b"")[0] == 0, "half of the change so far"
    files.cert.write_bytes(fresh.cert.read_bytes())
    assert method(b"")[0] == 0
    now[0] += 10
    assert method(b"")[0] == 1
    assert channel.unary_unary("/x/z")(b"")[0] == 1
    now[0] += 10
    assert method(b"")[0] == 1, "nothing has changed"
    await channel.close()
    assert opened[1].grace == [None] and opened[0].grace in ([], [600.0])
    assert [record.message for record in caplog.records] == [
        "new certificate refused, the old one stays",
        "certificate read anew",
    ]


def test_what_cannot_be_used_is_refused_at_the_start(authority: NewAuthority) -> None:
    ca = authority()
    with pytest.raises(InvalidArgument, match="without its key"):
        RenewedChannel(Tls(ca.pem, ca.pem), lambda credentials: pytest.fail("opened"))


def test_it_can_be_called_in_every_way_that_a_channel_can() -> None:
    ways = {name for name in dir(grpc.aio.Channel) if name.startswith(("unary_", "stream_"))}
    assert len(ways) == 4
    assert ways <= set(dir(RenewedChannel))
