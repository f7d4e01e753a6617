"""ZIP packages as media come in them: what they say that they hold is believed up to a bound."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from gencheck.errors import DecodeFailed, LimitExceeded

_MAX_ENTRIES = 10_000
_MAX_BYTES = 1 << 30
_MAX_RATIO = 200  # XML of a mesh takes a tenth; a bomb of deflate a thousandth
_SMALL = 1 << 20
_CHUNK = 1 << 18
_ENCRYPTED = 0x1


class Package:
    """The entries of a package. All are held to their bounds before any is read."""

    def __init__(self, data: bytes, name: str) -> None:
        """Raises: DecodeFailed: no ZIP, or an entry that is encrypted or stands twice.

        LimitExceeded: too many entries, too many bytes, or packed too well to be believed.
        """
        self._name = name
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, IndexError):
            raise self.failure("the package is no ZIP archive, or cut off") from None
        if len(entries) > _MAX_ENTRIES or sum(e.file_size for e in entries) > _MAX_BYTES:
            raise self._too_much(f"a package of {len(entries)} entries")
        self.entries: dict[str, zipfile.ZipInfo] = {}
        self._by_path: dict[str, str] = {}
        for entry in entries:
            if not entry.filename:
                raise self.failure("an entry of the package has no name")
            if entry.flag_bits & _ENCRYPTED:
                raise self.failure(f"{_short(entry.filename)} is encrypted")
            if entry.file_size > max(_SMALL, _MAX_RATIO * entry.compress_size):
                raise self._too_much(f"{_short(entry.filename)} unpacks to {entry.file_size} bytes")
            if entry.filename in self.entries:
                raise self.failure(f"{_short(entry.filename)} stands twice in the package")
            self.entries[entry.filename] = entry
            self._by_path.setdefault(entry.filename.lower(), entry.filename)

    def find(self, path: str) -> str | None:
        """The entry of a path, whatever its case; without a slash at its start."""
        return self._by_path.get(path.lstrip("/").lower())

    def chunks(self, entry: str) -> Iterator[bytes]:
        """What an entry holds, bit by bit, so that it never is in memory as a whole.

        Raises:
            DecodeFailed: it is damaged, or packed in a way that is not read.
        """
        try:
            with self._zip.open(self.entries[entry]) as stream:
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError,
            ValueError,
        ):  # fmt: skip
            raise self.failure(f"{_short(entry)} of the package is damaged") from None

    def failure(self, what: str) -> DecodeFailed:
        """An error about this package."""
        return DecodeFailed(what, where=self._name, fix="Export it again.")

    def _too_much(self, what: str) -> LimitExceeded:
        return LimitExceeded(
            f"{what}, at most {_MAX_ENTRIES} entries, {_MAX_BYTES >> 20} MiB and "
            f"{_MAX_RATIO} times the packed size are read",
            where=self._name,
            fix="Send the mesh alone.",
        )


def _short(name: str) -> str:
    return repr(name[:60])
