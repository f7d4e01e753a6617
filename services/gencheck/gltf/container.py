"""The GLB container: a header and chunks (glTF 2.0, 4.4)."""

from __future__ import annotations

import struct

from gencheck.gltf.log import Log

_JSON, _BIN = 0x4E4F534A, 0x004E4942
_HEADER = 12


def read_container(data: bytes, log: Log) -> tuple[memoryview | None, memoryview | None]:
    """The JSON chunk and the binary chunk of a GLB; ``None`` for what it does not have.

    An error of the framing ends the reading: nothing behind it can be trusted.
    """
    length = _header(data, log)
    if length is None:
        return None, None
    return _Chunks(memoryview(data), length, log).read()


def _header(data: bytes, log: Log) -> int | None:
    """The declared length, or ``None`` for a header that is none."""
    if data[:4] != b"glTF"[: len(data)] or not data:
        log.add_byte("GLB_INVALID_MAGIC", 0, data[:4].hex())
        return None
    if len(data) < _HEADER:
        log.add_byte("GLB_UNEXPECTED_END_OF_HEADER", len(data))
        return None
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        log.add_byte("GLB_INVALID_VERSION", 4, version)
        return None
    if length < _HEADER + 8:
        log.add_byte("GLB_LENGTH_TOO_SMALL", 8, length)
        return None
    return int(length)


class _Chunks:
    """Reads one chunk after the other."""

    def __init__(self, data: memoryview, length: int, log: Log) -> None:
        self._data = data
        self._length = length
        self._log = log
        self._offset = _HEADER
        self._count = 0
        self._found: dict[int, memoryview] = {}
        self._seen: set[int] = set()

    def read(self) -> tuple[memoryview | None, memoryview | None]:
        end = min(self._length, len(self._data))
        whole = True
        while whole and self._offset < end:
            whole = self._chunk(end)
        if whole:
            self._end()
        text = self._found.get(_JSON)
        if text is not None and not len(text) and self._count < 2:
            text = None  # empty and alone: said to be empty, which is enough
        return text, self._found.get(_BIN) or None

    def _end(self) -> None:
        if self._length < len(self._data):
            self._log.add_byte("GLB_EXTRA_DATA", self._length)
        elif self._length > len(self._data):
            found = f"{self._length} declared, {len(self._data)} found"
            self._log.add_byte("GLB_LENGTH_MISMATCH", len(self._data), found)

    def _chunk(self, end: int) -> bool:
        """Read one chunk; whether the framing still holds."""
        start = self._offset
        if start + 8 > end:
            self._log.add_byte("GLB_UNEXPECTED_END_OF_CHUNK_HEADER", end)
            return False
        size, kind = struct.unpack_from("<II", self._data, start)
        if size % 4:
            self._log.add_byte("GLB_CHUNK_LENGTH_UNALIGNED", start, f"{kind:#010x}")
        if start + 8 + size > self._length:
            self._log.add_byte("GLB_CHUNK_TOO_BIG", start, f"{kind:#010x} has {size} bytes")
        self._kind(kind, size, start)
        if start + 8 + size > len(self._data):
            self._log.add_byte("GLB_UNEXPECTED_END_OF_CHUNK_DATA", len(self._data))
            return False
        if kind in (_JSON, _BIN) and kind not in self._found:
            self._found[kind] = self._data[start + 8 : start + 8 + size]
        self._offset = start + 8 + size
        self._count += 1
        return True

    def _kind(self, kind: int, size: int, start: int) -> None:
        """Say what is wrong with a chunk of this kind here."""
        name = f"{kind:#010x}"
        if not self._count and kind != _JSON:
            self._log.add_byte("GLB_UNEXPECTED_FIRST_CHUNK", start, name)
        if kind not in (_JSON, _BIN):
            self._log.add_byte("GLB_UNKNOWN_CHUNK_TYPE", start, name)
            return
        if not size:
            code = "GLB_EMPTY_CHUNK" if kind == _JSON else "GLB_EMPTY_BIN_CHUNK"
            self._log.add_byte(code, start, name)
        if kind == _BIN and self._count > 1 and kind not in self._seen:
            self._log.add_byte("GLB_UNEXPECTED_BIN_CHUNK", start)
        if kind in self._seen:
            self._log.add_byte("GLB_DUPLICATE_CHUNK", start, name)
        self._seen.add(kind)
