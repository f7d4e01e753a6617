"""What the header of a PNG, JPEG or WebP says; nothing is decoded, and little is read."""

from __future__ import annotations

import struct
from dataclasses import dataclass


class Cut(Exception):
    """The data ends in the header."""


class Broken(Exception):
    """The header contradicts its format."""


@dataclass(frozen=True, slots=True)
class Header:
    """Size in pixels, and whether a viewer may show it otherwise than it was meant."""

    width: int
    height: int
    odd: bool = False


PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 1_000
_STANDARD_GAMMA = 45_455  # PNG 3rd edition, 11.3.2.2
_SRGB_PRIMARIES = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def recognise(data: memoryview) -> str | None:
    """The media type by the first bytes."""
    start = bytes(data[:12])
    if start.startswith(_PNG_MAGIC):
        return PNG
    if start.startswith(b"\xff\xd8\xff"):
        return JPEG
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return WEBP
    return None


def read_header(data: memoryview, kind: str) -> Header:
    """The header of a recognised picture. Raises ``Cut`` or ``Broken``."""
    try:
        return {PNG: _png, JPEG: _jpeg, WEBP: _webp}[kind](data)
    except (struct.error, IndexError):
        raise Cut from None


def _png(data: memoryview) -> Header:
    """Chunks up to the first of pixels (PNG 3rd edition, 5)."""
    size: tuple[int, int] | None = None
    odd = False
    offset = len(_PNG_MAGIC)
    for _ in range(_MAX_CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, offset)
        body = data[offset + 8 : offset + 8 + min(length, 64)]
        if size is None:
            if kind != b"IHDR" or length != 13:
                raise Broken("IHDR is not the first chunk")
            size = _png_size(body)
        if kind == b"IDAT":
            return Header(*size, odd)
        odd = odd or _is_odd(kind, body)
        offset += 12 + length
    raise Broken("no IDAT in the first 1,000 chunks")


def _png_size(body: memoryview) -> tuple[int, int]:
    width, height, depth, colour, compression, filtering, interlace = struct.unpack_from(
        ">II5B", body
    )
    depths = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
    if not (0 < width < 2**31 and 0 < height < 2**31):
        raise Broken(f"a picture of {width}x{height}")
    if depth not in depths.get(colour, ()) or compression or filtering or interlace > 1:
        raise Broken("no such kind of PNG")
    return width, height


def _is_odd(kind: bytes, body: memoryview) -> bool:
    """Whether a chunk changes how the picture is to be shown."""
    match kind:
        case b"gAMA":
            return bool(struct.unpack_from(">I", body)[0] != _STANDARD_GAMMA)
        case b"cHRM":
            return struct.unpack_from(">8I", body) != _SRGB_PRIMARIES
        case b"pHYs":
            across, down = struct.unpack_from(">II", body)
            return bool(across != down)
        case b"iCCP" | b"acTL" | b"cICP":
            return True
    return False


def _jpeg(data: memoryview) -> Header:
    """Segments up to the frame header (ITU-T T.81, B.2)."""
    offset = 2
    for _ in range(_MAX_CHUNKS):
        if data[offset] != 0xFF:
            raise Broken("no marker where one must be")
        marker = data[offset + 1]
        if marker == 0xFF:  # fill
            offset += 1
            continue
        if marker in (0xD8, 0xD9, 0xDA) or marker < 0xC0:
            raise Broken(f"marker {marker:#x} before the frame header")
        (length,) = struct.unpack_from(">H", data, offset + 2)
        if length < 2:
            raise Broken(f"a segment of {length} bytes")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            _, height, width = struct.unpack_from(">BHH", data, offset + 4)
            return Header(width, height)
        offset += 2 + length
    raise Broken("no frame header in the first 1,000 segments")


def _webp(data: memoryview) -> Header:
    """The first chunk (WebP container specification)."""
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
