"""Secrets stay where they are: no log, error, repr, traceback or command line shows one."""

import asyncio
import base64
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from gencheck.cli.ask import remote
from gencheck.client import AsyncClient
from gencheck.compose import Settings
from gencheck.errors import GencheckError, InvalidArgument, Unauthenticated
from gencheck.serving.callers import Callers, bearer, digest_of, new_token
from gencheck.serving.host import Host, HostOptions
from gencheck.serving.status import to_status
from gencheck.serving.tls import ServerTls, Tls
from gencheck.transport import GrpcTransport

NewAuthority: TypeAlias = Callable[..., Any]
TOKEN, OTHER = new_token("a")[0], new_token("b")[0]
VQA_KEY = "sk-" + base64.b64encode(bytes(range(24))).decode()


class Watched:
    """Everything that was said, and what must not be in it."""

    def __init__(self, *keys: Path) -> None:
        self.said: list[str] = []
        self.secrets = [TOKEN, OTHER, VQA_KEY]
        for key in keys:  # any line of the key's body is too much
            self.secrets += [line for line in key.read_text().splitlines() if "-" not in line]

    def hear(self, *things: object) -> None:
        self.said += [text for thing in things for text in (str(thing), repr(thing))]

    def shown(self) -> list[str]:
        text = "\n".join(self.said)
        return [secret for secret in self.secrets if secret in text]


def test_the_watch_finds_what_is_shown(authority: NewAuthority) -> None:
    watched = Watched(authority().issue("a").key)
    assert len(watched.secrets) > 4
    for secret in watched.secrets:
        watched.said = [f"before {secret} after"]
        assert watched.shown() == [secret]


