"""What EXIF says about a picture: read within bounds, and never trusted."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags
from PIL import Image as PillowImage

MAX_BYTES = 256 << 10
"""A segment of JPEG holds 64 KiB; more than four of them only takes time."""

_MAX_THUMBNAIL = 512 * 512
_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError,
    ArithmeticError, struct.error,
)  # fmt: skip
_START = b"Exif\x00\x00"
_THUMBNAIL_AT, _THUMBNAIL_BYTES = 0x0201, 0x0202


@dataclass(frozen=True, slots=True)
class Exif:
    """See the attributes of the same names in :class:`gencheck.media.facts.Facts`."""

    orientation: int = 1
    size: tuple[int, int] | None = None
    adobe_rgb: bool = False
    thumbnail: NDArray[np.uint8] | None = field(default=None, repr=False)


def read_exif(picture: PillowImage.Image) -> Exif:
    """What a picture's EXIF says; what cannot be read counts as not said.

    Call it before the picture is turned upright: EXIF speaks of the pixels as stored. A block of
    more than ``MAX_BYTES`` is dropped from the picture, so that nothing else reads it.
    """
    raw = picture.info.get("exif")
    if not isinstance(raw, bytes):  # asked for it, Pillow would decode a whole PNG to look behind
        return Exif()
    if len(raw) > MAX_BYTES:
        del picture.info["exif"]
        return Exif()
    try:
        tags = picture.getexif()
        details = tags.get_ifd(ExifTags.IFD.Exif)
        shared = tags.get_ifd(ExifTags.IFD.Interop)
        orientation = tags.get(ExifTags.Base.Orientation, 1)
        size = _size(
            details.get(ExifTags.Base.ExifImageHeight), details.get(ExifTags.Base.ExifImageWidth)
        )
        adobe = str(shared.get(ExifTags.Interop.InteropIndex, "")).startswith("R03")
        first = tags.get_ifd(ExifTags.IFD.IFD1)
    except _ERRORS:
        return Exif()
    return Exif(
        orientation=orientation if orientation in range(1, 9) else 1,
        size=size,
        adobe_rgb=adobe,
        thumbnail=_thumbnail(raw, first),
    )


def _size(height: object, width: object) -> tuple[int, int] | None:
    if isinstance(height, int) and isinstance(width, int) and min(height, width) > 0:
        return height, width
    return None


def _thumbnail(raw: bytes, first: dict[int, object]) -> NDArray[np.uint8] | None:
    """The luma of the JPEG that the second directory points to."""
    start, size = first.get(_THUMBNAIL_AT), first.get(_THUMBNAIL_BYTES)
    if not isinstance(start, int) or not isinstance(size, int) or start <= 0 or size <= 0:
        return None
    data = raw.removeprefix(_START)[start : start + size]
    try:
        picture = PillowImage.open(io.BytesIO(data), formats=["JPEG"])
        if picture.width * picture.height > _MAX_THUMBNAIL:
            return None
        return np.array(picture.convert("L"))
    except (*_ERRORS, PillowImage.DecompressionBombError):
        return None
