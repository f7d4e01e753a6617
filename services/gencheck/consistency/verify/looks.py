"""The picture as a whole, measured: colour, brightness, format, background, one subject."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.consistency.verify import colours
from gencheck.consistency.verify.answer import Answer, contradicted, supported, uncertain
from gencheck.findings import Box
from gencheck.vision.roles import Picture

ROLE = "Measurement"
GREY_STYLES = frozenset({"black and white", "greyscale", "monochrome"})
_SIDE = 384  # pixels: colours and borders need no more
_FRAME = 0.06  # share of the shorter side that counts as border


@dataclass(frozen=True, slots=True)
class Looks:
    """Measures of one picture.

    Attributes:
        width, height: pixels of the whole picture.
        values: ``float32 [h, w, 3]`` L*, C*, h of a smaller copy.
        scale: whole pixels a small one.
        lightness: mean L*, 0..100.
        chroma: 95th percentile of C*.
        border: ``float32 [n, 3]`` L*, C*, h along the border.
        spread: 75th percentile of the CIELAB distance of border pixels from their median.
    """

    width: int
    height: int
    values: NDArray[np.float32]
    scale: float
    lightness: float
    chroma: float
    border: NDArray[np.float32]
    spread: float
    subject: NDArray[np.bool_] | None


def measure(picture: Picture) -> Looks:
    """Measure a picture once for all claims."""
    height, width = picture.shape[:2]
    scale = max(1.0, max(height, width) / _SIDE)
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    lab = colours.lab(small.astype(np.uint8))
    values = colours.lch(small.astype(np.uint8))
    frame = _frame(lab.shape[0], lab.shape[1])
    ring = lab[frame]
    median = np.median(ring, axis=0)
    spread = float(np.percentile(np.linalg.norm(ring - median, axis=1), 75))
    return Looks(
        width=width,
        height=height,
        values=values,
        scale=scale,
        lightness=float(lab[..., 0].mean()),
        chroma=float(np.percentile(values[..., 1], 95)),
        border=values[frame],
        spread=spread,
        subject=_subject(lab, median) if spread <= PLAIN_SPREAD[1] else None,
    )


def _frame(height: int, width: int) -> NDArray[np.bool_]:
    """The left, right and upper border; the lower one often holds ground or the subject."""
    band = max(1, round(_FRAME * min(height, width)))
    frame = np.zeros((height, width), np.bool_)
    frame[:band] = True
    frame[:, :band] = True
    frame[:, -band:] = True
    return frame


def _subject(lab: NDArray[np.float32], background: NDArray[np.float32]) -> NDArray[np.bool_] | None:
    """Pixels that differ from a plain background, where they are one sizeable thing."""
    differs = (np.linalg.norm(lab - background, axis=2) > 18.0).astype(np.uint8)
    kernel = np.ones((3, 3), np.uint8)
    opened = cv2.morphologyEx(differs, cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return None
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = int(areas.argmax()) + 1
    share = areas.max() / differs.size
    if not 0.02 <= share <= 0.85 or areas.max() < 0.7 * areas.sum():
        return None
    mask: NDArray[np.bool_] = labels == largest
    # The rim mixes subject and background.
    inner = cv2.erode(mask.astype(np.uint8), kernel).astype(np.bool_)
    return inner if inner.sum() > 20 else mask


PLAIN_SPREAD = (4.0, 9.0, 14.0)
"""Border spread (CIELAB distance) up to which a background is plain, up to which a subject can be
told from it, and from which it is not plain."""


def judge_grey(style: str, looks: Looks) -> Answer:
    """Black and white, or in colour."""
    if looks.chroma <= 4.0:
        return supported(f"the picture has no colour (chroma {looks.chroma:.1f})", ROLE)
    if looks.chroma >= 14.0:
        if style == "monochrome":
            return uncertain("the picture is coloured; one tint may be meant", ROLE)
        return contradicted(f"the picture is coloured (chroma {looks.chroma:.1f})", ROLE)
    return uncertain(f"the picture is slightly tinted (chroma {looks.chroma:.1f})", ROLE)


def judge_brightness(value: str, looks: Looks) -> Answer:
    """A dark or a bright picture, by mean L*."""
    mean = looks.lightness
    why = f"mean lightness is {mean:.0f} of 100"
    dark = value == "dark"
    if (mean <= 30.0) if dark else (mean >= 65.0):
        return supported(why, ROLE)
    if (mean >= 55.0) if dark else (mean <= 40.0):
        return contradicted(why, ROLE)
    return uncertain(f"{why}, neither {value} nor the opposite", ROLE)


def judge_orientation(value: str, looks: Looks) -> Answer:
    """Portrait, landscape or square."""
    ratio = looks.width / looks.height
    actual = "square" if 0.97 <= ratio <= 1.03 else "landscape" if ratio > 1 else "portrait"
    why = f"the picture is {looks.width}×{looks.height} pixels, {actual}"
    if actual == value:
        return supported(why, ROLE)
    if 0.9 <= ratio <= 1.1:
        return uncertain(f"{why}, nearly square", ROLE)
    return contradicted(why, ROLE)


def judge_ratio(value: str, looks: Looks) -> Answer:
    """A ratio of width to height such as ``16:9``."""
    wide, tall = (int(part) for part in value.split(":"))
    if wide == 0 or tall == 0:
        return uncertain(f"{value} is no ratio", ROLE)
    off = abs(looks.width / looks.height / (wide / tall) - 1.0)
    why = f"the picture is {looks.width}×{looks.height} pixels, {off:.1%} off {value}"
    if off <= 0.03:  # generators round sides to multiples of 8, 32 or 64
        return supported(why, ROLE)
    if off >= 0.08:
        return contradicted(why, ROLE)
    return uncertain(why, ROLE)


def judge_background(kind: str, value: str, looks: Looks) -> Answer | None:
    """The colour of the background, or whether it is plain, along the border of the picture."""
    if kind == "colour":
        name = colours.basic_name(value)
        if name is None:
            return None
        has, near = colours.shares(looks.border, name)
        why = f"{has:.0%} of the border is {name}"
        if has >= 0.75:
            return supported(why, ROLE)
        if near <= 0.15:
            other, share = colours.dominant(looks.border)
            return contradicted(f"{why}, {share:.0%} is {other}", ROLE)
        return uncertain(f"{why}, {near:.0%} at least near it", ROLE)
    if value in ("plain", "solid", "simple", "uniform", "blank", "empty"):
        why = f"the border's colour varies by {looks.spread:.1f} in CIELAB"
        if looks.spread <= PLAIN_SPREAD[0]:
            return supported(why, ROLE)
        return contradicted(why, ROLE) if looks.spread >= PLAIN_SPREAD[2] else uncertain(why, ROLE)
    return None


def judge_subject_colour(value: str, looks: Looks) -> Answer | None:
    """The colour of the one thing before a plain background; ``None`` where none stands out."""
    name = colours.basic_name(value)
    if name is None or looks.subject is None:
        return None
    mask = looks.subject
    rows, columns = np.nonzero(mask)
    box = Box(
        float(columns.min() * looks.scale),
        float(rows.min() * looks.scale),
        float((columns.max() + 1 - columns.min()) * looks.scale),
        float((rows.max() + 1 - rows.min()) * looks.scale),
    )
    return judge_patch(name, looks.values[mask], box, ROLE)


def judge_patch(name: str, values: NDArray[np.float32], box: Box, role: str) -> Answer:
    """Whether pixels of a thing have a colour. Args: values: ``float32 [n, 3]`` of ``lch``."""
    has, near = colours.shares(values, name)
    other, share = colours.dominant(values)
    if has >= 0.45 and share < 2.0 * has:
        return supported(f"{has:.0%} of it is {name}", role, [box])
    if near <= 0.10:
        return contradicted(f"{share:.0%} of it is {other}, {has:.0%} {name}", role, [box])
    return uncertain(f"{has:.0%} of it is {name}, {near:.0%} at least near it", role, [box])