def test_what_goes_to_a_worker_carries_no_secret(
    authority: NewAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca = authority()
    files = ca.issue("laptop")
    watched = Watched(files.key)
    monkeypatch.setenv("GENCHECK_TOKEN", TOKEN)
    for name, path in (("CA", ca.pem), ("CERT", files.cert), ("KEY", files.key)):
        monkeypatch.setenv(f"GENCHECK_TLS_{name}", path.read_text())
    connect = remote("192.0.2.1:7400", 5)
    watched.hear(connect, bytes(ForkingPickler.dumps(connect)))
    assert not watched.shown()
    monkeypatch.setenv("GENCHECK_TLS_KEY", ca.pem.read_text())
    with pytest.raises(InvalidArgument, match="no private key"):
        remote("192.0.2.1:7400", 5)


async def test_objects_and_errors_show_no_secret(authority: NewAuthority, tmp_path: Path) -> None:
    ca = authority()
    files = ca.issue("127.0.0.1")
    watched = Watched(files.key)
    path = tmp_path / "tokens"
    path.write_text(f"a {digest_of(TOKEN)}\n")
    tls = Tls(ca.pem.read_bytes(), files.cert.read_bytes(), files.key.read_bytes())
    server = ServerTls(files.cert, files.key, ca.pem)
    options = HostOptions(tls=server, tokens=path)
    settings = Settings(vqa="http://127.0.0.1:1", vqa_key=VQA_KEY, services_tls=tls)
    callers = Callers(path)
    watched.hear(tls, server, options, settings, callers, Host([], options=options))
    async with AsyncClient("127.0.0.1:1", tls=tls, token=TOKEN, timeout=5) as client:
        watched.hear(client, client.__dict__, GrpcTransport("127.0.0.1:1", token=TOKEN))
        await hear_failure(watched, client.parse_prompt("a"))
    for attempt in (
        lambda: callers.require([("authorization", f"Basic {OTHER}")]),
        lambda: callers.require(bearer(OTHER)),
        lambda: bearer(f"{OTHER} {OTHER}"),
        lambda: GrpcTransport("192.0.2.1:1", token=OTHER),
        lambda: Tls(tls.key, tls.key, tls.cert).credentials(),
        lambda: Tls(tls.ca, tls.key, tls.key).credentials(),
        lambda: Tls(tls.ca, authority("b").issue("x").cert, tls.key).credentials(),
        lambda: Tls.from_environment({"GENCHECK_TLS_KEY": files.key.read_text()}),
    ):
        with pytest.raises(GencheckError) as raised:
            attempt()
        hear_error(watched, raised.value)
    assert watched.said and not watched.shown()


def hear_error(watched: Watched, error: BaseException) -> None:
    watched.hear(error, to_status(error), error.__dict__)
    watched.said += traceback.format_exception(error)


async def hear_failure(watched: Watched, call: Any) -> None:
    with pytest.raises(GencheckError) as raised:
        await call
    hear_error(watched, raised.value)


@contextmanager
def server(log: Path, *words: object, **secrets: str) -> Iterator[tuple[str, int]]:
    """``gencheck serve artifact``: its address and process."""
    command = [sys.executable, "-m", "gencheck", "serve", "artifact", "--port", "0"]
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*command, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            env={**os.environ, **secrets},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("listening on "), log.read_text()
        yield line.removeprefix("listening on ").strip(), process.pid
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def command_lines() -> Iterator[str]:
    """What ``ps`` shows of every process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue  # it has ended


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.png"
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_a_server_and_its_callers_show_no_secret(
    authority: NewAuthority, tmp_path: Path, picture: Path
) -> None:
    ca, clients = authority(), authority("clients")
    files, mine = ca.issue("127.0.0.1"), clients.issue("laptop")
    watched = Watched(files.key, mine.key)
    tokens, log = tmp_path / "tokens", tmp_path / "log"
    tokens.write_text(f"laptop {digest_of(TOKEN)}\n")
    words = ["--tls-cert", files.cert, "--tls-key", files.key, "--tls-client-ca", clients.pem]
    access = {
        "GENCHECK_TLS_CA": str(ca.pem),
        "GENCHECK_TLS_CERT": str(mine.cert),
        "GENCHECK_TLS_KEY": mine.key.read_text(),
        "GENCHECK_TOKEN": TOKEN,
    }
    with server(log, *words, "--tokens", tokens, GENCHECK_VQA_KEY=VQA_KEY) as (address, _):
        asyncio.run(ready(address, Tls(ca.pem, mine.cert, mine.key)))
        statuses = []
        for changed in (
            {},
            {"GENCHECK_TOKEN": OTHER},
            {"GENCHECK_TOKEN": ""},
            {"GENCHECK_TOKEN": f"{OTHER} {OTHER}"},
            {"GENCHECK_TLS_CA": access["GENCHECK_TLS_KEY"]},
            {"GENCHECK_TLS_CERT": str(files.cert)},
            {"GENCHECK_TLS_CA": "", "GENCHECK_TLS_CERT": "", "GENCHECK_TLS_KEY": ""},
        ):
            command = [sys.executable, "-m", "gencheck", "artifact", picture, "--server", address]
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, **access, **changed},
            )
            watched.hear(done.stdout, done.stderr)
            statuses.append(done.returncode)
        watched.said += command_lines()
    watched.hear(log.read_text())
    assert statuses[0] < 64, "the picture was judged"
    assert statuses[1:] == [77, 77, 64, 64, 64, 69]
    assert '"cause": "unknown"' in log.read_text() and "laptop" in log.read_text()
    assert not watched.shown()


async def ready(address: str, tls: Tls) -> None:
    """Return once the server knows its callers: before that it says that it is not ready."""
    async with (
        AsyncClient(address, tls=tls, token=TOKEN, timeout=60) as client,
        asyncio.timeout(60),
    ):
        while True:
            try:
                await client.check_artifact(b"no picture")
            except Unauthenticated:
                raise
            except GencheckError as error:
                if error.reason != "MODEL_NOT_READY":
                    return
            await asyncio.sleep(0.1)
