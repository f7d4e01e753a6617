"""TLS of servers and clients: files are judged before they are used, and servers read them again.

gRPC offers TLS 1.2 and 1.3 and nothing older. It says little about a certificate that it does not
take, so certificate, key and authorities are looked at here first.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeAlias

import grpc

from gencheck.errors import InvalidArgument
from gencheck.serving.logs import log

_LOGGER = logging.getLogger(__name__)
_MAX_BYTES = 1 << 20
_PEM = b"-----BEGIN"
PUBLIC = "public"

Pem: TypeAlias = Path | bytes
"""A file in PEM, or what stands in one."""


@dataclass(frozen=True, slots=True)
class Tls:
    """How a client knows its server, and shows who it is.

    Attributes:
        ca: who may have signed the server's certificate; by default the public authorities that
            gRPC knows.
        cert: the client's own certificate with its chain, for a server that wants one.
        key: the key of that certificate, without a passphrase.
    """

    ca: Pem | None = None
    cert: Pem | None = field(default=None, repr=False)
    key: Pem | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """``GENCHECK_TLS_CA``, ``_CERT`` and ``_KEY``: paths, or PEM; ``None`` where none is set.

        The CA ``public`` stands for the public authorities. Raises ``InvalidArgument``.
        """
        names = ("GENCHECK_TLS_CA", "GENCHECK_TLS_CERT", "GENCHECK_TLS_KEY")
        ca, cert, key = (environment.get(name, "") for name in names)
        if not (ca or cert or key):
            return None
        if not ca:
            raise InvalidArgument(
                "a client certificate needs an authority to know the server by",
                where=names[0],
                fix=f'Name the file of the CA, or "{PUBLIC}".',
            )
        return cls(None if ca == PUBLIC else _pem(ca), _pem(cert), _pem(key))

    def credentials(self) -> grpc.ChannelCredentials:
        """What a channel takes. Raises ``InvalidArgument``, which names the file."""
        if (self.cert is None) != (self.key is None):
            raise _half(self.cert, self.key)
        roots = None if self.ca is None else _authorities(self.ca)
        if self.cert is None or self.key is None:
            return grpc.ssl_channel_credentials(roots)
        cert, key = _pair(self.cert, self.key)
        return grpc.ssl_channel_credentials(roots, key, cert)

    def signature(self) -> tuple[object, ...]:
        """Something that changes when one of the files does."""
        return tuple(_stamp(pem) for pem in (self.ca, self.cert, self.key))


@dataclass(frozen=True, slots=True)
class ServerTls:
    """How a server shows who it is, and whom it lets in.

    Attributes:
        cert: its certificate with the chain, in PEM.
        key: the key of that certificate, without a passphrase.
        client_ca: who must have signed the certificate that a client then has to show.
    """

    cert: Path
    key: Path
    client_ca: Path | None = None

    def credentials(self) -> grpc.ServerCredentials:
        """What a server takes; the files are read again at every handshake.

        Raises:
            InvalidArgument: a file that cannot be used now; it is named.
        """
        files = _Files(self)
        return grpc.dynamic_ssl_server_credentials(
            files.first,
            files.changed,  # type: ignore[arg-type]  # None: nothing new
            require_client_authentication=self.client_ca is not None,
        )

    def read(self) -> tuple[bytes, bytes, bytes | None]:
        """Certificate, key and authorities of clients, judged. Raises ``InvalidArgument``."""
        cert, key = _pair(self.cert, self.key)
        return cert, key, None if self.client_ca is None else _authorities(self.client_ca)


class _Files:
    """The files of a server, taken anew when they change and can be used."""

    def __init__(self, tls: ServerTls) -> None:
        self._tls = tls
        self._used = tls.read()
        self._refused = ""
        self.first = _configuration(*self._used)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """What gRPC asks at every handshake, one at a time, in a thread of its own."""
        try:
            found = self._tls.read()
        except InvalidArgument as error:
            if str(error) != self._refused:
                self._refused = str(error)
                fields = {"where": error.where, "message": str(error)}
                log(_LOGGER, logging.ERROR, "new certificate refused, the old one stays", fields)
            return None
        self._refused = ""
        if found == self._used:
            return None
        self._used = found
        log(_LOGGER, logging.INFO, "certificate read anew", {"where": str(self._tls.cert)})
        return _configuration(*found)


def is_loopback(host: str) -> bool:
    """Whether an address or name never leaves this machine."""
    import ipaddress  # noqa: PLC0415 - asked by those with tokens only

    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _configuration(
    cert: bytes, key: bytes, authorities: bytes | None
) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(key, cert)], root_certificates=authorities)


def _stamp(pem: Pem | None) -> object:
    if not isinstance(pem, Path):
        return None
    try:
        found = pem.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _pem(text: str) -> Pem | None:
    if not text:
        return None
    return text.encode() if text.lstrip().startswith(_PEM.decode()) else Path(text)


def _pair(cert: Pem, key: Pem) -> tuple[bytes, bytes]:
    """A certificate and its key. Raises ``InvalidArgument`` where they are none, or no pair."""
    import ssl  # noqa: PLC0415 - a server without TLS does without

    chain, secret = _read(cert), _read(key)
    if b"-----BEGIN CERTIFICATE-----" not in chain:
        raise _unusable("this is no certificate in PEM", cert)
    if b"PRIVATE KEY-----" not in secret:
        raise _unusable("this is no private key in PEM", key)
    if b"BEGIN ENCRYPTED" in secret or b",ENCRYPTED" in secret:
        raise _unusable("this key has a passphrase", key, "Give a key without one.")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        with _as_file(chain) as first, _as_file(secret) as second:
            context.load_cert_chain(first, second)
    except ssl.SSLError as error:
        if error.reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
            what, fix = f"this key does not fit the certificate {_name(cert)}", "Give both of one."
            raise _unusable(what, key, fix) from None
        what = f"this certificate with its key cannot be used ({error.reason or 'damaged'})"
        raise _unusable(what, cert) from None
    return chain, secret


def _authorities(ca: Pem) -> bytes:
    import ssl  # noqa: PLC0415 - a server without TLS does without

    found = _read(ca)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise _unusable("this holds no certificates of authorities in PEM", ca) from None
    return found


def _read(pem: Pem) -> bytes:
    if isinstance(pem, bytes):
        return pem
    try:
        with pem.open("rb") as file:
            found = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _unusable(f"cannot read this file: {error.strerror}", pem) from None
    if len(found) > _MAX_BYTES:
        raise _unusable("this is no file in PEM: it is larger than 1 MiB", pem)
    return found


@contextmanager
def _as_file(content: bytes) -> Iterator[str]:
    """A path to bytes in memory: what is judged is what is used, and no key reaches a disk."""
    handle = os.memfd_create("pem", os.MFD_CLOEXEC)
    try:
        os.write(handle, content)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def _half(cert: Pem | None, key: Pem | None) -> InvalidArgument:
    given, missing = ("certificate", "key") if key is None else ("key", "certificate")
    there = cert if key is None else key
    return _unusable(f"a {given} without its {missing}", there or b"", "Give both, or neither.")


def _unusable(what: str, pem: Pem, fix: str = "Check the path.") -> InvalidArgument:
    return InvalidArgument(what, where=_name(pem), fix=fix)


def _name(pem: Pem) -> str:
    return "the PEM given" if isinstance(pem, bytes) else str(pem)
