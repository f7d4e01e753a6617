"""Sound: WAV, MP3, FLAC, OGG, M4A and AAC through PyAV."""

from __future__ import annotations

import struct
from dataclasses import replace

from gencheck.errors import DecodeFailed
from gencheck.media.container import decode_sound, open_container, undecodable
from gencheck.media.types import Limits, Sound


def decode_audio(data: bytes, name: str, demuxer: str, limits: Limits) -> Sound:
    """The first audio stream, every channel, at the rate of the file.

    Raises:
        LimitExceeded: longer than ``limits.max_seconds`` or ``limits.max_samples``.
        DecodeFailed: nothing of it could be decoded.
    """
    with open_container(data, name, demuxer, limits) as container:
        sound = decode_sound(container, name, limits)
    if sound is None:
        raise nothing_heard(data, demuxer, name)
    missing = missing_of_wav(data) if demuxer == "wav" else 0.0
    return replace(sound, missing=max(sound.missing, missing))


def nothing_heard(data: bytes, demuxer: str, name: str) -> DecodeFailed:
    """The error of a sound of which nothing comes out: there was nothing, or it is broken."""
    place = _data_of_wav(data) if demuxer == "wav" else None
    if place is None or place[1] > 0:
        return undecodable(demuxer, name)
    return DecodeFailed(
        "this wav file holds no samples",
        where=name,
        fix="Look into what wrote it; export it again.",
        metadata={"format": demuxer},
    )


def missing_of_wav(data: bytes) -> float:
    """The share of the announced samples behind the end of the file: FFmpeg says nothing of it."""
    start, size = _data_of_wav(data) or (0, 0)
    # Writers that do not know the size when they start announce none, or the largest.
    is_known = 0 < size < 0xFFFFFF00
    return max(0.0, 1 - (len(data) - start) / size) if is_known else 0.0


def _data_of_wav(data: bytes) -> tuple[int, int] | None:
    """Where the samples begin and their announced size in bytes; ``None`` without any chunk."""
    offset = 12
    while offset + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, offset)
        offset += 8
        if kind == b"data":
            return offset, size
        offset += size + size % 2
    return None
