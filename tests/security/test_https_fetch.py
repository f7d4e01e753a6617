"""The one way to the web, against a real TLS server that lies, dawdles and sends elsewhere."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from webserver import Answer, WebServer, make_certificates, plain, raw, redirect

from gencheck.deadline import Deadline
from gencheck.errors import (
    DeadlineExceeded,
    GencheckError,
    InvalidInput,
    LimitExceeded,
    NotFound,
    PermissionDenied,
    Unavailable,
)
from gencheck.media.fetch.hosts import AllowedHosts
from gencheck.media.fetch.https import HttpsFetcher, Patience, SystemResolver
from gencheck.media.sniff import HEAD_BYTES
from gencheck.media.types import Limits

DATA = bytes(range(256)) * 1_024
NAMES = ("cdn.example.com", "other.example.com")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificates(tmp_path_factory.mktemp("tls"), *NAMES)


class Web:
    """A server, and fetchers that reach it by name: what a test alone can do."""

    def __init__(self, server: WebServer, ca: Path) -> None:
        self.server = server
        self.ca = ca
        self.resolved: list[str] = []

    def answer(self, path: str, answer: Answer) -> None:
        self.server.answers[path] = answer

    def url(self, path: str, host: str = NAMES[0]) -> str:
        return f"https://{host}:{self.server.port}{path}"

    def fetcher(
        self,
        *,
        addresses: Callable[[str], Sequence[str]] = lambda _: ["127.0.0.1"],
        may_connect: Callable[[str], bool] | None = lambda address: address == "127.0.0.1",
        limits: Limits | None = None,
        patience: Patience | None = None,
        context: ssl.SSLContext | None = None,
    ) -> HttpsFetcher:
        async def resolve(host: str, port: int) -> Sequence[str]:
            self.resolved.append(host)
            return addresses(host)

        hosts = [f"{name}:{self.server.port}" for name in (*NAMES, "wrong.example.com")]
        checked = {} if may_connect is None else {"may_connect": may_connect}
        return HttpsFetcher(
            AllowedHosts.of(hosts),
            limits or Limits(),
            resolve=resolve,
            context=context or ssl.create_default_context(cafile=str(self.ca)),
            patience=patience or Patience(total=20, connect=5),
            **checked,
        )


@pytest.fixture
async def web(certificates: tuple[Path, Path]) -> AsyncIterator[Web]:
    ca, both = certificates
    server = WebServer()
    await server.start(both)
    yield Web(server, ca)
    await server.stop()


async def test_bytes_come_as_they_are_and_the_name_goes_along(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.answer("/a.png?v=1", plain(DATA))
    assert await web.fetcher().read(web.url("/a.png?v=1"), deadline=Deadline()) == DATA
    path, headers = web.server.asked[0]
    assert path == "/a.png?v=1"
    assert headers["host"] == f"{NAMES[0]}:{web.server.port}"
    assert headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization"} & set(headers)
    assert web.server.names == [NAMES[0]]


async def test_chunks_are_put_together(web: Web) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (DATA[:1000], DATA[1000:]))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    web.answer("/a", raw(head + body + b"0\r\n\r\n"))
    assert await web.fetcher().read(web.url("/a"), deadline=Deadline()) == DATA


async def test_a_peek_asks_for_the_start_and_hears_the_size(web: Web) -> None:
    part = f"Content-Range: bytes 0-{HEAD_BYTES - 1}/{len(DATA)}"
    web.answer("/a", plain(DATA[:HEAD_BYTES], part, status="206 Partial Content"))
    head = await web.fetcher().peek(web.url("/a"), deadline=Deadline())
    assert (head.data, head.size) == (DATA[:HEAD_BYTES], len(DATA))
    assert web.server.asked[0][1]["range"] == f"bytes=0-{HEAD_BYTES - 1}"


async def test_a_host_that_heeds_no_range_is_left_after_the_start(web: Web) -> None:
    web.answer("/a", plain(DATA))
    head = await web.fetcher().peek(web.url("/a"), deadline=Deadline())
    assert (head.data, head.size) == (DATA[:HEAD_BYTES], len(DATA))


async def test_loopback_is_refused_unless_a_test_says_otherwise(web: Web) -> None:
    web.answer("/a", plain(DATA))
    with pytest.raises(PermissionDenied, match="no public address") as caught:
        await web.fetcher(may_connect=None).read(web.url("/a"), deadline=Deadline())
    assert "127.0.0.1" not in str(caught.value)
    assert not web.server.names


@pytest.mark.parametrize("addresses", [["8.8.8.8", "127.0.0.1"], ["10.0.0.1"], []])
async def test_one_private_address_among_many_is_enough_to_refuse(
    web: Web, addresses: list[str]
) -> None:
    fetcher = web.fetcher(addresses=lambda _: addresses, may_connect=None)
    with pytest.raises(PermissionDenied):
        await fetcher.read(web.url("/a"), deadline=Deadline())


async def test_a_name_is_resolved_once_so_rebinding_changes_nothing(web: Web) -> None:
    """A second answer of the name would be another address; nobody asks for it."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    web.answer("/a", plain(DATA))
    fetcher = web.fetcher(addresses=lambda _: next(answers))
    assert await fetcher.read(web.url("/a"), deadline=Deadline()) == DATA
    assert web.resolved == [NAMES[0]]


