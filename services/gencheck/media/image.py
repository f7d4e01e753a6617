"""Pictures: JPEG, PNG, WebP and GIF through Pillow, upright and as ``uint8`` RGB."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import warnings
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.partial import load_partial
from gencheck.media.types import Image, Limits

# What Pillow's readers raise on damaged bytes.
_PILLOW_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError,
    ArithmeticError, struct.error, zlib.error,
)  # fmt: skip
_WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
_MAX_GIF_BYTES_COUNTED = 16 << 20


def decode_image(data: bytes, name: str, kind: str, limits: Limits) -> Image:
    """The first picture of a file, with EXIF orientation applied.

    Args:
        kind: the format as sniffed: ``JPEG``, ``PNG``, ``WEBP`` or ``GIF``.

    Raises:
        LimitExceeded: more pixels than ``limits.max_pixels``, known from the header.
        DecodeFailed: nothing of the picture could be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata and of large pictures
        picture = _open(data, name, kind, limits)
        frames = _frames(picture, data, kind)
        picture, missing = _load(picture, data, name, kind)
        _turn_upright(picture)
        pixels, alpha = _planes(picture)
    return Image(
        pixels=pixels,
        alpha=alpha,
        format=kind,
        bit_depth=_bit_depth(data, kind),
        frames=frames,
        missing=missing,
    )


def _open(data: bytes, name: str, kind: str, limits: Limits) -> PillowImage.Image:
    """The picture with only its header read, held to the cap on pixels."""
    try:
        picture = PillowImage.open(io.BytesIO(data), formats=[kind])
    except PillowImage.DecompressionBombError as error:
        pixels = re.search(r"\d+", str(error))
        raise _too_many(pixels.group() if pixels else "far too many", name, limits) from None
    except _PILLOW_ERRORS as error:
        raise _undecodable(kind, name, error) from None
    if picture.width * picture.height > limits.max_pixels:
        size = f"{picture.width}×{picture.height} = {picture.width * picture.height}"
        raise _too_many(size, name, limits)
    return picture


def _load(
    picture: PillowImage.Image, data: bytes, name: str, kind: str
) -> tuple[PillowImage.Image, float]:
    """The decoded picture, and the share of its rows that the file does not hold."""
    try:
        picture.load()
    except _PILLOW_ERRORS as error:
        if "truncated" not in str(error) and "incomplete" not in str(error):
            raise _undecodable(kind, name, error) from None
    else:
        return picture, 0.0
    try:
        partial, missing = load_partial(data, kind)
    except _PILLOW_ERRORS as error:
        raise _undecodable(kind, name, error) from None
    if missing >= 1.0:
        raise DecodeFailed(
            "the file is cut off before its first row of pixels",
            where=name,
            fix="Transfer or export it again.",
        )
    return partial, missing


def _frames(picture: PillowImage.Image, data: bytes, kind: str) -> int:
    """How many pictures an animation shows."""
    # A JPEG may carry a thumbnail or a second exposure: no animation. The frames of a GIF are not
    # counted in its header: Pillow walks the whole file, which a long one is not worth.
    if kind == "JPEG" or (kind == "GIF" and len(data) > _MAX_GIF_BYTES_COUNTED):
        return 1
    try:
        return int(getattr(picture, "n_frames", 1))
    except _PILLOW_ERRORS:
        return 1


def _bit_depth(data: bytes, kind: str) -> int:
    return data[24] if kind == "PNG" and data[12:16] == b"IHDR" else 8


def _turn_upright(picture: PillowImage.Image) -> None:
    # Broken EXIF is no reason to refuse the pixels.
    with contextlib.suppress(*_PILLOW_ERRORS):
        ImageOps.exif_transpose(picture, in_place=True)


def _planes(
    picture: PillowImage.Image,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """RGB and, where anything is transparent, alpha."""
    if picture.mode.startswith("I"):
        return _from_deep_grey(np.asarray(picture)), None
    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        rgba = np.asarray(picture.convert("RGBA"))
        alpha = np.ascontiguousarray(rgba[:, :, 3])
        pixels = np.ascontiguousarray(rgba[:, :, :3])
        return pixels, None if bool((alpha == 255).all()) else alpha
    return np.array(picture if picture.mode == "RGB" else picture.convert("RGB")), None


def _from_deep_grey(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """16-bit grey, which Pillow would clip to white: the upper 8 bits."""
    upper = (np.clip(grey, 0, 65_535) // 256).astype(np.uint8)
    return np.repeat(upper[:, :, None], 3, axis=2)


def _too_many(pixels: str, name: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"the header claims {pixels} pixels, at most {limits.max_pixels} are decoded",
        where=name,
        fix="Scale the picture down.",
        metadata={"pixels": pixels, "limit": str(limits.max_pixels)},
    )


def _undecodable(kind: str, name: str, error: Exception) -> DecodeFailed:
    is_unknown = isinstance(error, UnidentifiedImageError)  # its text is an address in memory
    why = "its header is damaged" if is_unknown else str(error)[:200] or type(error).__name__
    return DecodeFailed(
        f"nothing of this {kind} could be decoded ({why})",
        where=name,
        fix="Open it in a viewer; export it again.",
        metadata={"format": kind, "detail": why},
    )
