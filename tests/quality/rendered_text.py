"""Pictures of text: fonts that are installed, on plain grounds and photos, clean and degraded.

Fonts and words belong by their SHA-256 to one of two halves, as photos do by their split: rules
were written against ``train``, figures are of ``measure``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from gencheck.vision.roles import Picture

FONTS = {
    "fonts-bebas-neue": ("BebasNeue-Bold.otf",),
    "fonts-cabin": ("Cabin-Regular.otf", "Cabin-Bold.otf"),
    "fonts-cantarell": ("Cantarell-Regular.otf",),
    "fonts-comfortaa": ("Comfortaa-Regular.ttf",),
    "fonts-comic-neue": ("ComicNeue-Regular.otf", "ComicNeue-Bold.otf"),
    "fonts-courier-prime": ("Courier Prime.otf", "Courier Prime Bold.otf"),
    "fonts-crosextra-caladea": ("Caladea-Regular.ttf", "Caladea-Bold.ttf"),
    "fonts-crosextra-carlito": ("Carlito-Regular.ttf",),
    "fonts-dancingscript": ("DancingScript-Bold.otf",),
    "fonts-dejavu-core": ("DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono.ttf"),
    "fonts-dosis": ("Dosis-Medium.otf",),
    "fonts-ebgaramond": ("EBGaramond12-Regular.otf", "EBGaramond12-Italic.otf"),
    "fonts-goudybookletter": ("GoudyBookletter1911.otf",),
    "fonts-inconsolata": ("Inconsolata.otf",),
    "fonts-kaushanscript": ("KaushanScript-Regular.otf",),
    "fonts-lato": ("Lato-Regular.ttf", "Lato-Black.ttf"),
    "fonts-liberation": (
        "LiberationSans-Regular.ttf",
        "LiberationSerif-Italic.ttf",
        "LiberationMono-Regular.ttf",
        "LiberationSansNarrow-Bold.ttf",
    ),
    "fonts-linuxlibertine": ("LinLibertine_R.otf", "LinLibertine_RB.otf"),
    "fonts-lobster": ("lobster.otf",),
    "fonts-open-sans": ("OpenSans-Regular.ttf", "OpenSans-ExtraBold.ttf"),
    "fonts-play": ("Play-Regular.ttf", "Play-Bold.ttf"),
    "fonts-quicksand": ("Quicksand-Regular.ttf",),
    "fonts-roboto-slab": ("RobotoSlab-Regular.otf",),
    "fonts-roboto-unhinted": ("Roboto-Regular.ttf", "RobotoCondensed-Bold.ttf"),
    "fonts-vollkorn": ("Vollkorn-Regular.ttf", "Vollkorn-Italic.ttf"),
    "fonts-yanone-kaffeesatz": ("YanoneKaffeesatz-Regular.otf",),
}
"""Files by their Debian package: free licences all."""

WORDS = (
    "bakery", "coffee", "house", "open", "daily", "fresh", "bread", "museum", "library",
    "parking", "welcome", "garden", "hotel", "station", "market", "summer", "sale", "closed",
    "happy", "birthday", "grand", "theatre", "rocket", "science", "adventure", "tonight",
    "jazz", "club", "mountain", "river", "bicycle", "repair", "flowers", "organic", "honey",
    "chocolate", "vintage", "records", "exit", "danger", "keep", "calm", "please", "push",
    "pull", "harbour", "fish", "chips", "pizza", "noodle", "bar", "university", "quantum",
    "physics", "dream", "bigger", "never", "stop", "exploring", "winter", "festival",
    "lemonade", "mystery", "novel", "captain", "journey", "cafe", "midnight", "express",
    "golden", "dragon", "silver", "spoon", "tiny", "robots", "future", "begins", "here",
    "love", "thank", "you", "hello", "world", "road", "work", "ahead", "speed", "limit",
    "private", "property", "beware", "24", "7", "1984", "route", "66", "no", "5", "platform",
    "9", "2049", "50", "off",
)  # fmt: skip
HEIGHT, WIDTH = 480, 640
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
Ink = NDArray[np.float32]
"""``float32 [480, 640]``, 1 where there is ink."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, what is written in it, and something else that is one letter off."""

    pixels: Picture
    written: str
    other: str
    ground: str
    harm: str
    font: str


def halves(half: str) -> tuple[list[str], list[str], list[str]]:
    """Fonts of a half that are there, words of it, and packages of fonts that are missing."""
    fonts, missing = [], []
    for package, files in FONTS.items():
        for name in files:
            try:
                ImageFont.truetype(name, 30)
            except OSError:
                missing.append(package)
                continue
            fonts.extend([name] if _in_half(name, half) else [])
    return fonts, [word for word in WORDS if _in_half(word, half)], sorted(set(missing))


def _in_half(name: str, half: str) -> bool:
    even = hashlib.sha256(name.encode()).digest()[0] % 2 == 0
    return even == (half == "train")


