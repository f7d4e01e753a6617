"""``https://`` from allowed hosts, safe against server-side request forgery.

A name is resolved once, every address that it has is checked, and the connection goes to one of
those checked addresses; certificate, SNI and ``Host`` are held to the name. A redirect starts all
of that anew. Neither proxies of the environment nor cookies nor credentials play a part, and
nothing is decompressed.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpcore2

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError, InvalidInput, NotFound, PermissionDenied, Unavailable
from gencheck.media.fetch.addresses import is_public
from gencheck.media.fetch.hosts import Address, AllowedHosts
from gencheck.media.fetch.types import Head, checked_size
from gencheck.media.sniff import HEAD_BYTES
from gencheck.media.types import Limits

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a name and a port."""

Headers = Mapping[bytes | str, bytes | str]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AWAY = frozenset({408, 425, 429, 500, 502, 503, 504})
_LOOKUPS = 4
_TOTAL = re.compile(rb"bytes 0-\d+/(\d+)")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a host is waited for, in seconds, and how far followed.

    Attributes:
        total: for all of it, redirects and body, where the caller does not leave earlier.
        connect: for one address of a name, TLS not counted.
    """

    total: float = 60.0
    connect: float = 5.0
    redirects: int = 3


class HttpsFetcher:
    """Fetches from allowed hosts. Holds no connection between two calls."""

    def __init__(
        self,
        hosts: AllowedHosts,
        limits: Limits,
        *,
        resolve: Resolve | None = None,
        may_connect: Callable[[str], bool] = is_public,
        context: ssl.SSLContext | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Args: what comes after ``limits`` is for tests; nothing lets an operator loosen it.

        resolve: the system's resolver by default.
        may_connect: the check of every address.
        context: whom to trust; the system's certificates by default.
        """
        self._hosts = hosts
        self._limits = limits
        self._resolve = resolve or SystemResolver()
        self._may_connect = may_connect
        self._context = context
        self._patience = patience or Patience()

    async def read(self, url: str, *, deadline: Deadline) -> bytes:
        """All bytes. Raises as :meth:`gencheck.media.fetch.fetcher.Fetcher.read`."""
        async with self._answer(url, {}, deadline) as (address, response):
            length = _length(response, address)
            checked_size(length or 0, self._limits, address.shown)
            return await self._body(response, address, self._limits.max_bytes)

    async def peek(self, url: str, *, deadline: Deadline) -> Head:
        """The first bytes and the size. Not all hosts heed a range: the rest is left unread."""
        wanted: Headers = {"Range": f"bytes=0-{HEAD_BYTES - 1}"}
        async with self._answer(url, wanted, deadline) as (address, response):
            length = _length(response, address)
            if response.status == 206:
                length = _total(response, address)
            checked_size(length or 0, self._limits, address.shown)
            data = bytearray()
            async for piece in response.aiter_stream():
                data += piece
                if len(data) > HEAD_BYTES:
                    break
            size = len(data) if length is None else length
            return Head(bytes(data[:HEAD_BYTES]), size)

    async def _body(self, response: httpcore2.Response, address: Address, most: int) -> bytes:
        data = bytearray()
        async for piece in response.aiter_stream():
            data += piece
            checked_size(len(data), self._limits, address.shown)
        return bytes(data)

    @asynccontextmanager
    async def _answer(
        self, url: str, headers: Headers, deadline: Deadline
    ) -> AsyncIterator[tuple[Address, httpcore2.Response]]:
        """The answer at the end of all redirects, within the time that there is."""
        address = Address.of(url)
        self._hosts.check(address)
        left = deadline.remaining()
        total = self._patience.total if left is None else min(left, self._patience.total)
        try:
            async with asyncio.timeout(total) as limit:
                for _ in range(self._patience.redirects + 1):
                    async with self._ask(address, headers) as response:
                        if response.status not in _REDIRECTS:
                            _check_status(response, address, ranged="Range" in headers)
                            yield address, response
                            return
                        address = address.follow(_header(response, b"location"))
                    self._hosts.check(address)
        except TimeoutError:
            if not limit.expired():
                raise
            deadline.check()
            raise Unavailable(
                f"the host did not send it within {total:g} s", where=address.shown
            ) from None
        except httpcore2.TimeoutException:
            raise Unavailable("the host does not answer", where=address.shown) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise _broken(error, address) from None
        raise PermissionDenied(
            f"more than {self._patience.redirects} redirects", where=Address.of(url).shown
        )

    @asynccontextmanager
    async def _ask(self, address: Address, headers: Headers) -> AsyncIterator[httpcore2.Response]:
        checked = await self._checked_addresses(address)
        if self._context is None:
            self._context = ssl.create_default_context()
        backend = _Pinned(address.host, checked, self._patience.connect)
        async with (
            httpcore2.AsyncConnectionPool(
                ssl_context=self._context, network_backend=backend, max_connections=1
            ) as pool,
            pool.stream(
                "GET",
                address.url,
                headers={"Accept": "*/*", "Accept-Encoding": "identity", **headers},
            ) as response,
        ):
            yield response

    async def _checked_addresses(self, address: Address) -> Sequence[str]:
        """The addresses of the name; all of them public, or none is asked."""
        try:
            found = await self._resolve(address.host, address.port)
        except OSError:
            raise Unavailable("this name of a host is not known", where=address.shown) from None
        if not found or not all(map(self._may_connect, found)):
            # Which address it is does not concern whoever asked.
            raise PermissionDenied(
                "this host is at no public address",
                where=address.shown,
                fix="Send the bytes, or a file:// URI under an allowed folder.",
            )
        return found


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to the addresses that were checked, whatever the name means by now."""

    def __init__(self, host: str, addresses: Sequence[str], seconds: float) -> None:
        self._host = host
        self._addresses = addresses
        self._seconds = seconds
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """See :class:`httpcore2.AsyncNetworkBackend`."""
        if host != self._host:
            raise httpcore2.ConnectError("this is not the host that was checked")
        failure: Exception | None = None
        for address in self._addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout=self._seconds)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("no address")


class SystemResolver:
    """The system's resolver, in threads of its own.

    It cannot be stopped: names that nobody answers for must not take the threads of others.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, "resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The IP addresses of a name. Raises ``OSError``."""
        loop = asyncio.get_running_loop()
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await loop.run_in_executor(self._threads, look_up)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _check_status(response: httpcore2.Response, address: Address, *, ranged: bool) -> None:
    """Raise where the answer is not the asset as it is, or the part that was asked for."""
    status = response.status
    if status == 200 or (status == 206 and ranged):
        coding = _header(response, b"content-encoding").lower()
        if coding not in ("", "identity"):
            raise InvalidInput(
                "the host sends it compressed, though asked not to",
                where=address.shown,
                fix="Store it there without Content-Encoding.",
                metadata={"content_encoding": coding[:64]},
            )
        return
    says = f"the host says {status}"
    if status in (404, 410):
        raise NotFound(says, where=address.shown, fix="Check the address.")
    if status in (401, 403, 407):
        raise PermissionDenied(says, where=address.shown, fix="Use an address that is signed.")
    kind: type[GencheckError] = Unavailable if status in _AWAY else InvalidInput
    raise kind(says, where=address.shown, metadata={"status": str(status)})