async def test_a_redirect_is_resolved_and_checked_anew(web: Web) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])
    web.answer("/a", redirect("/b"))
    web.answer("/b", plain(DATA))
    fetcher = web.fetcher(addresses=lambda _: next(answers))
    with pytest.raises(PermissionDenied, match="no public address"):
        await fetcher.read(web.url("/a"), deadline=Deadline())
    assert [path for path, _ in web.server.asked] == ["/a"]


@pytest.mark.parametrize("relative", [True, False])
async def test_a_redirect_to_an_allowed_host_is_followed(web: Web, relative: bool) -> None:
    web.answer("/a", redirect("../b" if relative else web.url("/b", NAMES[1])))
    web.answer("/b", plain(DATA))
    assert await web.fetcher().read(web.url("/a"), deadline=Deadline()) == DATA
    assert web.server.names == [NAMES[0], NAMES[0] if relative else NAMES[1]]


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "http://cdn.example.com/a",
        "https://evil.org/",
        "https://cdn.example.com/on-another-port",
        "//evil.org/a",
        "https://[::ffff:127.0.0.1]/",
        "https://user@cdn.example.com/",
        "file:///etc/passwd",
        "gopher://cdn.example.com/",
        "https://[",
        "",
    ],
)
async def test_a_redirect_elsewhere_ends_there(web: Web, location: str) -> None:
    web.answer("/a", redirect(location))
    for ask in (web.fetcher().read, web.fetcher().peek):
        with pytest.raises((PermissionDenied, InvalidInput)):
            await ask(web.url("/a"), deadline=Deadline())
    assert {path for path, _ in web.server.asked} == {"/a"}


async def test_redirects_in_a_circle_end(web: Web) -> None:
    web.answer("/a", redirect("/b"))
    web.answer("/b", redirect("/a"))
    with pytest.raises(PermissionDenied, match="more than 3 redirects"):
        await web.fetcher().read(web.url("/a"), deadline=Deadline())
    assert len(web.server.asked) == 4


async def test_a_certificate_for_another_name_is_refused(web: Web) -> None:
    with pytest.raises(PermissionDenied, match="certificate"):
        await web.fetcher().read(web.url("/a", "wrong.example.com"), deadline=Deadline())
    assert not web.server.asked


