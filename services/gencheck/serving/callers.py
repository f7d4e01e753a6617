"""Who calls: by a bearer token, by a client certificate, else by address.

A file of tokens holds a line a token: the caller's name and the sha256 of the token. A token itself
is never stored, logged or shown.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from gencheck.errors import InvalidArgument, Unauthenticated
from gencheck.serving.logs import log

_LOGGER = logging.getLogger(__name__)
_HEADER = "authorization"
_MAX_TOKEN = 1_024
_MAX_BYTES = 1 << 20
_MAX_LINES = 1_000  # each is compared at every call
_MAX_NAME = 253  # of a host, by RFC 1035
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HASH = re.compile(r"[0-9a-f]{64}")
_PREFIX = "gck_"  # what scanners for leaked secrets can look for

Metadata = Iterable[tuple[str, str | bytes]]


class Callers:
    """The callers of a file of tokens, which is read again when it changes."""

    def __init__(self, path: Path) -> None:
        """Raises ``InvalidArgument`` for a file that cannot be read, by line."""
        self._path = path
        self._seen = _signature(path)
        self._names = read_tokens(path)

    def require(self, metadata: Metadata) -> str:
        """The name of the caller who sent the metadata. Raises ``Unauthenticated``."""
        given = [value for key, value in metadata if key == _HEADER]
        if not given:
            raise _refused("missing", "this call brings no token")
        scheme, _, token = str(given[0]).partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN:
            raise _refused("malformed", "the authorization of this call is no bearer token")
        name = self._known(token)
        if not name:
            raise _refused("unknown", "nobody has this token")
        return name

    def name_of(self, metadata: Metadata) -> str:
        """The same, and empty where the token is none of a caller."""
        try:
            return self.require(metadata)
        except Unauthenticated:
            return ""

    def _known(self, token: str) -> str:
        """Every line is compared, so that the time says nothing about any."""
        self._refresh()
        digest, found = digest_of(token), ""
        for known, name in self._names.items():
            if hmac.compare_digest(known, digest):
                found = name
        return found

    def _refresh(self) -> None:
        now = _signature(self._path)
        if now == self._seen:
            return
        self._seen = now
        try:
            self._names = read_tokens(self._path)
        except InvalidArgument as error:
            fields = {"where": error.where, "message": str(error)}
            log(_LOGGER, logging.ERROR, "new tokens refused, the old ones stay", fields)
        else:
            log(_LOGGER, logging.INFO, "tokens read anew", {"tokens": len(self._names)})


def read_tokens(path: Path) -> dict[str, str]:
    """Names of callers by the sha256 of their tokens. Raises ``InvalidArgument``."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1).decode()
    except OSError as error:
        raise _broken(f"cannot read this file: {error.strerror}", path) from None
    except UnicodeDecodeError:
        raise _broken("this file of tokens is not UTF-8", path) from None
    names: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not _NAME.fullmatch(words[0]) or not _HASH.fullmatch(words[1]):
            raise _broken("this line is not NAME SHA256", path, number)
        if names.setdefault(words[1], words[0]) != words[0]:
            raise _broken("this token has another caller already", path, number)
    if not names:
        raise _broken("this file of tokens names no caller", path)
    if len(text) > _MAX_BYTES or len(names) > _MAX_LINES:
        raise _broken(f"more than {_MAX_LINES:,} tokens", path)
    return names


def new_token(caller: str) -> tuple[str, str]:
    """A new token, and its line for the file. Raises ``InvalidArgument`` for such a name."""
    if not _NAME.fullmatch(caller):
        raise InvalidArgument(
            "this cannot be the name of a caller",
            where="CALLER",
            fix="Use letters, digits, dot, dash and underscore; at most 63 of them.",
        )
    import secrets  # noqa: PLC0415 - asked once a caller

    token = _PREFIX + secrets.token_urlsafe(32)
    return token, f"{caller} {digest_of(token)}"


def digest_of(token: str) -> str:
    """The sha256 that stands for a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    """The metadata that carries a token; none where it is empty.

    Raises:
        InvalidArgument: it cannot be a token; the error does not show it.
    """
    if not token:
        return ()
    if not re.fullmatch(r"[\x21-\x7e]+", token) or len(token) > _MAX_TOKEN:
        raise InvalidArgument(
            "this cannot be a token: it holds spaces or is too long",
            where="token",
            fix="Give it as `gencheck token new` printed it.",
        )
    return ((_HEADER, f"Bearer {token}"),)


def certified(identity: Mapping[str, Iterable[bytes]]) -> str:
    """Who a verified client certificate is of: its first alternative name, else its common name."""
    for key in ("x509_subject_alternative_name", "x509_common_name"):
        for value in identity.get(key) or ():
            name = value.decode("utf-8", "replace")[:_MAX_NAME]
            if name.isprintable() and name:
                return name
    return ""


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _refused(reason: str, what: str) -> Unauthenticated:
    return Unauthenticated(
        what,
        fix="Send a token that the operator gave you: GENCHECK_TOKEN, or token= of the client.",
        metadata={"cause": reason},
    )


def _broken(what: str, path: Path, line: int = 0) -> InvalidArgument:
    return InvalidArgument(
        what,
        where=f"{path}:{line}" if line else str(path),
        fix="Write a line a token, as `gencheck token new CALLER` prints it.",
    )
