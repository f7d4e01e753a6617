"""Fetching a file of known size and sha256 over https, through cuts and restarts.

The bytes go to a ``.part`` file, which stays after a failure, so that the next try goes on where
the last one stopped, in this process or a later one. What is complete has the right sha256, or is
removed.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gencheck.errors import Unavailable
from gencheck.inference.catalog import Source

Received = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be."""

_CHUNK = 1 << 16
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
_FIX = "Fetch it elsewhere, put it into a folder and say --from FOLDER."
_AGAIN = f"Try again: what is there already is kept. Or: {_FIX}"


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
        if not newurl.startswith("https://"):
            raise _Refused("the server sends elsewhere than to https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def https_opener(context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    """An opener that speaks https and follows a redirect to https only.

    Args:
        context: whom to trust; the system's certificates by default.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        _HttpsOnly(),
    ):
        opener.add_handler(handler)
    return opener


class _Refused(Exception):
    """What is there cannot be the file: trying again would not help."""


class _Cut(Exception):
    """The transfer broke off, or did not begin: trying again may help."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a download is tried.

    Attributes:
        pauses: seconds to wait before each further try.
        stall_seconds: without a byte for so long, a try is given up.
        least_rate: bytes a second that a download must reach on average, after a first minute.
    """

    pauses: tuple[float, ...] = (0.5, 2.0, 5.0, 10.0)
    stall_seconds: float = 30.0
    least_rate: float = 20_000.0

    def seconds_for(self, size: int) -> float:
        """The most seconds that a download of so many bytes may take, pauses and all."""
        return 60.0 + size / self.least_rate


class Downloader:
    """Downloads files one after the other.

    Args:
        opener: opens addresses; :func:`https_opener` by default.
    """

    def __init__(
        self,
        opener: urllib.request.OpenerDirector | None = None,
        *,
        patience: Patience | None = None,
    ) -> None:
        self._opener = opener or https_opener()
        self._patience = patience or Patience()

    def download(self, source: Source, part: Path, received: Received | None = None) -> None:
        """Complete ``part`` until it is the file that the source names.

        Raises:
            Unavailable: it could not be had (``part`` stays, to go on later), or it is another
                file than the catalog names (``part`` is removed).
            OSError: ``part`` cannot be written.
        """
        transfer = _Transfer(self._opener, self._patience, source, part, received)
        end = time.monotonic() + self._patience.seconds_for(source.size)
        pauses = iter(self._patience.pauses)
        while True:
            try:
                transfer.go_on(end)
                return
            except _Refused as error:
                transfer.forget()
                raise _unavailable(source, f"{error}; nothing was installed", _FIX) from error
            except _Cut as error:
                pause = next(pauses, None)
                if pause is None or time.monotonic() + pause >= end:
                    raise _unavailable(source, f"the download failed ({error})", _AGAIN) from error
                time.sleep(pause)


def _unavailable(source: Source, what: str, fix: str) -> Unavailable:
    return Unavailable(what, where=source.address, fix=fix, metadata={"source": source.address})


class _Transfer:
    """One file on its way: its part, what is known of it, and the tries to complete it."""

    def __init__(
        self,
        opener: urllib.request.OpenerDirector,
        patience: Patience,
        source: Source,
        part: Path,
        received: Received | None,
    ) -> None:
        self._opener = opener
        self._patience = patience
        self._source = source
        self._part = part
        self._mark = part.with_name(f"{part.name}.etag")
        self._received = received or (lambda done, size: None)

    def forget(self) -> None:
        """Remove what was received."""
        self._part.unlink(missing_ok=True)
        self._mark.unlink(missing_ok=True)

    def go_on(self, end: float) -> None:
        """One try. Complete and verified when it returns; raises ``_Cut`` or ``_Refused``."""
        done = self._part.stat().st_size if self._part.exists() else 0
        resumed = done == self._source.size or self._receive(done, end)
        found = _sha256(self._part)
        if found != self._source.sha256:
            if resumed:  # the start may be of another file: once more, from there
                self.forget()
                raise _Cut(f"the parts do not make the file: sha256 {found[:12]}…")
            raise _Refused(
                f"the file there has the sha256 {found[:12]}…, the catalog names "
                f"{self._source.sha256[:12]}…"
            )
        self._mark.unlink(missing_ok=True)

    def _receive(self, done: int, end: float) -> bool:
        """Ask for the rest and append it; whether it continued an earlier part."""
        request = urllib.request.Request(self._source.address)  # noqa: S310 - https only
        mark = self._mark.read_text("utf-8") if self._mark.exists() else ""
        if 0 < done < self._source.size and mark:
            request.add_header("Range", f"bytes={done}-")
            request.add_header("If-Range", mark)
        with self._open(request) as response:
            start = self._start_of(response, done)
            self._part.parent.mkdir(parents=True, exist_ok=True)
            if start == 0:
                self._note(response)
            with self._part.open("r+b" if start else "wb") as file:
                file.seek(start)
                file.truncate()
                self._copy(response, file, start, end)
        return start > 0

    def _open(self, request: urllib.request.Request) -> Any:
        """The response, or why there is none."""
        try:
            return self._opener.open(request, timeout=self._patience.stall_seconds)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.forget()
                raise _Cut("the server does not know the part that is here") from error
            kind = _Cut if error.code in _BUSY else _Refused
            raise kind(f"the server says {error.code} {error.reason}") from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise _Refused(
                    f"the server's certificate is not trusted ({error.reason})"
                ) from error
            raise _Cut(str(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise _Cut(str(error) or type(error).__name__) from error

    def _start_of(self, response: Any, done: int) -> int:
        """Where the bytes of a response belong, its length checked against the catalog."""
        start = 0
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if found is None or int(found[1]) != done:
                self.forget()
                raise _Cut("the server sent another part than was asked")
            start = done
        length = response.headers.get("Content-Length")
        if length is not None and start + int(length) != self._source.size:
            raise _Refused(
                f"the file there has {start + int(length)} bytes, the catalog names "
                f"{self._source.size}"
            )
        return start

    def _note(self, response: Any) -> None:
        """Keep what tells this file from a later one at the same address, for ``If-Range``."""
        mark = response.headers.get("ETag") or ""
        if not mark or mark.startswith("W/"):  # a weak one does not vouch for every byte
            mark = response.headers.get("Last-Modified") or ""
        self._mark.write_text(mark, "utf-8")

    def _copy(self, response: Any, file: IO[bytes], done: int, end: float) -> None:
        while chunk := _read(response):
            done += len(chunk)
            if done > self._source.size:
                raise _Refused(f"the file there has more than {self._source.size} bytes")
            file.write(chunk)
            self._received(done, self._source.size)
            if time.monotonic() > end:
                raise _Cut("it is too slow to end")
        if done < self._source.size:
            raise _Cut(f"the connection ended after {done} of {self._source.size} bytes")


def _read(response: Any) -> bytes:
    """What has come, as soon as something has; nothing at the end."""
    try:
        return bytes(response.read1(_CHUNK))
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(str(error) or type(error).__name__) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
