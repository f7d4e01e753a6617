"""Pictures: JPEG, PNG, WebP and GIF through Pillow, upright and as ``uint8`` RGB."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageFile, ImageOps

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.types import Image, Limits

# Pillow reads this flag from its module: one decode at a time may set it.
_TRUNCATED_LOCK = threading.Lock()
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError)


def decode_image(data: bytes, name: str, kind: str, limits: Limits) -> Image:
    """The first picture of a file, with EXIF orientation applied.

    Args:
        kind: the format as sniffed: ``JPEG``, ``PNG``, ``WEBP`` or ``GIF``.

    Raises:
        LimitExceeded: more pixels than ``limits.max_pixels``, known from the header.
        DecodeFailed: nothing of the picture could be decoded.
    """
    picture = _open(data, name, kind, limits)
    frames = _frames(picture)
    picture, missing = _load(picture, data, name, kind, limits)
    upright = _upright(picture)
    pixels, alpha = _planes(upright)
    return Image(
        pixels=pixels,
        alpha=alpha,
        format=kind,
        bit_depth=data[24] if kind == "PNG" and len(data) > 24 else 8,
        frames=frames,
        missing=missing,
    )


def _open(data: bytes, name: str, kind: str, limits: Limits) -> PillowImage.Image:
    """The picture with only its header read, held to the cap on pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
    picture: PillowImage.Image, data: bytes, name: str, kind: str, limits: Limits
) -> tuple[PillowImage.Image, float]:
    """The decoded picture, and the share of its rows that the file does not hold."""
    try:
        picture.load()
    except _PILLOW_ERRORS as error:
        if "truncated" not in str(error) and "incomplete" not in str(error):
            raise _undecodable(kind, name, error) from None
    else:
        return picture, 0.0
    partial = _open(data, name, kind, limits)
    try:
        with _truncated_allowed():
            partial.load()
    except _PILLOW_ERRORS as error:
        raise _undecodable(kind, name, error) from None
    missing = _missing_rows(np.asarray(partial))
    if missing >= 1.0:
        raise DecodeFailed(
            "the file is cut off before its first row of pixels",
            where=name,
            fix="Transfer or export it again.",
        )
    return partial, missing


@contextmanager
def _truncated_allowed() -> Iterator[None]:
    with _TRUNCATED_LOCK:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _missing_rows(pixels: NDArray[np.generic]) -> float:
    """The share of rows at the end that the decoder only filled: all zero, or (JPEG) mid grey."""
    flat = pixels.reshape(pixels.shape[0], -1)
    filled = np.all(flat == 0, axis=1) | np.all(flat == 128, axis=1)
    held = int(np.flatnonzero(~filled)[-1]) + 1 if not filled.all() else 0
    # A file that is cut off misses something, even if too little to leave a row empty.
    return max(1.0 / len(flat), 1.0 - held / len(flat)) if held else 1.0


def _frames(picture: PillowImage.Image) -> int:
    try:
        return int(getattr(picture, "n_frames", 1))
    except _PILLOW_ERRORS:
        return 1


def _upright(picture: PillowImage.Image) -> PillowImage.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except _PILLOW_ERRORS:
        return picture  # broken EXIF is no reason to refuse the pixels


def _planes(
    picture: PillowImage.Image,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """RGB and, where anything is transparent, alpha."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return _from_deep_grey(np.asarray(picture)), None
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        rgba = np.asarray(picture.convert("RGBA"))
        alpha = np.ascontiguousarray(rgba[:, :, 3])
        pixels = np.ascontiguousarray(rgba[:, :, :3])
        return pixels, None if bool((alpha == 255).all()) else alpha
    return np.array(picture.convert("RGB")), None


def _from_deep_grey(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """16-bit grey, which Pillow would clip to white: the upper 8 bits."""
    values = np.clip(grey.astype(np.int64), 0, 65_535)
    return np.repeat((values >> 8).astype(np.uint8)[:, :, None], 3, axis=2)


def _too_many(pixels: str, name: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"the header claims {pixels} pixels, at most {limits.max_pixels} are decoded",
        where=name,
        fix="Scale the picture down.",
        metadata={"pixels": pixels, "limit": str(limits.max_pixels)},
    )


def _undecodable(kind: str, name: str, error: Exception) -> DecodeFailed:
    return DecodeFailed(
        f"nothing of this {kind} could be decoded ({error or type(error).__name__})",
        where=name,
        fix="Open it in a viewer; export it again.",
        metadata={"format": kind},
    )
