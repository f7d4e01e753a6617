"""The kinds of TIFF that Pillow does not read: floats and deep integers in colour."""

from __future__ import annotations

import struct

import cv2
import numpy as np
from PIL import Image as PillowImage

from gencheck.media.colour import to_bytes

_WIDTH, _HEIGHT = 256, 257
_SHORT, _LONG = 3, 4
_MAX_TAGS = 4_096


def header_size(data: bytes) -> tuple[int, int] | None:
    """Height and width that the first directory of a classic TIFF states (TIFF 6.0, section 2)."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        at = struct.unpack_from(order + "I", data, 4)[0]
        count = struct.unpack_from(order + "H", data, at)[0]
        found = {}
        for index in range(min(count, _MAX_TAGS)):
            entry = at + 2 + 12 * index
            tag, kind = struct.unpack_from(order + "HH", data, entry)
            if tag in (_WIDTH, _HEIGHT) and kind in (_SHORT, _LONG):
                number = order + ("H" if kind == _SHORT else "I")
                found[tag] = int(struct.unpack_from(number, data, entry + 8)[0])
    except struct.error:
        return None
    return (found[_HEIGHT], found[_WIDTH]) if len(found) == 2 else None


def read_deep(data: bytes) -> PillowImage.Image | None:
    """The first page through OpenCV, as 8 bits; ``None`` where it cannot read it either.

    The caller has held :func:`header_size` to the cap on pixels.
    """
    try:
        values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if values is None or values.size == 0:
        return None
    levels = to_bytes(values) if values.dtype != np.uint8 else np.asarray(values, np.uint8)
    if levels.ndim == 3 and levels.shape[2] == 3:
        return PillowImage.fromarray(cv2.cvtColor(levels, cv2.COLOR_BGR2RGB))
    if levels.ndim == 3 and levels.shape[2] == 4:
        return PillowImage.fromarray(cv2.cvtColor(levels, cv2.COLOR_BGRA2RGBA))
    return PillowImage.fromarray(levels) if levels.ndim == 2 else None
