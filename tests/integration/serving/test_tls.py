"""TLS over real sockets: who gets in, who does not, and what they are told."""

import asyncio
import shutil
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gencheck.client import AsyncClient, Client
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, Unavailable
from gencheck.router.remote import RemoteCheck
from gencheck.serving.call import Call
from gencheck.serving.tls import ServerTls, Tls
from gencheck.transport import open_channel
from gencheck.v1 import consistency_pb2

NewAuthority: TypeAlias = Callable[..., Any]
Start: TypeAlias = Callable[..., Any]
SERVING = health_pb2.HealthCheckResponse.SERVING
DOCS = Path(__file__).resolve().parents[3] / "docs" / "security.md"
LOCAL = ("localhost", "127.0.0.1")


@asynccontextmanager
async def calling(port: int, **access: Any) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(f"127.0.0.1:{port}", timeout=20, **access) as client:
        yield client


async def parse(port: int, **access: Any) -> str:
    async with calling(port, **access) as client:
        return (await client.parse_prompt("a red cat")).uncovered[0].text


async def test_a_call_goes_through_over_tls(start: Start, authority: NewAuthority) -> None:
    ca = authority()
    files = ca.issue(*LOCAL)
    async with start(tls=ServerTls(files.cert, files.key)) as served:
        assert await parse(served.port, tls=Tls(ca.pem)) == "a red cat"
        assert served.echo.calls[0].caller.startswith("ipv4:127.0.0.1:")


@pytest.mark.parametrize(
    ("what", "names", "days"),
    [
        ("has expired", LOCAL, (-2, -1)),
        ("not valid yet", LOCAL, (1, 2)),
        ("for another name", ("elsewhere.test",), (-1, 30)),
    ],
)
async def test_a_server_that_cannot_be_known_is_not_called(
    start: Start,
    authority: NewAuthority,
    what: str,
    names: tuple[str, ...],
    days: tuple[int, int],
) -> None:
    ca = authority()
    files = ca.issue(*names, days=days)
    async with start(tls=ServerTls(files.cert, files.key)) as served:
        with pytest.raises(Unavailable, match=what) as raised:
            await parse(served.port, tls=Tls(ca.pem))
        assert raised.value.where == f"127.0.0.1:{served.port}" and raised.value.fix
        assert not served.echo.calls


async def test_a_server_of_another_authority_is_not_called(
    start: Start, authority: NewAuthority
) -> None:
    ca, other = authority(), authority("other")
    files = ca.issue(*LOCAL)
    async with start(tls=ServerTls(files.cert, files.key)) as served:
        for known in (Tls(other.pem), Tls()):
            with pytest.raises(Unavailable, match="of another authority"):
                await parse(served.port, tls=known)
        assert not served.echo.calls


