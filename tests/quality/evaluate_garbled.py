"""How well garbled writing is told from writing: ``python tests/quality/evaluate_garbled.py``.

Signs are written here on photos of ``GENCHECK_DATA`` that nothing was fixed on, and garbled in
three ways. They are held against the same signs as they were written, and, apart from that, against
photos in which there is real writing: the value of each, the AUROC with its interval, and how many
reach MINOR and MAJOR by the default policy. Signs in scripts that the reader does not know stand
apart, where the machine has a font for them: none of those is garbled.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from artifact_pictures import photo_paths, read_photo
from artifact_statistics import auroc, auroc_interval
from installed_roles import with_roles
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from gencheck.artifact.image.text import MOST_LINES, measure_text
from gencheck.deadline import NO_DEADLINE
from gencheck.policy_file import Policies
from gencheck.vision.roles import Picture, Roles, TextReader

SIGNS = int(os.environ.get("GENCHECK_SIGNS", "40"))
WORDS = (
    "BAKERY", "Coffee", "House", "open", "daily", "Fresh", "bread", "MUSEUM", "Library", "PARKING",
    "Welcome", "garden", "hotel",
)  # fmt: skip
UNKNOWN = {
    "signs in Cyrillic": ("Добро", "пожаловать", "старый", "город", "молоко", "хлеб"),
    "signs in Hebrew": ("ברוכים", "הבאים", "לעיר", "העתיקה", "לחם", "וחלב"),
    "signs in Armenian": ("բարի", "գալուստ", "հին", "քաղաք", "հաց", "կաթ"),
}
Ink = NDArray[np.uint8]


def main() -> int:
    """Print the table."""
    return with_roles(evaluate)


async def evaluate(data: Path, roles: Roles) -> None:
    """Values of all kinds of pictures, then the table."""
    reader = roles.text
    if reader is None:
        print("no text reader: gencheck models install embedded")
        return
    paths = [path for found in photo_paths(data, "evaluate").values() for path in found]
    photos = [read_photo(path) for path in paths]
    written = [photo for photo in photos if await has_writing(photo, reader)]
    kinds = {"photos with writing": await values(written, reader)}
    kinds["all photos"] = await values(photos, reader)
    for name, garble in {"signs": None, **GARBLERS}.items():
        kinds[name] = await values(signs(photos, garble), reader)
    for name, words in UNKNOWN.items() if wide_font(30) else ():
        kinds[name] = await values(signs(photos, None, words), reader)
    print_table(kinds)


async def has_writing(photo: Picture, reader: TextReader) -> bool:
    """Whether there are three characters or more in a line."""

    def worth(quad: NDArray[np.float32], likeness: float) -> bool:
        return likeness >= 0.6

    lines = await reader.examine(photo, most=MOST_LINES, worth=worth, deadline=NO_DEADLINE)
    return any(len(line.text) >= 3 for line in lines)


async def values(
    pictures: Iterator[Picture] | Sequence[Picture], reader: TextReader
) -> list[float]:
    """What is measured on each."""
    readings = [await measure_text(one, reader, deadline=NO_DEADLINE) for one in pictures]
    return [reading.measurements[0].value for reading in readings]


def print_table(kinds: dict[str, list[float]]) -> None:
    """A line for each kind."""
    limits = Policies.load().get("default").thresholds["GARBLED_TEXT"]
    print(f"{'':22}{'n':>4}{'median':>8}{'most':>7}{'minor':>7}{'major':>7}"
          f"   AUROC against signs, and photos with writing")  # fmt: skip
    for name, found in kinds.items():
        row = f"{name:22}{len(found):4}{np.median(found):8.2f}{max(found):7.2f}"
        for limit in (limits.minor, limits.major):
            row += f"{np.mean(np.asarray(found) >= limit):7.0%}"
        if name in GARBLERS:
            for other in (kinds["signs"], kinds["photos with writing"]):
                value = auroc(other, found)
                low, high = auroc_interval(value, len(other), len(found))
                row += f"   {value:.3f} ({low:.3f} to {high:.3f})"
        print(row)


def signs(
    photos: Sequence[Picture],
    garble: Callable[[Ink, np.random.Generator], Ink] | None,
    words: Sequence[str] = WORDS,
) -> Iterator[Picture]:
    """Photos with two or three lines of writing on a board, as JPEG of quality 90."""
    for number in range(SIGNS):
        rng = np.random.default_rng(number)
        out = photos[number % len(photos)].copy()
        lines = [" ".join(rng.choice(words, 2)) for _ in range(rng.integers(2, 4))]
        size = int(rng.uniform(0.055, 0.09) * min(out.shape[:2]))
        y = x = size
        out[: 2 * size * (len(lines) + 1), :] //= 8
        for line in lines:
            ink = inked(line, size)
            ink = (ink if garble is None else garble(ink, rng))[:, : out.shape[1] - x]
            part = out[y : y + ink.shape[0], x : x + ink.shape[1]]
            part[:] = np.maximum(part, ink[: part.shape[0], :, None])
            y += 2 * size
        encoded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
        yield np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def inked(line: str, size: int) -> Ink:
    """White on black, in a font that has its letters."""
    font = (None if line.isascii() else wide_font(size)) or ImageFont.load_default(size)
    picture = Pillow.new("L", (int(font.getlength(line)) + size, round(1.5 * size)))
    ImageDraw.Draw(picture).text((size // 2, 0), line, 235, font)
    return np.asarray(picture).copy()


def wide_font(size: int) -> ImageFont.FreeTypeFont | None:
    """A font of many scripts, where the machine has one."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError:
        return None


