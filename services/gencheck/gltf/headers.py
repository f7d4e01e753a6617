"""What the header of a PNG, JPEG or WebP says; nothing is decoded, and little is read."""

from __future__ import annotations

import struct
from dataclasses import dataclass


class Cut(Exception):
    """The data ends in the header."""


class Broken(Exception):
    """The header contradicts its format."""


class TooMuch(Exception):
    """The headers of all pictures together have too many parts."""


class Steps:
    """Counts the parts of headers, over all pictures: many may name the same bytes."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def take(self) -> None:
        """One more. Raises ``TooMuch``."""
        if not self._left:
            raise TooMuch
        self._left -= 1


@dataclass(frozen=True, slots=True)
class Header:
    """Size in pixels, and whether a viewer may show it otherwise than it was meant."""

    width: int
    height: int
    odd: bool = False


PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
MAX_STEPS = 200_000
"""Chunks of PNG, and segments and bytes before markers of JPEG, that are looked at in all."""
_STANDARD_GAMMAS = (45_455, 100_000)  # of sRGB, and none (PNG 3rd edition, 11.3.2.2)
_PNG_LENGTHS = {b"IHDR": 13, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"gAMA": 4}
# Markers without a segment, and the fill before a marker.
_JPEG_BARE = frozenset([0x01, *range(0xD0, 0xDA), 0xFF])
_SRGB_PRIMARIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def recognise(data: memoryview) -> str | None:
    """The media type by the first bytes."""
    start = bytes(data[:14])
    if len(start) < 14:
        return None
    if start.startswith(_PNG_MAGIC):
        return PNG
    if start.startswith(b"\xff\xd8\xff"):
        return JPEG
    if start[:4] == b"RIFF" and start[8:14] == b"WEBPVP":
        return WEBP
    return None


def read_header(data: memoryview, kind: str, steps: Steps) -> Header:
    """The header of a recognised picture. Raises ``Cut``, ``Broken`` or ``TooMuch``."""
    try:
        return {PNG: _png, JPEG: _jpeg, WEBP: _webp}[kind](data, steps)
    except (struct.error, IndexError):
        raise Cut from None


def _png(data: memoryview, steps: Steps) -> Header:
    """Chunks up to the first of pixels (PNG 3rd edition, 5)."""
    size: tuple[int, int] | None = None
    seen = _Colours()
    offset = len(_PNG_MAGIC)
    while True:
        steps.take()
        length, kind = struct.unpack_from(">I4s", data, offset)
        if length != _PNG_LENGTHS.get(kind, length):
            raise Broken(f"a {kind.decode('latin-1')} of {length} bytes")
        if kind == b"IDAT":
            if size is None:
                raise Broken("no IHDR before the first IDAT")
            return Header(*size, seen.odd)
        body = _exactly(data, offset + 8, length if kind in _PNG_LENGTHS else 0)
        if kind == b"IHDR":
            size = struct.unpack_from(">II", body)
        seen.see(kind, body)
        offset += 12 + length


@dataclass(slots=True)
class _Colours:
    """What the chunks of a PNG say about how it is to be shown; sRGB rules out gAMA and cHRM."""

    primaries: bool | None = None
    transfer: bool | None = None
    odd_otherwise: bool = False

    @property
    def odd(self) -> bool:
        return self.odd_otherwise or bool(self.primaries) or bool(self.transfer)

    def see(self, kind: bytes, body: bytes) -> None:
        match kind:
            case b"sRGB":
                self.primaries = self.transfer = False
            case b"iCCP":
                self.primaries = self.transfer = True
            case b"gAMA" if self.transfer is None:
                self.transfer = int.from_bytes(body, "big") not in _STANDARD_GAMMAS
            case b"cHRM" if self.primaries is None:
                self.primaries = struct.unpack(">8I", body) != _SRGB_PRIMARIES
            case b"pHYs":
                across, down = struct.unpack_from(">II", body)
                self.odd_otherwise |= bool(across != down)
            case b"acTL" | b"cICP":
                self.odd_otherwise = True


def _jpeg(data: memoryview, steps: Steps) -> Header:
    """Segments up to the frame header (ITU-T T.81, B.2)."""
    offset = 2
    while True:
        steps.take()
        while data[offset] in _JPEG_BARE:
            steps.take()
            offset += 1
        marker = data[offset]
        (length,) = struct.unpack_from(">H", data, offset + 1)
        if length < 2:
            raise Broken(f"a segment of {length} bytes")
        frame = 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        if frame or marker == 0xDE:
            segment = _exactly(data, offset + 3, length - 2)
            _, height, width, components = struct.unpack_from(">BHHB", segment)
            if components not in (1, 3):
                raise Broken(f"{components} components")
            return Header(width, height)
        offset += 1 + length


def _webp(data: memoryview, steps: Steps) -> Header:
    """The first chunk (WebP container specification)."""
    steps.take()
    kind = bytes(data[12:16])
    if len(data) < 16:
        raise Cut
    if kind == b"VP8 ":
        if bytes(data[23:26]) != b"\x9d\x01\x2a":
            raise Cut if len(data) < 26 else Broken("no start code")
        width, height = struct.unpack_from("<HH", data, 26)
        return Header(width & 0x3FFF, height & 0x3FFF)
    if kind == b"VP8L":
        if data[20] != 0x2F:
            raise Broken("no signature")
        (bits,) = struct.unpack_from("<I", data, 21)
        return Header((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        flags = data[20]
        width = int.from_bytes(_exactly(data, 24, 3), "little") + 1
        height = int.from_bytes(_exactly(data, 27, 3), "little") + 1
        return Header(width, height, odd=bool(flags & 0x22))  # a profile, an animation
    raise Broken("no such kind of WebP")


def _exactly(data: memoryview, offset: int, size: int) -> bytes:
    part = bytes(data[offset : offset + size])
    if len(part) < size:
        raise Cut
    return part
