"""The GLB container: a header and chunks (glTF 2.0, 4.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gencheck.gltf.log import Log

_JSON, _BIN = 0x4E4F534A, 0x004E4942
_HEADER = 12


@dataclass(frozen=True, slots=True)
class Container:
    """What a GLB holds; ``None`` for a chunk that it does not have.

    Attributes:
        whole: whether the framing holds to the end; else the chunks are not to be trusted.
        within: whether the chunks lie within the file, and it within the length that it declares.
    """

    text: memoryview | None = None
    binary: memoryview | None = None
    whole: bool = True
    within: bool = True


def read_container(data: bytes, log: Log) -> Container:
    """The JSON chunk and the binary chunk of a GLB."""
    length = _header(data, log)
    if length is None:
        return Container(whole=False, within=False)
    return _Chunks(memoryview(data), length, log).read()


def _header(data: bytes, log: Log) -> int | None:
    """The declared length, or ``None`` for a header that is none."""
    if len(data) < _HEADER:
        log.add_byte("GLB_UNEXPECTED_END_OF_HEADER", len(data))
        return None
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != b"glTF":
        log.add_byte("GLB_INVALID_MAGIC", 0, magic.hex())
        return None
    if version != 2:
        log.add_byte("GLB_INVALID_VERSION", 4, version)
        return None
    if length <= _HEADER:
        log.add_byte("GLB_LENGTH_TOO_SMALL", 8, length)
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
        self._within = length <= len(data)

    def read(self) -> Container:
        whole = True
        while whole and self._offset < len(self._data):
            if self._offset == self._length:
                self._log.add_byte("GLB_EXTRA_DATA", self._length)
                break
            whole = self._chunk()
        if whole and self._offset != self._length:
            found = f"{self._length} declared, {self._offset} found"
            self._log.add_byte("GLB_LENGTH_MISMATCH", self._offset, found)
        text, binary = self._found.get(_JSON), self._found.get(_BIN)
        return Container(text, binary or None, whole, self._within)

    def _chunk(self) -> bool:
        """Read one chunk; whether the framing still holds."""
        start = self._offset
        if start + 8 > len(self._data):
            self._log.add_byte("GLB_UNEXPECTED_END_OF_CHUNK_HEADER", len(self._data))
            return False
        size, kind = struct.unpack_from("<II", self._data, start)
        if size % 4:
            self._log.add_byte("GLB_CHUNK_LENGTH_UNALIGNED", start, f"{kind:#010x}")
        if start + 8 + size > self._length:
            self._log.add_byte("GLB_CHUNK_TOO_BIG", start, f"{kind:#010x} has {size} bytes")
            self._within = False
        self._kind(kind, size, start)
        if start + 8 + size > len(self._data):
            self._log.add_byte("GLB_UNEXPECTED_END_OF_CHUNK_DATA", len(self._data))
            self._within = False
            return False
        last = start + 8 == len(self._data)  # empty and last: said to be empty, which is enough
        if kind in (_JSON, _BIN) and kind not in self._found and not last:
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