def melted(ink: Ink, rng: np.random.Generator) -> Ink:
    """Strokes that run: a smooth displacement of up to a quarter of a letter."""
    height, width = ink.shape
    knots = (4, 2 + 3 * width // height)
    shift = [
        cv2.resize(rng.normal(0, 0.11 * height, knots).astype(np.float32), (width, height),
                   interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    ]  # fmt: skip
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.asarray(cv2.remap(ink, x + shift[0], y + shift[1], cv2.INTER_LINEAR), np.uint8)


def swapped(ink: Ink, rng: np.random.Generator) -> Ink:
    """Upper and lower halves of letters exchanged with those of others."""
    out = ink.copy()
    step = max(6, ink.shape[0] // 3)
    places = list(range(0, ink.shape[1] - step, step))
    middle = ink.shape[0] // 2
    for half in (slice(0, middle), slice(middle, None)):
        for to, source in zip(places, rng.permutation(places), strict=True):
            if rng.random() < 0.7:
                piece = ink[half, source : source + step]
                out[half, to : to + step] = piece[:, ::-1] if rng.random() < 0.3 else piece
    return out


def invented(ink: Ink, rng: np.random.Generator) -> Ink:
    """Letters of no script: two or three arcs and bars each."""
    out, height = np.zeros_like(ink), ink.shape[0]
    x, thick = height // 4, max(2, height // 14)
    while x < ink.shape[1] - height // 2:
        wide = int(height * rng.uniform(0.25, 0.45))
        for _ in range(rng.integers(2, 4)):
            ends = [(x + int(rng.uniform(0, wide)), int(rng.uniform(0.1, 0.85) * height))
                    for _ in range(2)]  # fmt: skip
            if rng.random() < 0.5:
                cv2.line(out, ends[0], ends[1], 235, thick, cv2.LINE_AA)
            else:
                axes = (wide // 2, max(2, int(height * rng.uniform(0.15, 0.35))))
                start = rng.uniform(0, 360)
                cv2.ellipse(out, (x + wide // 2, height // 2), axes, 0, start, start + 220, 235,
                            thick, cv2.LINE_AA)  # fmt: skip
        x += wide + height // 8
    return out


GARBLERS: dict[str, Callable[[Ink, np.random.Generator], Ink]] = {
    "melted": melted,
    "swapped": swapped,
    "invented": invented,
}


if __name__ == "__main__":
    sys.exit(main())
