"""Damage of known kind, strength and place: what all of ``artifact_damage_*.py`` share.

None of this is a detector's or a trainer's code: a figure by one's own damage would say little.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.media.types import Image

Pixels: TypeAlias = NDArray[np.uint8]
Mask: TypeAlias = NDArray[np.bool_]
Rng: TypeAlias = np.random.Generator
Change: TypeAlias = Callable[[Pixels, float, Rng], Pixels]


@dataclass(frozen=True)
class Damaged:
    """A damaged picture, and the pixels that were; ``None``: everywhere."""

    image: Image
    mask: Mask | None = None


@dataclass(frozen=True)
class Damage:
    """A way to damage a picture.

    Attributes:
        code: what should find it.
        unit: of the strength, for the table.
        steps: strengths that are called mild, moderate and strong.
        make: pixels, strength and a seeded source of chance to the damaged picture; ``None`` where
            the picture has no place for it.
        sham: the same edit without the defect: what the damaged picture is compared with.
    """

    code: str
    name: str
    unit: str
    steps: tuple[float, float, float]
    make: Callable[[Pixels, float, Rng], Damaged | None]
    sham: Callable[[Pixels, Rng], Damaged | None]

    def seeded(self, photo: str) -> Rng:
        """The same chance for one photo at every strength."""
        return np.random.default_rng(zlib.crc32(f"{photo} {self.code} {self.name}".encode()))


def picture(pixels: NDArray[np.generic], alpha: Pixels | None = None) -> Image:
    """Pixels as a picture: rounded and held to 0..255."""
    values = np.clip(np.rint(pixels.astype(np.float32)), 0, 255).astype(np.uint8)
    return Image(np.ascontiguousarray(values), alpha, "PNG")


def untouched(pixels: Pixels, _: Rng) -> Damaged:
    """The sham of damage that changes nothing else."""
    return Damaged(picture(pixels))


def whole(change: Change) -> Callable[[Pixels, float, Rng], Damaged]:
    """The change all over the picture."""
    return lambda pixels, strength, rng: Damaged(picture(change(pixels, strength, rng)))


def patch(change: Change, share: float = 0.4) -> Callable[[Pixels, float, Rng], Damaged]:
    """The change in a rectangle of that share of each side, at a place of chance."""

    def make(pixels: Pixels, strength: float, rng: Rng) -> Damaged:
        where = rectangle(pixels.shape, share, rng)
        out = pixels.astype(np.float32)
        out[where] = change(np.ascontiguousarray(pixels[where]), strength, rng)
        return Damaged(picture(out), mask_of(pixels.shape, where))

    return make


def rectangle(shape: tuple[int, ...], share: float, rng: Rng) -> tuple[slice, slice]:
    """A rectangle of that share of each side, at a place of chance."""
    height, width = int(shape[0] * share), int(shape[1] * share)
    y, x = int(rng.integers(0, shape[0] - height)), int(rng.integers(0, shape[1] - width))
    return slice(y, y + height), slice(x, x + width)


def busiest(pixels: Pixels, share: float, rng: Rng, tries: int = 12) -> tuple[slice, slice]:
    """Of some rectangles of chance the one with most contrast."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return max((rectangle(pixels.shape, share, rng) for _ in range(tries)),
               key=lambda where: float(grey[where].std()))  # fmt: skip


def mask_of(shape: tuple[int, ...], *places: tuple[slice, slice]) -> Mask:
    """The pixels of some rectangles."""
    mask = np.zeros(shape[:2], np.bool_)
    for place in places:
        mask[place] = True
    return mask


def jpeg(pixels: Pixels, quality: float) -> Pixels:
    """Through libjpeg and back, 4:2:0."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def as_bytes(values: NDArray[np.generic]) -> Pixels:
    """Rounded and held to 0..255."""
    return np.clip(np.rint(values.astype(np.float32)), 0, 255).astype(np.uint8)
