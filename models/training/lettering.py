"""Lines of text in a picture: legible ones, and ones that are no letters any more."""

from __future__ import annotations

import string
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.fields import moved, smooth_noise
from training.regions import Picture, Region

Random = np.random.Generator

_WORDS = (
    *("open", "sale", "coffee", "street", "hotel", "exit", "market", "bakery", "music", "garden"),
    *("north", "river", "school", "bank", "pizza", "fresh", "summer", "winter", "park", "museum"),
    *("train", "ticket", "water", "light", "house", "studio", "books", "paper"),
)
_HERSHEY = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)


def legible(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """The region's box with a line of text in it that can be read: nothing is wrong with it."""
    return _written(region.of(picture), _line(region.mask.shape, rng), rng)


def garbled(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """The region's box with a line of shapes that look like letters and are none."""
    ink = _line(region.mask.shape, rng)
    changes = [_shuffled, _wavy, _overlaid, _halved]
    for index in rng.choice(len(changes), size=int(rng.integers(1, 3)), replace=False):
        ink = changes[index](ink, rng)
    return _written(region.of(picture), ink, rng)


def _written(before: Picture, ink: NDArray[np.uint8], rng: Random) -> Picture:
    """Ink over the picture, or over a plate that hides it, dark on light or light on dark."""
    light, dark = rng.integers(190, 256, 3), rng.integers(0, 80, 3)
    bright = bool(before.mean() < 128) if rng.random() < 0.5 else bool(rng.random() < 0.5)
    below = before.astype(np.float32)
    if rng.random() < 0.6:
        below[:] = dark if bright else light
    opacity = ink[:, :, None].astype(np.float32) / 255
    mixed = below * (1 - opacity) + (light if bright else dark) * opacity
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _line(shape: tuple[int, int], rng: Random) -> NDArray[np.uint8]:
    """A line of words that fills a box, ``uint8 [h, w]``, 255 where there is ink."""
    height, width = shape
    words = [_word(rng) for _ in range(max(1, round(width / height / 2.5)))]
    text = " ".join(words)
    ink = _drawn_pillow(text) if rng.random() < 0.6 else _drawn_hershey(text, rng)
    inner = (max(1, int(width * 0.9)), max(1, int(height * 0.7)))
    inside = cv2.resize(ink, inner, interpolation=cv2.INTER_AREA)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    line = np.zeros(shape, np.uint8)
    line[top : top + inner[1], left : left + inner[0]] = inside
    return line


def _word(rng: Random) -> str:
    if rng.random() < 0.6:
        word = str(rng.choice(_WORDS))
        return word.upper() if rng.random() < 0.5 else word.capitalize()
    letters = string.ascii_letters + string.digits
    return "".join(rng.choice(list(letters), size=int(rng.integers(3, 8))))


def _drawn_hershey(text: str, rng: Random) -> NDArray[np.uint8]:
    font, thick = int(rng.choice(_HERSHEY)), int(rng.integers(2, 6))
    (width, height), below = cv2.getTextSize(text, font, 2.0, thick)
    ink = np.zeros((height + below + 2 * thick, width + 2 * thick), np.uint8)
    cv2.putText(ink, text, (thick, height + thick), font, 2.0, 255, thick, cv2.LINE_AA)
    return ink


def _drawn_pillow(text: str) -> NDArray[np.uint8]:
    font = _font()
    left, top, right, bottom = font.getbbox(text)
    page = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4), 0)
    ImageDraw.Draw(page).text((2 - left, 2 - top), text, fill=255, font=font)
    return np.asarray(page, np.uint8)


@lru_cache(maxsize=1)  # reading the font is dearer than drawing with it
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(48)


def _shuffled(ink: NDArray[np.uint8], rng: Random) -> NDArray[np.uint8]:
    """Slices narrower than a letter, in another order, some of them upside down or mirrored."""
    height, width = ink.shape
    wide = max(2, int(height * rng.uniform(0.18, 0.4)))
    cuts = np.arange(0, width, wide)
    slices = []
    for start in rng.permutation(cuts):
        part = ink[:, start : start + wide]
        part = part[::-1] if rng.random() < 0.4 else part
        slices.append(part[:, ::-1] if rng.random() < 0.4 else part)
    return np.ascontiguousarray(np.concatenate(slices, 1))


def _wavy(ink: NDArray[np.uint8], rng: Random) -> NDArray[np.uint8]:
    """Strokes pushed about within every letter."""
    height, width = ink.shape
    cells = rng.uniform(1.5, 3) * width / height
    reach = rng.uniform(0.12, 0.25) * height
    down = reach * smooth_noise(height, width, rng, cells=cells)
    right = reach * smooth_noise(height, width, rng, cells=cells)
    return moved(ink, down, right)


def _overlaid(ink: NDArray[np.uint8], rng: Random) -> NDArray[np.uint8]:
    """The line twice, the second time mirrored or moved by part of a letter."""
    shift = int(ink.shape[0] * rng.uniform(0.2, 0.6))
    other = np.roll(ink, shift, axis=1)
    other = other[::-1] if rng.random() < 0.5 else other
    return np.maximum(ink, other)


def _halved(ink: NDArray[np.uint8], rng: Random) -> NDArray[np.uint8]:
    """The upper half of the letters slid along the lower."""
    cut = int(ink.shape[0] * rng.uniform(0.35, 0.65))
    slide = int(ink.shape[0] * rng.uniform(0.2, 0.7) * rng.choice((-1, 1)))
    broken = ink.copy()
    broken[:cut] = np.roll(ink[:cut], slide, axis=1)
    return broken
