"""The chunks of a PNG: which are broken, what they say about colour, where the picture ends."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 50_000
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ESSENTIAL = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
# What sRGB pixels are to say (PNG, third edition, 11.3.2.5), in units of 1/100,000.
_SRGB_GAMMA = 45_455
_SRGB_CHROMA = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
_NEAR = 1_000
_METRE = 0.0254


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: its name, where it begins, its data, and whether its checksum holds."""

    name: bytes
    offset: int
    data: memoryview
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """What the chunks say.

    Attributes:
        end: offset behind ``IEND``; 0 where the file has none.
        broken: names of chunks whose checksum is wrong, each once.
        broken_pixels: offset of the first chunk of pixels whose checksum is wrong; 0 for none.
        colour: what they say about colour that does not fit together.
        density: pixels across and down, an inch or of no unit.
    """

    end: int
    broken: tuple[str, ...]
    broken_pixels: int
    colour: tuple[str, ...]
    density: tuple[float, float] | None


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a PNG, as far as they go."""
    view, at = memoryview(data), len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if at + 12 > len(data):
            return
        size, name = struct.unpack_from(">I4s", data, at)
        body = view[at + 8 : at + 8 + size]
        if len(body) < size or not name.isalpha():
            return
        stated = int.from_bytes(view[at + 8 + size : at + 12 + size], "big")
        yield Chunk(name, at, body, zlib.crc32(body, zlib.crc32(name)) == stated)
        at += 12 + size
        if name == b"IEND":
            return


def walk(data: bytes) -> Walk:
    """Read all chunks once."""
    end, pixels = 0, 0
    broken: dict[str, None] = {}
    said: dict[bytes, bytes] = {}
    for chunk in chunks(data):
        name = chunk.name
        if not chunk.is_whole:
            broken[name.decode("ascii")] = None
            pixels = pixels or (chunk.offset if name == b"IDAT" else 0)
        elif name in (b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"pHYs"):
            said.setdefault(name, bytes(chunk.data[:64]))
        if name == b"IEND":
            end = chunk.offset + 12
    return Walk(end, tuple(broken), pixels, _contradictions(said), _density(said.get(b"pHYs")))


def without_extras(data: bytes) -> bytes:
    """The picture alone, with checksums that hold: for a reader that stumbles over the rest."""
    kept = [
        struct.pack(">I", len(chunk.data))
        + chunk.name
        + chunk.data
        + struct.pack(">I", zlib.crc32(chunk.data, zlib.crc32(chunk.name)))
        for chunk in chunks(data)
        if chunk.name in _ESSENTIAL
    ]
    return b"".join([SIGNATURE, *kept])


def rows_held(data: bytes, *, before: int | None = None) -> int | None:
    """The rows that the compressed data reach; ``None`` where rows come interlaced.

    Args:
        before: count only what stands in chunks that begin before this offset.
    """
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    if data[12:16] != b"IHDR" or interlaced or colour not in _CHANNELS:
        return None
    row = 1 + (width * _CHANNELS[colour] * depth + 7) // 8
    inflate = zlib.decompressobj()
    held = 0
    try:
        for offset, chunk in _compressed(data):
            if before is not None and offset >= before:
                break
            waiting = chunk
            while waiting and held < row * height:
                held += len(inflate.decompress(waiting, 1 << 20))
                waiting = inflate.unconsumed_tail
    except zlib.error:
        pass  # what came before it counts
    return int(min(held // row, height))


def _compressed(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Chunks of pixels with their offsets, the last of them perhaps cut."""
    offset = len(SIGNATURE)
    while offset + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        if name == b"IDAT":
            yield offset, data[offset + 8 : offset + 8 + size]
        offset += 12 + size


def _contradictions(said: dict[bytes, bytes]) -> tuple[str, ...]:
    """What ``sRGB``, ``gAMA``, ``cHRM`` and ``iCCP`` say that cannot all be true."""
    found = []
    gamma = _numbers(said.get(b"gAMA"), 1)
    chroma = _numbers(said.get(b"cHRM"), 8)
    is_srgb = b"sRGB" in said
    if is_srgb and b"iCCP" in said:
        found.append("it is said to be sRGB and of another profile at once")
    elif gamma and abs(gamma[0] - _SRGB_GAMMA) > _NEAR and b"iCCP" not in said:
        also = " though it is said to be sRGB" if is_srgb else ", which few viewers heed"
        found.append(f"gamma {gamma[0] / 100_000:.3f}{also}")
    if (
        is_srgb
        and chroma
        and any(abs(a - b) > _NEAR for a, b in zip(chroma, _SRGB_CHROMA, strict=True))
    ):
        found.append("it is said to be sRGB with primaries of another space")
    return tuple(found)


def _density(chunk: bytes | None) -> tuple[float, float] | None:
    if chunk is None or len(chunk) < 9:
        return None
    across, down = struct.unpack_from(">II", chunk)
    factor = _METRE if chunk[8] == 1 else 1.0
    return across * factor, down * factor


def _numbers(chunk: bytes | None, count: int) -> tuple[int, ...]:
    whole = chunk is not None and len(chunk) >= 4 * count
    return struct.unpack_from(f">{count}I", chunk or b"") if whole else ()