async def test_a_certificate_by_nobody_known_is_refused(web: Web) -> None:
    fetcher = web.fetcher(context=ssl.create_default_context())
    with pytest.raises(PermissionDenied, match="certificate"):
        await fetcher.read(web.url("/a"), deadline=Deadline())


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def flood(head: bytes, piece: bytes) -> Answer:
    """An answer without an end."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()

    return send


@pytest.mark.parametrize(
    "answer",
    [
        plain(bytes(2_000)),
        plain(b"", length=2_000),
        flood(ENDLESS, b"40\r\n" + bytes(64) + b"\r\n"),
    ],
)
async def test_a_huge_body_is_left(web: Web, answer: Answer) -> None:
    web.answer("/a", answer)
    with pytest.raises(LimitExceeded):
        fetcher = web.fetcher(limits=Limits(max_bytes=1_000))
        await fetcher.read(web.url("/a"), deadline=Deadline())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (plain(b"abc", length=10), Unavailable),
        (plain(b"abc", "Content-Length: 4"), Unavailable),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 200 + b"\r\n\r\nabc"), GencheckError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc"), Unavailable),
        (raw(b"HTTP/1.1 200 OK\r\n\r\nabc"), InvalidInput),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Unavailable),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), Unavailable),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), Unavailable),
        (raw(b""), Unavailable),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000), Unavailable),
        (flood(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), Unavailable),
        (raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\nabc"), Unavailable),
        (plain(b"abc", status="206 Partial Content"), InvalidInput),
        (plain(b"abc", "Content-Encoding: gzip"), InvalidInput),
        (plain(b"abc", "Content-Encoding: br, gzip"), InvalidInput),
        (plain(b"", status="404 Not Found"), NotFound),
        (plain(b"", status="403 Forbidden"), PermissionDenied),
        (plain(b"", status="429 Too Many Requests"), Unavailable),
        (plain(b"", status="503 Service Unavailable"), Unavailable),
        (plain(b"", status="418 Teapot"), InvalidInput),
        (plain(b"", status="304 Not Modified"), InvalidInput),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_asset_is_an_error(
    web: Web, answer: Answer, kind: type[GencheckError]
) -> None:
    web.answer("/a", answer)
    with pytest.raises(kind) as caught:
        await web.fetcher().read(web.url("/a"), deadline=Deadline())
    assert type(caught.value).reason != "INTERNAL"


@pytest.mark.parametrize(
    "part",
    ["bytes 5-9/10", "bytes 0-2/*", "bytes 0-2/" + "9" * 40, "items 0-2/3", "bytes 0-2/x"],
)
async def test_another_range_than_was_asked_is_refused(web: Web, part: str) -> None:
    web.answer("/a", plain(b"abc", f"Content-Range: {part}", status="206 Partial Content"))
    with pytest.raises(InvalidInput, match="another part"):
        await web.fetcher().peek(web.url("/a"), deadline=Deadline())


def drip(web: Web, head: bytes) -> Answer:
    """An answer that begins and never ends."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await web.server.hold.wait()

    return send


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    ],
)
async def test_a_slow_host_is_left_when_the_callers_time_is_up(web: Web, head: bytes) -> None:
    web.answer("/a", drip(web, head))
    with pytest.raises(DeadlineExceeded):
        await web.fetcher().read(web.url("/a"), deadline=Deadline.after(0.3))


async def test_a_slow_host_is_left_without_a_deadline_too(web: Web) -> None:
    web.answer("/a", drip(web, b"HTTP/1.1 200 OK\r\n"))
    with pytest.raises(Unavailable, match=r"within 0\.3 s"):
        await web.fetcher(patience=Patience(total=0.3)).read(web.url("/a"), deadline=Deadline())


async def test_a_host_that_nobody_listens_at_is_unavailable(web: Web) -> None:
    await web.server.stop()
    with pytest.raises(Unavailable, match="cannot be reached"):
        await web.fetcher().read(web.url("/a?sig=secret"), deadline=Deadline())


async def test_an_unknown_name_is_unavailable(web: Web) -> None:
    def unknown(_: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(Unavailable, match="not known"):
        await web.fetcher(addresses=unknown).read(web.url("/a"), deadline=Deadline())


async def test_the_second_address_is_tried_where_the_first_is_dead(web: Web) -> None:
    web.answer("/a", plain(DATA))
    fetcher = web.fetcher(
        addresses=lambda _: ["127.0.0.2", "127.0.0.1"], may_connect=lambda _: True
    )
    assert await fetcher.read(web.url("/a"), deadline=Deadline()) == DATA


async def test_the_systems_resolver_gives_addresses_alone() -> None:
    found = await SystemResolver()("localhost", 443)
    assert found and set(found) <= {"127.0.0.1", "::1"}
    with pytest.raises(OSError):
        await SystemResolver()("nobody.invalid", 443)