def drawn(
    photos: Sequence[Picture], fonts: Sequence[str], words: Sequence[str], each: int
) -> Iterator[Drawn]:
    """So many pictures of each ground and harm; every other one is itself spelt wrong."""
    number = 0
    for ground in ("plain", "photo"):
        for harm in HARMS:
            for _ in range(each):
                rng = np.random.default_rng(number)
                right = _text(words, rng)
                wrong = _one_off(right, rng)
                written, other = (right, wrong) if number % 2 == 0 else (wrong, right)
                font = fonts[number % len(fonts)]
                back = _plain(rng) if ground == "plain" else _crop(photos, rng)
                pixels = _draw(written, font, back, harm, rng)
                yield Drawn(pixels, written, other, ground, harm, font)
                number += 1


def _text(words: Sequence[str], rng: np.random.Generator) -> str:
    """One to three words of at least four letters together, as capitals, as a title, or small."""
    while True:
        text = " ".join(rng.choice(words, rng.integers(1, 4), replace=False))
        if sum(character.isalpha() for character in text) >= 4:
            case = (str.upper, str.title, str.lower)[rng.integers(3)]
            return case(text)


def _one_off(text: str, rng: np.random.Generator) -> str:
    """A letter replaced (half of the time), left out, or put in."""
    at = int(rng.choice([i for i, character in enumerate(text) if character.isalpha()]))
    letter = text[at]
    other = str(rng.choice([c for c in _LETTERS if c != letter.lower()]))
    other = other.upper() if letter.isupper() else other
    new = (other, other, "", letter + other)[rng.integers(4)]
    return text[:at] + new + text[at + 1 :]


def _plain(rng: np.random.Generator) -> Picture:
    colour = rng.integers(0, 256, 3)
    return np.full((HEIGHT, WIDTH, 3), colour, np.uint8)


def _crop(photos: Sequence[Picture], rng: np.random.Generator) -> Picture:
    photo = photos[rng.integers(len(photos))]
    ratio = max(HEIGHT / photo.shape[0], WIDTH / photo.shape[1])
    size = (round(ratio * photo.shape[1]) + 1, round(ratio * photo.shape[0]) + 1)
    return np.asarray(cv2.resize(photo, size)[:HEIGHT, :WIDTH], np.uint8)


def _draw(text: str, font: str, ground: Picture, harm: str, rng: np.random.Generator) -> Picture:
    size = int(rng.integers(11, 17) if harm == "small" else rng.integers(28, 65))
    ink = _ink(text, font, size, rng)
    if harm == "perspective":
        ink = _tilted(ink, rng)
    where = ink > 0.5
    under = ground[where].mean(axis=0) if where.any() else ground.mean(axis=(0, 1))
    colour = np.full(3, 245.0 if under.mean() < 128 else 10.0)
    strength = 0.22 if harm == "low contrast" else 1.0
    mixed = ground + strength * ink[:, :, None] * (colour - ground)
    return HARMS[harm](np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8), rng)


def _ink(text: str, name: str, size: int, rng: np.random.Generator) -> Ink:
    """One line, or two where there are words enough, somewhere; smaller where it does not fit."""
    words = text.split()
    broken = len(words) > 1 and rng.random() < 0.4
    lines = [" ".join(words[:-1]), words[-1]] if broken else [text]
    font = ImageFont.truetype(name, size)
    while max(font.getlength(line) for line in lines) > 0.85 * WIDTH:
        size -= 1
        font = ImageFont.truetype(name, size)
    wide = int(max(font.getlength(line) for line in lines))
    x = int(rng.integers(20, max(21, WIDTH - wide - 30)))
    y = int(rng.integers(20, HEIGHT - round(1.4 * size * len(lines)) - 20))
    layer = Pillow.new("L", (WIDTH, HEIGHT))
    for row, line in enumerate(lines):
        ImageDraw.Draw(layer).text((x, y + round(1.3 * size * row)), line, 255, font)
    return np.asarray(layer, np.float32) / 255


def _tilted(ink: Ink, rng: np.random.Generator) -> Ink:
    corners = np.asarray([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    moved = corners + rng.uniform(-0.16, 0.16, (4, 2)) * (WIDTH, HEIGHT)
    moved = np.clip(moved, 0, (WIDTH, HEIGHT)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(cv2.warpPerspective(ink, matrix, (WIDTH, HEIGHT)), np.float32)


def _same(picture: Picture, _: np.random.Generator) -> Picture:
    return picture


def _blurred(picture: Picture, rng: np.random.Generator) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(2, 4)), np.uint8)


def _compressed(picture: Picture, rng: np.random.Generator) -> Picture:
    quality = int(rng.integers(5, 20))
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _noisy(picture: Picture, rng: np.random.Generator) -> Picture:
    noise = rng.normal(0, rng.uniform(25, 60), picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


HARMS: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "clean": _same,
    "blur": _blurred,
    "JPEG": _compressed,
    "low contrast": _same,
    "small": _same,
    "perspective": _same,
    "noise": _noisy,
}
