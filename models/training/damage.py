"""Damage that can be seen, with exact masks: the families, and what is left where it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from training import families, shams
from training.degrading import degrade
from training.lettering import garbled, legible
from training.regions import Mask, Picture, Region, choose_region, overlaps

Random = np.random.Generator
Change: TypeAlias = Callable[[Picture, Region, Random, Picture], Picture]

FAMILIES: Mapping[str, Change] = MappingProxyType(
    {
        "warp": families.warp,
        "melt": families.melt,
        "paste": families.paste,
        "parts": families.parts,
        "hole": families.hole,
        "text": garbled,
        "seam": families.seam,
        "degrade": degrade,
    }
)
"""What can happen to a region, by the name of its class; the model's classes are in this order."""

SHAMS: Mapping[str, Change] = MappingProxyType(
    {
        "self_blend": shams.self_blend,
        "recoded_blend": shams.recoded_blend,
        "aligned_paste": shams.aligned_paste,
        "retouched": shams.retouched,
        "legible": legible,
    }
)
"""Edits that leave nothing wrong."""

SMALLEST, LARGEST = 56.0, 220.0
"""Extent of a region, pixels: the geometric mean of its sides."""

_VISIBLE = 9.0  # levels, of the channel that changed most, averaged over 5×5 pixels
_LEAST_SHARE = 0.5  # of the region that must visibly change
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that was done to a picture.

    Attributes:
        kind: a key of ``FAMILIES`` or ``SHAMS``.
        region: where; of damage only what visibly changed.
    """

    kind: str
    region: Region = field(repr=False)


def add_damage(
    picture: Picture, kind: str, rng: Random, donor: Picture, taken: list[Edit]
) -> Edit | None:
    """Damage one region of the picture in place.

    Args:
        donor: another photo.
        taken: edits that it keeps away from.

    Returns:
        What was done, or ``None`` where four tries changed nothing that can be seen.
    """
    for _ in range(_TRIES):
        region = _place(picture, kind, rng)
        if any(overlaps(region, edit.region) for edit in taken):
            continue
        before = region.of(picture)
        after = FAMILIES[kind](picture, region, rng, donor)
        seen = visible(before, after, region, whole=kind == "text")
        if seen is not None:
            picture[region.slices] = after
            return Edit(kind, seen)
    return None


def add_sham(
    picture: Picture, kind: str, rng: Random, donor: Picture, taken: list[Edit]
) -> Edit | None:
    """Edit one region in place so that nothing is wrong with it; ``None`` where it had no room."""
    region = _place(picture, "text" if kind == "legible" else kind, rng)
    if any(overlaps(region, edit.region) for edit in taken):
        return None
    picture[region.slices] = SHAMS[kind](picture, region, rng, donor)
    return Edit(kind, region)


def _place(picture: Picture, kind: str, rng: Random) -> Region:
    smallest, largest = SMALLEST, min(LARGEST, 0.5 * min(picture.shape[:2]))
    region = choose_region(picture, rng, smallest=min(smallest, largest), largest=largest)
    if kind == "text":
        return _lying(region, picture, rng)
    if kind == "seam":
        return Region(region.top, region.left, np.ones_like(region.mask))
    return region


def _lying(region: Region, picture: Picture, rng: Random) -> Region:
    """A box for a line of text about as large as the region."""
    extent = float(np.sqrt(region.mask.size))
    aspect = rng.uniform(2.0, 5.0)
    width = int(min(extent * np.sqrt(aspect), picture.shape[1] - 2))
    height = int(max(14, width / aspect))
    top = min(region.top, picture.shape[0] - height)
    left = min(region.left, picture.shape[1] - width)
    return Region(top, left, np.ones((height, width), np.bool_))


def visible(before: Picture, after: Picture, region: Region, *, whole: bool) -> Region | None:
    """The part of a region that visibly changed; ``None`` where that is less than half of it.

    Args:
        whole: the whole region counts where enough of it changed: between the letters of garbled
            text nothing did.
    """
    step = cv2.absdiff(before, after).max(axis=2).astype(np.float32)
    changed = (cv2.blur(step, (5, 5)) >= _VISIBLE).astype(np.uint8)
    seen = _solid(changed, max(5, int(0.2 * min(region.mask.shape)) | 1)) & region.mask
    if seen.sum() < _LEAST_SHARE * region.mask.sum():
        return None
    return region if whole else _cropped(seen, region)


def _solid(changed: NDArray[np.uint8], side: int) -> Mask:
    """The largest connected part, its gaps up to so many pixels closed and its holes filled."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    framed = cv2.copyMakeBorder(changed, side, side, side, side, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(framed, cv2.MORPH_CLOSE, kernel)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    solid = np.zeros_like(closed)
    if outlines:
        cv2.drawContours(solid, [max(outlines, key=cv2.contourArea)], -1, 1, -1)
    return solid[side:-side, side:-side].astype(np.bool_)


def _cropped(seen: Mask, region: Region) -> Region:
    """The part in a box of its own."""
    x, y, width, height = cv2.boundingRect(seen.astype(np.uint8))
    part = np.ascontiguousarray(seen[y : y + height, x : x + width])
    return Region(region.top + y, region.left + x, part)
