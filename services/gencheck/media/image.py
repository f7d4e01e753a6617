"""Pictures: JPEG, PNG, WebP, GIF, AVIF and TIFF, upright and as ``uint8`` sRGB."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import warnings
import zlib
from dataclasses import replace

from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media import png, tiff
from gencheck.media.about import Container, read_facts, walk, with_damage
from gencheck.media.animation import read_animation
from gencheck.media.colour import to_srgb
from gencheck.media.partial import load_partial
from gencheck.media.types import Image, Limits, Video

# What Pillow's readers raise on damaged bytes.
PILLOW_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError,
    ArithmeticError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
_BITS_PER_SAMPLE = 258
_AVIF_HEAD = 1 << 16


def decode_image(data: bytes, name: str, kind: str, limits: Limits) -> Image | Video:
    """The picture of a file, the first of several pages; all frames of one that is animated.

    Args:
        kind: the format as sniffed: ``JPEG``, ``PNG``, ``WEBP``, ``GIF``, ``AVIF`` or ``TIFF``.

    Raises:
        LimitExceeded: more pixels than ``limits.max_pixels``, known from the header, or more frames
            than ``limits.max_frames``.
        DecodeFailed: nothing of the picture could be decoded.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata and of large pictures
        try:
            return _decode(data, name, kind, limits)
        except PillowImage.DecompressionBombError as error:
            pixels = re.search(r"\d+", str(error))
            raise _too_many(pixels.group() if pixels else "far too many", name, limits) from None


def _decode(data: bytes, name: str, kind: str, limits: Limits) -> Image | Video:
    container = walk(data, kind)
    picture, data = open_image(data, name, kind, limits)
    if _is_animated(picture, kind):
        clip = read_animation(picture, name, limits, PILLOW_ERRORS)
        if clip is not None:
            return clip
        picture, data = open_image(data, name, kind, limits)
    return _still(picture, data, container, name, kind)


def _still(
    picture: PillowImage.Image, data: bytes, container: Container, name: str, kind: str
) -> Image:
    facts = read_facts(picture, data, container)
    depth = bit_depth(picture, data, kind)
    picture, missing = _load(picture, data, name, kind)
    facts = with_damage(facts, picture, data, container, missing)
    if kind == "JPEG" and facts.damage:  # rows of wrong colours, which nothing else is to judge
        missing = min(max(missing, facts.damage.share), 1 - 1 / picture.height)
    _turn_upright(picture)
    try:
        pixels, alpha, profile = to_srgb(picture)
    except PILLOW_ERRORS as error:
        raise _undecodable(kind, name, error) from None
    return Image(
        pixels=pixels,
        alpha=alpha,
        format=kind,
        bit_depth=depth,
        missing=missing,
        facts=replace(facts, profile=profile),
    )


def open_image(
    data: bytes, name: str, kind: str, limits: Limits
) -> tuple[PillowImage.Image, bytes]:
    """The picture with only its header read, held to the cap on pixels, and the bytes it is of.

    Raises:
        LimitExceeded: more pixels than ``limits.max_pixels``.
        DecodeFailed: no header can be read.
        DecompressionBombError: far more pixels than Pillow opens.
    """
    try:
        picture = PillowImage.open(io.BytesIO(data), formats=[kind])
    except PILLOW_ERRORS as error:
        if kind == "PNG" and (bare := png.without_extras(data)) != data:
            return open_image(bare, name, kind, limits)
        deep = _open_deep_tiff(data, name, limits) if kind == "TIFF" else None
        if deep is None:
            raise _undecodable(kind, name, error) from None
        return deep, data
    _hold_to_cap(picture.height, picture.width, name, limits)
    return picture, data


def _open_deep_tiff(data: bytes, name: str, limits: Limits) -> PillowImage.Image | None:
    """A TIFF of samples that Pillow does not know."""
    size = tiff.header_size(data)
    if size is None:
        return None
    _hold_to_cap(*size, name, limits)
    return tiff.read_deep(data)


def _hold_to_cap(height: int, width: int, name: str, limits: Limits) -> None:
    if height * width > limits.max_pixels:
        raise _too_many(f"{width}×{height} = {width * height}", name, limits)


def _load(
    picture: PillowImage.Image, data: bytes, name: str, kind: str
) -> tuple[PillowImage.Image, float]:
    """The decoded picture, and the share of its rows that the file does not hold."""
    try:
        picture.load()
    except PILLOW_ERRORS as error:
        first = error
    else:
        return picture, 0.0
    try:
        partial, missing = load_partial(data, kind)
    except PILLOW_ERRORS:
        raise _undecodable(kind, name, first) from None
    if missing >= 1.0:
        raise DecodeFailed(
            "the file is cut off before its first row of pixels",
            where=name,
            fix="Transfer or export it again.",
        )
    return partial, missing


def _is_animated(picture: PillowImage.Image, kind: str) -> bool:
    """Whether there is a second frame; further pages and exposures are no animation."""
    if kind in ("JPEG", "TIFF"):
        return False
    try:
        return bool(getattr(picture, "is_animated", False))
    except PILLOW_ERRORS:
        return False


def bit_depth(picture: PillowImage.Image, data: bytes, kind: str) -> int:
    """Bits a sample in the file, 1..16 (32 for floats)."""
    if kind == "PNG":
        return data[24] if data[12:16] == b"IHDR" else 8
    if kind == "TIFF":
        bits = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE, (8,))
        return max(bits) if isinstance(bits, tuple) and bits else 8
    if kind == "AVIF":  # AV1 codec configuration box: high bit depth, twelve bits
        at = data.find(b"av1C", 0, _AVIF_HEAD)
        flags = data[at + 6] if 0 < at < len(data) - 6 else 0
        return (12 if flags & 0x20 else 10) if flags & 0x40 else 8
    return 8


def _turn_upright(picture: PillowImage.Image) -> None:
    # Broken EXIF is no reason to refuse the pixels.
    with contextlib.suppress(*PILLOW_ERRORS):
        ImageOps.exif_transpose(picture, in_place=True)


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