async def test_a_client_certificate_gives_the_caller_a_name(
    start: Start, authority: NewAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    ca, clients = authority(), authority("clients")
    files, router = ca.issue(*LOCAL), clients.issue("router.gencheck", common="router")
    async with start(tls=ServerTls(files.cert, files.key, clients.pem)) as served:
        await parse(served.port, tls=Tls(ca.pem, router.cert, router.key))
        assert served.echo.calls[0].caller == "router.gencheck"
        await asyncio.sleep(0)
    [line] = [record for record in caplog.records if record.message == "rpc"]
    assert line.gencheck_fields["caller"] == "router.gencheck"


@pytest.mark.parametrize("shown", ["none", "of another", "expired", "not yet", "of the server's"])
async def test_without_a_valid_client_certificate_nobody_gets_in(
    start: Start, authority: NewAuthority, shown: str
) -> None:
    ca, clients = authority(), authority("clients")
    files = ca.issue(*LOCAL)
    mine = {
        "none": None,
        "of another": authority("third").issue("router"),
        "expired": clients.issue("router", days=(-2, -1)),
        "not yet": clients.issue("router", days=(1, 2)),
        "of the server's": ca.issue("router"),
    }[shown]
    tls = Tls(ca.pem) if mine is None else Tls(ca.pem, mine.cert, mine.key)
    async with start(tls=ServerTls(files.cert, files.key, clients.pem)) as served:
        with pytest.raises(Unavailable, match="If it wants TLS or a client certificate"):
            await parse(served.port, tls=tls)
        assert not served.echo.calls


async def test_plain_text_and_tls_do_not_meet_and_say_why(
    start: Start, authority: NewAuthority
) -> None:
    ca = authority()
    files = ca.issue(*LOCAL)
    async with start(tls=ServerTls(files.cert, files.key)) as served:
        with pytest.raises(Unavailable, match="If it wants TLS"):
            await parse(served.port)
    async with start() as served:
        with pytest.raises(Unavailable, match="speaks no TLS"):
            await parse(served.port, tls=Tls(ca.pem))


async def test_a_file_that_cannot_be_used_is_named_at_the_start(
    start: Start, authority: NewAuthority
) -> None:
    ca = authority()
    one, two = ca.issue(*LOCAL), ca.issue(*LOCAL)
    with pytest.raises(InvalidArgument, match="does not fit") as raised:
        async with start(tls=ServerTls(one.cert, two.key)):
            pass
    assert raised.value.where == str(two.key)
    threads = set(threading.enumerate())
    with pytest.raises(InvalidArgument, match="does not fit"):
        Client("localhost:1", tls=Tls(ca.pem, one.cert, two.key))
    assert set(threading.enumerate()) <= threads, "the thread of the client has ended"


async def test_a_new_certificate_is_taken_without_a_restart(
    start: Start, authority: NewAuthority, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = authority("old"), authority("new")
    files, fresh = old.issue(*LOCAL), new.issue(*LOCAL)
    async with (
        start(tls=ServerTls(files.cert, files.key)) as served,
        calling(served.port, tls=Tls(old.pem)) as early,
    ):
        await early.parse_prompt("a")
        shutil.copy(fresh.key, files.key)  # half of it: the old one stays
        assert await parse(served.port, tls=Tls(old.pem))
        shutil.copy(fresh.cert, files.cert)
        assert await parse(served.port, tls=Tls(new.pem))
        with pytest.raises(Unavailable, match="of another authority"):
            await parse(served.port, tls=Tls(old.pem))
        await early.parse_prompt("a connection lives on")
    said = [record.message for record in caplog.records if "certificate" in record.message]
    assert said == ["new certificate refused, the old one stays", "certificate read anew"]


@pytest.mark.parametrize("version", ["TLSv1_1", "TLSv1_2", "TLSv1_3"])
async def test_nothing_older_than_tls_1_2_is_spoken(
    start: Start, authority: NewAuthority, version: str
) -> None:
    ca = authority()
    files = ca.issue(*LOCAL)
    context = ssl.create_default_context(cafile=str(ca.pem))
    context.set_ciphers("ALL:@SECLEVEL=0")  # what OpenSSL itself holds back
    context.set_alpn_protocols(["h2"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the old one
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    async with start(tls=ServerTls(files.cert, files.key)) as served:
        opening = asyncio.open_connection("localhost", served.port, ssl=context)
        if version == "TLSv1_1":
            with pytest.raises(ConnectionResetError):  # by the server: our side would speak it
                await opening
            return
        _, writer = await opening
        assert writer.get_extra_info("ssl_object").version() == version.replace("_", ".")
        writer.close()


async def test_probes_reach_health_in_plain_text_and_nothing_else(
    start: Start, authority: NewAuthority
) -> None:
    ca = authority()
    files = ca.issue(*LOCAL)
    tls = ServerTls(files.cert, files.key, ca.pem)
    async with start(tls=tls, health_port=0) as served:
        address = f"127.0.0.1:{served.host.health_port}"
        async with grpc.aio.insecure_channel(address) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            for name in ("", "liveness"):
                request = health_pb2.HealthCheckRequest(service=name)
                assert (await stub.Check(request, timeout=5)).status == SERVING
        with pytest.raises(Unavailable, match="refuses the call"):
            await parse(served.host.health_port)
        assert not served.echo.calls


async def test_a_router_shows_its_own_certificate(start: Start, authority: NewAuthority) -> None:
    ca = authority()
    files, mine = ca.issue(*LOCAL), ca.issue("router")
    request = consistency_pb2.CheckConsistencyRequest(
        asset={"inline": b"x", "name": "x.png"}, prompt="a cat"
    ).SerializeToString()

    async def ask(port: int, tls: Tls | None) -> None:
        channel = open_channel(f"127.0.0.1:{port}", tls)
        check, call = RemoteCheck("consistency", channel, "there"), Call("", caller="somebody")
        try:
            await check.check(request, call, deadline=Deadline.after(20))
        finally:
            await channel.close()

    async with start(tls=ServerTls(files.cert, files.key, ca.pem)) as served:
        await ask(served.port, Tls(ca.pem, mine.cert, mine.key))
        assert [call.caller for call in served.echo.calls] == ["router"]
        for tls in (None, Tls(ca.pem)):
            with pytest.raises(Unavailable, match="ended the connection"):
                await ask(served.port, tls)


async def test_the_quick_start_of_the_docs_works(start: Start, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl: apt-get install openssl")
    script = DOCS.read_text().partition("```sh\n")[2].partition("```")[0]
    command = ["bash", "-e", "-c", script]
    done = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    _, said = await done.communicate()
    assert done.returncode == 0, said.decode()
    folder = tmp_path / "tls"
    tls = ServerTls(folder / "server.crt", folder / "server.key", folder / "ca.crt")
    async with start(tls=tls) as served:
        mine = Tls(folder / "ca.crt", folder / "client.crt", folder / "client.key")
        assert await parse(served.port, tls=mine) == "a red cat"
        assert served.echo.calls[0].caller == "laptop"
        with pytest.raises(Unavailable, match="client certificate"):
            await parse(served.port, tls=Tls(folder / "ca.crt"))
