"""GARBLED_TEXT: what looks like writing, large and sharp, and cannot be read with confidence.

A reader of text gives each character that it reads a probability. What it is unsure of may be
garbled, and may as well be small, blurred, handwritten or of a script that it does not know. So a
line counts only where it is large and of good contrast, is as dense with characters as writing is,
reads much the same when it is stretched and slanted a little, cannot be read in a mirror either,
and does not repeat unknown letters exactly, as print of an unknown script does.
"""

from __future__ import annotations

import asyncio
import difflib
import statistics
import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.glyphs import repeat_share
from gencheck.artifact.image.masks import mask_of
from gencheck.artifact.image.picture import WORK_SIDE
from gencheck.artifact.reading import FloatMap, Reading, finite
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Method
from gencheck.vision.roles import ExaminedLine, Picture, TextReader

CHECK = "artifact.garbled_text"
MIN_SIDE = 48
METHOD = Method(
    "expected misread characters",
    "1",
    "CTC posteriors of the text recogniser (Graves et al., ICML 2006) on lines found by DB "
    "(Liao et al., arXiv:1911.08947)",
)
NOTICE = 2.5
"""Misread characters from which a picture stands out.

This and all below are fixed on rendered text, clean and garbled, and on the training photos.
"""

MOST_LINES = 12
_LIKENESS = 0.75  # signs and print have more; a row of windows or cans has 0.5 to 0.73
_TALL = 20  # pixels of a line, with its margins, where the longer side has WORK_SIDE at most
_CONTRAST = 40  # 8-bit levels between the 5th and the 95th percentile
_FEWEST = 3  # characters
_DENSE = 0.6  # characters for each height of the line
_CLEAR = 0.9  # mean probability: print that can be read has more
_AGREES = 0.55  # similarity of the readings, 0..1: a pattern that is no text has less
_PRINT = 0.2  # share of glyphs that have a twin
_PARTLY = ("GREEK", "COPTIC", "CYRILLIC")  # scripts that the reader knows only some letters of


async def measure_text(picture: Picture, reader: TextReader, *, deadline: Deadline) -> Reading:
    """How many characters of a picture are garbled, and where.

    Args:
        picture: ``uint8 [H, W, 3]`` RGB.

    Raises:
        What the reader's model raises.
    """
    small = await asyncio.to_thread(_reduced, picture)

    def worth(quad: NDArray[np.float32], likeness: float) -> bool:
        return likeness >= _LIKENESS and _is_legible(_crop(small, quad))

    lines = await reader.examine(small, most=MOST_LINES, worth=worth, deadline=deadline)
    return await asyncio.to_thread(judge_lines, small, lines, picture.shape[:2])


def judge_lines(picture: Picture, lines: Sequence[ExaminedLine], size: tuple[int, int]) -> Reading:
    """The reading from lines that were examined.

    Args:
        picture: what was examined, ``uint8 [h, w, 3]`` RGB.
        size: height and width of the picture that it was reduced from.
    """
    known = [(line, _crop(picture, line.quad)) for line in lines]
    known = [(line, crop) for line, crop in known if _ought_to_be_read(line, crop)]
    unsure = [(line, crop) for line, crop in known if statistics.fmean(line.scores) < _CLEAR]
    if unsure and repeat_share([crop for _, crop in unsure]) >= _PRINT:
        known, unsure = [], []
    if not unsure:
        value = finite(max((_misread(line) for line, _ in known), default=0.0))
        detail = f"{len(lines)} lines looked at" if lines else "nothing looks like writing"
        return Reading((Measurement("GARBLED_TEXT", value, CHECK, METHOD, detail=detail),))
    doubtful = [line for line, _ in unsure]
    value = finite(sum(map(_misread, doubtful)))
    level = _level(doubtful, value, picture.shape[:2])
    region = mask_of(level > 0, size)
    said = ", ".join(f"“{line.text.strip()[:24]}”" for line in doubtful[:3])
    detail = f"{len(doubtful)} of {len(lines)} lines, read as {said}"
    return Reading((Measurement("GARBLED_TEXT", value, CHECK, METHOD, region, detail),), level)


def _reduced(picture: Picture) -> Picture:
    scale = WORK_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _ought_to_be_read(line: ExaminedLine, crop: NDArray[np.uint8]) -> bool:
    """Whether it is writing that the reader knows, large and clear enough."""
    letters = _letters(line.text)
    tall, wide = sorted(crop.shape)
    if line.likeness < _LIKENESS or len(letters) < max(_FEWEST, _DENSE * wide / tall):
        return False
    if _partly_known(letters) or line.mirrored >= _CLEAR:
        return False
    return _is_legible(crop) and _agreement(line) >= _AGREES


def _is_legible(crop: NDArray[np.uint8]) -> bool:
    """Whether it is large and of good contrast."""
    low, high = np.percentile(crop, [5, 95])
    return bool(min(crop.shape) >= _TALL and high - low >= _CONTRAST)


def _letters(text: str) -> str:
    return "".join(text.casefold().split())


def _partly_known(letters: str) -> bool:
    scripts = [unicodedata.name(letter, "").partition(" ")[0] for letter in letters]
    return 2 * sum(script in _PARTLY for script in scripts) >= len(scripts)


def _agreement(line: ExaminedLine) -> float:
    """How much the readings resemble the first, 0..1; 1 where there is only one."""
    first = _letters(line.text)
    likeness = [
        difflib.SequenceMatcher(None, first, _letters(other)).ratio() for other in line.again
    ]
    return statistics.fmean(likeness) if likeness else 1.0


def _misread(line: ExaminedLine) -> float:
    """How many characters are expected to be misread."""
    return sum(1 - score for score in line.scores)


def _crop(picture: Picture, quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The line as grey, straightened, ``uint8 [h, w]``."""
    wide = round(max(1.0, float(np.hypot(*(quad[1] - quad[0])))))
    tall = round(max(1.0, float(np.hypot(*(quad[3] - quad[0])))))
    corners = np.asarray([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    way = cv2.getPerspectiveTransform(np.asarray(quad, np.float32), corners)
    level = cv2.warpPerspective(picture, way, (wide, tall), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(level, cv2.COLOR_RGB2GRAY), np.uint8)


def _level(lines: Sequence[ExaminedLine], value: float, shape: tuple[int, ...]) -> FloatMap:
    """The doubtful lines, each at the level of the whole."""
    level = np.zeros(shape, np.float32)
    for line in lines:
        cv2.fillPoly(level, [np.rint(line.quad).astype(np.int32)], value / NOTICE)
    return level
