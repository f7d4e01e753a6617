"""The bytes of a JPEG around and under its pixels: where it ends, and whether its scan is whole."""

from __future__ import annotations

import re
from dataclasses import dataclass

import av
import numpy as np
from av.error import FFmpegError, InvalidDataError
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from gencheck.media.facts import Damage

_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # what is neither data, restart nor filling
_END, _SCAN, _APP2 = 0xD9, 0xDA, 0xE2
_MAX_SEGMENTS = 4_096
_STRICT = {"err_detect": "explode+bitstream"}
_DIFFERS = 12.0  # luma levels, mean of a row: two decoders of a whole scan differ by 0.2 at most


@dataclass(frozen=True, slots=True)
class Walk:
    """The segments of a JPEG, one after the other.

    Attributes:
        end: offset behind the end of the picture; 0 where it does not end.
        has_more: whether it announces further pictures behind itself (CIPA DC-007, MPF).
    """

    end: int
    has_more: bool


def walk(data: bytes) -> Walk:
    """Follow the segments (ITU-T T.81, B.1) to the end of the picture."""
    at, more = 2, False
    for _ in range(_MAX_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            break
        while data[at : at + 1] == b"\xff":
            at += 1
        if at + 3 > len(data):
            return Walk(at + 1 if data[at : at + 1] == b"\xd9" else 0, more)
        marker, size = data[at], int.from_bytes(data[at + 1 : at + 3], "big")
        if marker == _END:
            return Walk(at + 1, more)
        more = more or (marker == _APP2 and data[at + 3 : at + 7] == b"MPF\0")
        at += 1 + size
        if marker == _SCAN:
            found = _IN_SCAN.search(data, at)
            if found is None:
                break
            at = found.start()
    return Walk(0, more)


def scan_damage(data: bytes, luma: NDArray[np.uint8]) -> Damage | None:
    """Whether the compressed data are broken, and from which row on.

    libjpeg, which made the pixels, fills in what it cannot read and says nothing. FFmpeg refuses
    such a scan when it is told to, and else stops where it breaks: the pixels differ from there.

    Args:
        luma: ``uint8 [H, W]`` of the pixels as stored, as libjpeg has them.
    """
    if not _refuses(data):
        return None
    what = "the compressed data contradict themselves"
    other = _decode(data, {})
    rows = luma.shape[0]
    first = rows - min(8, rows)  # where both agree, the end is wrong alone
    if other is not None and other.shape == luma.shape:
        apart = np.abs(other.astype(np.int16) - luma).mean(axis=1) > _DIFFERS
        first = int(np.argmax(apart)) if apart.any() else first
    return Damage(what, (rows - first) / rows)


def _refuses(data: bytes) -> bool:
    try:
        return _frame(data, _STRICT) is None
    except InvalidDataError:
        return True
    except FFmpegError:  # a kind of JPEG that it does not read
        return False


def _decode(data: bytes, options: dict[str, str]) -> NDArray[np.uint8] | None:
    """The luma as FFmpeg has it, ``uint8 [H, W]``."""
    try:
        return _frame(data, options)
    except FFmpegError:
        return None


def _frame(data: bytes, options: dict[str, str]) -> NDArray[np.uint8] | None:
    codec = av.CodecContext.create("mjpeg", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_count = 1
    codec.options = options
    frames = [*codec.decode(av.Packet(data)), *codec.decode(None)]
    if not frames:
        return None
    plane = frames[0].planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.array(rows[: frames[0].height, : frames[0].width])
