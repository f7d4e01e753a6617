"""A TLS server on loopback that answers with whatever bytes a test wants, and its certificates."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def make_certificates(folder: Path, *names: str) -> tuple[Path, Path]:
    """A CA, and a key with a certificate by it for these names: (CA, key and certificate)."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    ca, key, both = folder / "ca.pem", folder / "ca.key", folder / "both.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=ca", "-keyout", key, "-out", ca)
    leaf, request = folder / "leaf.key", folder / "leaf.csr"
    _openssl("req", "-new", *curve, "-subj", "/CN=x", "-keyout", leaf, "-out", request)
    extensions = folder / "san.cnf"
    extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
    signed = folder / "leaf.pem"
    issuer = ["-CA", ca, "-CAkey", key, "-CAcreateserial", "-days", "2", "-extfile", extensions]
    _openssl("x509", "-req", "-in", request, *issuer, "-out", signed)
    both.write_text(leaf.read_text() + signed.read_text())
    return ca, both


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def plain(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Answer:
    """An answer of one piece; ``length``: what it says of itself, if not the truth."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", *headers]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def redirect(location: str) -> Answer:
    """An answer that sends elsewhere."""
    return plain(b"", f"Location: {location}", status="302 Found")


def raw(data: bytes) -> Answer:
    """These very bytes."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return send


@dataclass
class WebServer:
    """Answers by path; remembers what it was asked.

    Attributes:
        asked: ``(path, headers)`` of every request, the names of headers in lower case.
        names: what SNI said, a connection each.
        hold: what a slow answer waits for.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self, both: Path) -> None:
        """Listen on loopback."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        context.sni_callback = lambda _, name, __: self.names.append(name)  # type: ignore[misc]
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, let go of what waits."""
        self.hold.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
            path = first.split()[1]
            self.asked.append((path, headers))
            await self.answers[path](writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()
