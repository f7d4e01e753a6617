"""From an opened picture to the texels of a texture, as they are stored: no profile is applied.

glTF has the colour space of a texture by its use, and profiles, gamma and orientation that a file
has besides are not heeded (glTF 2.0, 3.8.4).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from gencheck.media.colour import split_alpha

_SEEN = 256
"""Pixels a side that the mean of a normal map is taken over."""

Texels = NDArray[np.uint8]


def read_texels(picture: PillowImage.Image, side: int) -> tuple[Texels, NDArray[np.float32], bool]:
    """Decode a picture and make it smaller by averages over squares.

    Args:
        picture: opened, not yet decoded.
        side: pixels that neither side has more of afterwards.

    Returns:
        ``uint8 [H, W, 4]`` RGBA; what ``Images.alpha`` has of the picture in full; and whether all
        of its pixels are equal.
    """
    _draft(picture, side)
    picture.load()
    base, alpha = split_alpha(picture)
    colours = base if base.mode == "RGB" else base.convert("RGB")
    factor = max(1, -(-max(picture.size) // side))
    mask = PillowImage.fromarray(alpha) if alpha is not None else None
    small = np.asarray(colours.reduce(factor))
    texels = np.full((*small.shape[:2], 4), 255, np.uint8)
    texels[..., :3] = small
    if mask is not None:
        texels[..., 3] = mask.reduce(factor)
    # Averages first, which are few; of what is not equal they may be, as of a chessboard.
    plain = (
        _is_plain(texels) and _is_plain(np.asarray(colours)) and (alpha is None or _is_plain(alpha))
    )
    return texels, _alpha(mask), plain


def lean_of(picture: PillowImage.Image) -> float:
    """Degrees between the mean of the vectors that a normal map holds, and +z.

    Black and white pixels, which fill what no face shows, do not count; where there are no others,
    the map holds no normals and leans by 180.
    """
    _draft(picture, _SEEN)
    picture.load()
    base, _ = split_alpha(picture)
    factor = max(1, -(-max(picture.size) // _SEEN))
    colours = np.asarray(base.convert("RGB"))[::factor, ::factor].reshape(-1, 3)
    total = colours.sum(axis=1, dtype=np.int32)
    counted = colours[(total > 0) & (total < 3 * 255)]
    if not len(counted):
        return 180.0
    x, y, z = (float(counted[:, i].mean()) / 127.5 - 1 for i in range(3))
    return math.degrees(math.atan2(math.hypot(x, y), z))


def _draft(picture: PillowImage.Image, side: int) -> None:
    """Let a JPEG decoder leave out detail that would be averaged away."""
    if picture.format == "JPEG":
        width, height = picture.size
        scale = min(1.0, side / max(width, height))
        picture.draft(picture.mode, (math.ceil(width * scale), math.ceil(height * scale)))


def _is_plain(pixels: Texels) -> bool:
    return bool((pixels == pixels[0, 0]).all())


def _alpha(mask: PillowImage.Image | None) -> NDArray[np.float32]:
    if mask is None:
        return np.array([0, 0, 255], np.float32)
    counts = np.array(mask.histogram(), np.float64)
    below, between = counts[:255].sum(), counts[1:255].sum()
    least = int(np.flatnonzero(counts)[0])
    return np.array([below / counts.sum(), between / counts.sum(), least], np.float32)
