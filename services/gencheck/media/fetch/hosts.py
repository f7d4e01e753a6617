"""Addresses on the web, read strictly, and the hosts that an operator allows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin, urlsplit

from gencheck.errors import InvalidArgument, PermissionDenied

_PORT = 443
_LONGEST = 4_096
# The last label starts with a letter: so no way to write an IP address is a name, neither decimal,
# octal nor hexadecimal ones (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?")
_URL = re.compile(r"[!-~]+")  # printable ASCII without blanks


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask for what.

    Attributes:
        host: a lower-case ASCII name.
        path: with the query, as it goes into the request.
    """

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address as a URL."""
        port = "" if self.port == _PORT else f":{self.port}"
        return f"https://{self.host}{port}{self.path}"

    @property
    def shown(self) -> str:
        """The address for messages and logs: a query may hold a signature."""
        return self.url.partition("?")[0]

    @classmethod
    def of(cls, url: str) -> Self:
        """Read a URL. Raises ``InvalidArgument`` or ``PermissionDenied`` for a doubtful one."""
        if len(url) > _LONGEST or not _URL.fullmatch(url) or "\\" in url:
            raise _doubtful("it is too long, or has blanks, backslashes or other than ASCII in it")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise _doubtful("it cannot be read as a URL") from None
        if parts.scheme != "https":
            raise PermissionDenied(
                "only https is read from the web", where=f"{parts.scheme}://", fix="Use https://."
            )
        if "@" in parts.netloc:
            raise _doubtful("it carries a user name or a password")
        host = (parts.hostname or "").lower()
        if not _NAME.fullmatch(host) or len(host) > 253:
            raise _doubtful(
                "its host is no plain name of a host (IP addresses are not read; write names with "
                "other letters as xn--…, and no dot at the end)"
            )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(host, _PORT if port is None else port, path)

    def follow(self, location: str) -> Address:
        """Where a redirect leads to. Raises what :meth:`of` raises."""
        if not _URL.fullmatch(location) or "\\" in location:
            raise _doubtful("the redirect has blanks, backslashes or other than ASCII in it")
        try:
            return Address.of(urljoin(self.url, location))
        except ValueError:
            raise _doubtful("the redirect cannot be read as a URL") from None


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The hosts that may be asked: ``cdn.example.com``, ``*.example.com``, ``a.org:8443``."""

    entries: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """Read what ``--allow-host`` was given. Raises ``InvalidArgument``."""
        return cls(tuple(map(_entry, entries)))

    def check(self, address: Address) -> None:
        """Raise ``PermissionDenied`` where nobody allowed this host."""
        for name, port in self.entries:
            if port == address.port and _matches(name, address.host):
                return
        allow = address.host if address.port == _PORT else f"{address.host}:{address.port}"
        raise PermissionDenied(
            "this host may not be asked",
            where=address.shown,
            fix=f"Start with --allow-host {allow}, or send the bytes.",
            metadata={"host": address.host},
        )


def _matches(name: str, host: str) -> bool:
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def _entry(text: str) -> tuple[str, int]:
    name, colon, port = text.strip().lower().partition(":")
    plain = name.removeprefix("*.")
    if not _NAME.fullmatch(plain) or (colon and not _is_port(port)):
        raise InvalidArgument(
            "this is no name of a host",
            where=f"--allow-host {text}",
            fix="Write cdn.example.com, *.example.com, or cdn.example.com:8443.",
        )
    return name, int(port) if colon else _PORT


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65_536


def _doubtful(why: str) -> InvalidArgument:
    return InvalidArgument(
        f"this address is not read: {why}", where="asset.uri", fix="https://cdn.example.com/a.png"
    )
