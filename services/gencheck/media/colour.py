"""From what a decoder gives to 8-bit sRGB: depths, palettes, CMYK, colour profiles, alpha."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageCms

from gencheck.media.facts import Profile

_WITH_ALPHA = ("RGBA", "LA", "PA", "La", "RGBa")
_MAX_PROFILE = 8 << 20
"""Bytes of a profile that are read: those of printing presses take up to 3 MiB."""

_HEADER = 128
_SAME = 3  # 8-bit levels: two profiles of sRGB differ by rounding alone
_SPACES = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}
_CMS_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError, MemoryError)


def to_srgb(
    picture: PillowImage.Image,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None, Profile | None]:
    """A decoded picture of any mode as the checks see it.

    A profile is applied (relative colorimetric with black point compensation, as viewers do) where
    it is whole and of the picture's own colour space; else the pixels stay as stored, and the
    profile's ``fault`` says why.

    Returns:
        ``uint8 [H, W, 3]`` sRGB, ``uint8 [H, W]`` alpha or ``None`` where all is opaque, and what
        is known of the profile.

    Raises:
        ValueError: a mode that nothing is known of.
    """
    data = picture.info.get("icc_profile")
    base, alpha = split_alpha(picture)
    profile = None
    if isinstance(data, bytes) and data:
        base, profile = _apply(base, data)
    pixels = np.array(base if base.mode == "RGB" else base.convert("RGB"))
    return pixels, alpha, profile


def split_alpha(
    picture: PillowImage.Image,
) -> tuple[PillowImage.Image, NDArray[np.uint8] | None]:
    """The colours in mode ``L``, ``RGB`` or ``CMYK``, and beside them the alpha, if it is any."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        return PillowImage.fromarray(to_bytes(np.asarray(picture))), None
    if picture.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
        return ImageCms.applyTransform(picture, transform) or picture, None
    if picture.mode in _WITH_ALPHA or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        alpha = np.array(rgba.getchannel("A"))
        return rgba.convert("RGB"), None if bool((alpha == 255).all()) else alpha
    return (picture if picture.mode in _SPACES else picture.convert("RGB")), None


def to_bytes(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Deep samples as 8 bits: the upper byte of 16, or floats of a range told by their largest.

    Floats up to 1 are shares of white, as TIFF has them; larger ones levels of 8 or of 16 bits.
    What is not a number becomes black.
    """
    if not np.issubdtype(values.dtype, np.floating):
        return np.asarray(np.clip(values, 0, 65_535) // 256, np.uint8)
    numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=65_535.0, neginf=0.0)
    highest = float(numbers.max(initial=0.0))
    factor = 255.0 if highest <= 1.0 else 1.0 if highest <= 255.0 else 255 / 65_535
    return np.asarray(np.clip(np.rint(numbers * factor), 0, 255), np.uint8)


def _apply(base: PillowImage.Image, data: bytes) -> tuple[PillowImage.Image, Profile]:
    """The picture in sRGB where its profile holds, and what is known of the profile."""
    space = data[16:20].decode("ascii", errors="replace").strip() if len(data) >= _HEADER else ""
    fault = _fault(base.mode, space, data)
    if fault:
        return base, Profile(space, fault=fault)
    if base.mode == "L" and space == "RGB":  # common, and clear: the greys of that space
        base = base.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(data))
        name = " ".join(ImageCms.getProfileDescription(source).split())[:80]
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            base.mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        if base.mode != "CMYK" and _changes_nothing(base.mode, transform):
            return base, Profile(space, name)
        converted = ImageCms.applyTransform(base, transform)
    except _CMS_ERRORS:
        return base, Profile(space, fault="it is damaged")
    return (converted or base), Profile(space, name, converted=True)


def _fault(mode: str, space: str, data: bytes) -> str:
    """Why a profile cannot be applied, by its header (ICC.1:2022, 7.2); empty where it may be."""
    if len(data) < _HEADER or data[36:40] != b"acsp":
        return "it is no ICC profile"
    if len(data) > _MAX_PROFILE:
        return f"it has {len(data)} bytes"
    if int.from_bytes(data[:4], "big") > len(data):
        return "it is cut off"
    if space != _SPACES[mode] and not (mode == "L" and space == "RGB"):
        return f"it is of {space or 'no'} colours, the pixels are {_SPACES[mode]}"
    return ""


def _changes_nothing(mode: str, transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a profile is sRGB but for its name: it leaves a cube of colours as they are."""
    steps = np.linspace(0, 255, 7).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    probe = PillowImage.fromarray(cube if mode == "RGB" else np.arange(256, dtype=np.uint8)[None])
    before = np.asarray(probe.convert("RGB"), np.int16)
    after = np.asarray(ImageCms.applyTransform(probe, transform), np.int16)
    return bool(np.abs(after - before).max() <= _SAME)
