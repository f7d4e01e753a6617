"""URIs of buffers and images: data, or relative (glTF 2.0, 3.6.1.2; RFC 2397, RFC 3986)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class InvalidUri(ValueError):
    """A URI that cannot be parsed."""


@dataclass(frozen=True, slots=True)
class Uri:
    """What a URI is.

    Attributes:
        data: the decoded bytes of a data URI, else ``None``.
        media_type: of a data URI.
        relative: whether it is a path from the file on, and nothing more.
        local: whether it names something beside the file.
    """

    data: bytes | None = None
    media_type: str = ""
    relative: bool = False
    local: bool = False


class Uris:
    """The URIs of a document: each is taken apart once, and its data kept, for all who ask."""

    def __init__(self) -> None:
        self._known: dict[str, Uri | str] = {}

    def read(self, uri: str) -> Uri:
        """Take a URI apart. Raises ``InvalidUri``."""
        if uri not in self._known:
            try:
                self._known[uri] = _read(uri)
            except InvalidUri as error:
                self._known[uri] = str(error)
        found = self._known[uri]
        if isinstance(found, str):
            raise InvalidUri(found)
        return found


def _read(uri: str) -> Uri:
    if uri[:5].lower() == "data:":
        return _data(uri)
    if _BAD_ESCAPE.search(uri) or uri.startswith(":"):
        raise InvalidUri("a percent sign without two digits, or no scheme")
    local = not _SCHEME.match(uri) and not uri.startswith("/")
    return Uri(relative=local and "?" not in uri and "#" not in uri, local=local)


def _data(uri: str) -> Uri:
    comma = uri.find(",", 0, _MAX_HEAD)
    if comma < 0:
        raise InvalidUri("a data URI without a comma")
    head, body = uri[:comma], uri[comma + 1 :]
    media, *parameters = head[5:].split(";")
    encoded = parameters[-1:] == ["base64"]
    if media.count("/") != bool(media) or not all(
        "=" in parameter for parameter in parameters[: len(parameters) - encoded]
    ):
        raise InvalidUri("no media type")
    media = unquote(media) or "text/plain"
    if not encoded:
        if _BAD_ESCAPE.search(body):
            raise InvalidUri("a percent sign without two digits")
        return Uri(unquote_to_bytes(body), media)
    try:
        if "%" in body:
            body = unquote_to_bytes(body).decode("ascii")
        if "-" in body or "_" in body:
            body = body.translate(_URL_SAFE)
        if padding := -len(body) % 4:  # which may be left out
            body += "=" * padding
        return Uri(binascii.a2b_base64(body, strict_mode=True), media)
    except ValueError:
        raise InvalidUri("no base64") from None


_MAX_HEAD = 1_000
_URL_SAFE = str.maketrans("-_", "+/")
