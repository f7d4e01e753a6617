"""Pictures whose file ends early: what there is of them, and how much is missing."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageFile

from gencheck.media import png

# Pillow reads this flag from its module: one decode at a time may set it.
_TRUNCATED_LOCK = threading.Lock()
_END_OF_JPEG = b"\xff\xd9"
# What libjpeg fills lost blocks with, and its complement, as CMYK files store it.
_JPEG_FILL = (127, 128)


def load_partial(data: bytes, kind: str) -> tuple[PillowImage.Image, float]:
    """The picture as far as its file goes, and the share of its rows that is missing, 0..1.

    Raises:
        OSError, ValueError, SyntaxError: nothing of it can be decoded.
    """
    if kind == "JPEG":
        return _jpeg(data)
    picture = PillowImage.open(io.BytesIO(data), formats=[kind])
    interlaced = _is_interlaced(picture)
    with _truncated_allowed():
        picture.load()
    held = png.rows_held(data) if kind == "PNG" else None
    if held is None:
        held = _rows_not_filled(picture, (0,), interlaced=interlaced)
    return picture, _missing(held, picture.height)


def _jpeg(data: bytes) -> tuple[PillowImage.Image, float]:
    """With an end put where the file breaks off, libjpeg shows what came so far.

    Of a progressive file that is often the whole picture without its finer scans.
    """
    # A segment that is cut in its middle would swallow the end: the second try leaves it out.
    for held in (data, data[: data.rfind(b"\xff")]):
        picture = PillowImage.open(io.BytesIO(held + _END_OF_JPEG), formats=["JPEG"])
        try:
            picture.load()
        except OSError:
            continue
        return picture, _rows_missing(picture, _JPEG_FILL)
    # What is left is a scan with a marker in its middle: what comes before it is shown.
    picture = PillowImage.open(io.BytesIO(data + _END_OF_JPEG), formats=["JPEG"])
    with _truncated_allowed():
        picture.load()
    # Where nothing at all was decoded Pillow leaves black.
    return picture, _rows_missing(picture, (0, *_JPEG_FILL))


def _rows_missing(picture: PillowImage.Image, fill: tuple[int, ...]) -> float:
    held = _rows_not_filled(picture, fill, interlaced=False)
    return _missing(held, picture.height)


def _missing(held: int, height: int) -> float:
    # A file that is cut off misses something, even if too little to leave a row empty.
    return max(1.0, float(height - held)) / height if held > 0 else 1.0


def _is_interlaced(picture: PillowImage.Image) -> bool:
    tiles = getattr(picture, "tile", [])  # how a GIF says it: its decoder is told
    gif = picture.format == "GIF" and bool(tiles) and bool(tiles[0][3][1])
    return gif or bool(picture.info.get("interlace"))


def _rows_not_filled(picture: PillowImage.Image, fill: tuple[int, ...], *, interlaced: bool) -> int:
    """The rows that the decoder did not merely fill."""
    pixels = np.asarray(picture)
    flat = pixels.reshape(pixels.shape[0], -1)
    filled = np.zeros(len(flat), bool)
    for value in fill:
        filled |= np.all(flat == value, axis=1)
    if filled.all():
        return 0
    if interlaced:  # rows are missing everywhere
        return int((~filled).sum())
    return int(np.flatnonzero(~filled)[-1]) + 1


@contextmanager
def _truncated_allowed() -> Iterator[None]:
    with _TRUNCATED_LOCK:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