def _length(response: httpcore2.Response, address: Address) -> int | None:
    """The announced length; ``None`` for chunks. What ends with the connection may be cut."""
    length = _header(response, b"content-length")
    if length.isdecimal() and len(length) <= 18:
        return int(length)
    if length or "chunked" not in _header(response, b"transfer-encoding").lower():
        raise InvalidInput(
            "the host does not say how long it is",
            where=address.shown,
            fix="Serve it with Content-Length.",
        )
    return None


def _total(response: httpcore2.Response, address: Address) -> int:
    """The size of the whole, of which a range was sent."""
    found = _TOTAL.fullmatch(_header(response, b"content-range").encode())
    if found is None or len(found[1]) > 18:
        raise InvalidInput("the host sent another part than was asked", where=address.shown)
    return int(found[1])


def _header(response: httpcore2.Response, name: bytes) -> str:
    """The value of a header; empty where there is none."""
    found = [value for key, value in response.headers if key.lower() == name]
    return b", ".join(found).decode("latin-1").strip()


def _broken(error: Exception, address: Address) -> GencheckError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return PermissionDenied(
                f"the certificate of this host is not trusted: {cause.verify_message}",
                where=address.shown,
            )
        cause = cause.__cause__ or cause.__context__
    return Unavailable("the host cannot be reached, or broke off", where=address.shown)
