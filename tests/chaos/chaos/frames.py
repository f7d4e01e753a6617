"""HTTP/2 frames in a stream of bytes (RFC 9113, section 4.1), as far as hurting them needs."""

from __future__ import annotations

_HEADER = 9
_DATA = 0
_PREFIX = 5
"""Bytes before a gRPC message: whether it is compressed, and its length."""


class Scrambler:
    """Knows where frames begin, and on demand turns messages into garbage inside valid frames.

    Of every DATA frame all but the first five bytes are inverted: HTTP/2 and the length of the
    message stay right, and what is left is no protobuf that anybody sent.
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._left = 0
        self._seen = 0
        self._is_data = False

    def feed(self, data: bytes, *, scramble: bool) -> bytes:
        """The next bytes of the stream, of the same length, hurt where that is wanted."""
        out = bytearray(data)
        at = 0
        while at < len(out):
            at = self._payload(out, at, scramble=scramble) if self._left else self._head(out, at)
        return bytes(out)

    def _head(self, out: bytearray, at: int) -> int:
        taken = out[at : at + _HEADER - len(self._header)]
        self._header += taken
        if len(self._header) == _HEADER:
            self._left = int.from_bytes(self._header[:3], "big")
            self._is_data = self._header[3] == _DATA
            self._seen = 0
            self._header.clear()
        return at + len(taken)

    def _payload(self, out: bytearray, at: int, *, scramble: bool) -> int:
        end = min(len(out), at + self._left)
        if scramble and self._is_data:
            first = max(at, at + _PREFIX - self._seen)
            out[first:end] = bytes(byte ^ 0xFF for byte in out[first:end])
        self._seen += end - at
        self._left -= end - at
        return end
