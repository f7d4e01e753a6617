"""The perceived skin tone of one face, or why it cannot be told.

Light moves a photograph's skin colour more than people differ (over 1,164 faces the spread of ITA
within a group was 31 to 38 degrees, between groups 33), so a reading is given only where nothing
speaks against the light, and is meant for counting, never for a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.monk import (
    expected_chroma,
    individual_typology_angle,
    nearest_tone,
    rgb_to_lab,
)
from gencheck.vision.roles import Face, Picture

MIN_FACE = 48
"""Pixels of the shorter side of the face's box, below which cheeks are a handful of pixels."""
MIN_EYES = 16
"""Pixels between the eyes; fewer is a profile or a tiny face."""
MAX_CAST = 4.0
"""Degrees from the estimated light to neutral, linear RGB; 5 % more red, less blue: 2.3."""
MAX_CLIPPED = 0.2
MIN_LIGHTNESS = 8.0
MAX_SPREAD = 9.0
"""Within a region: half of the interquartile range of L*."""
MAX_UNEVEN = 16.0
"""Between regions: difference of their L*."""
MAX_PALENESS = 9.0
"""Chroma under that of the scale at the same lightness: grey light, or underexposed fair skin."""
MAX_DIFFERENCE = 16.0
HUES = (25.0, 100.0)
"""Degrees of atan2(b, a): skin of all tones in neutral light lies within."""


class Abstention(Enum):
    """Why a face's skin tone is not read."""

    TOO_SMALL = "the face is smaller than 48 px, or turned away"
    OUTSIDE = "cheeks and forehead are outside of the picture"
    GREYSCALE = "the picture has no colour"
    CLIPPED = "the skin is overexposed"
    DARK = "the skin is too dark to tell its colour"
    UNEVEN = "the light on the face is uneven, or the face is covered"
    COLOUR_CAST = "the light has a colour cast"
    OFF_SCALE = "the colour is unlike skin in neutral light"


@dataclass(frozen=True, slots=True)
class SkinReading:
    """A tone, or ``None`` and the reason.

    Attributes:
        tone: Monk tone 1..10.
        ita: individual typology angle, degrees.
        margin: how much further the next tone is (CIEDE2000); tones 1 and 2 are 1.9 apart.
    """

    tone: int | None
    ita: float | None = None
    margin: float | None = None
    reason: Abstention | None = None


def estimate_cast(picture: Picture, faces: list[Face]) -> float:
    """How far the light is from neutral, in degrees, on the evidence outside of the faces.

    Two estimates of the light in linear RGB, grey-world (Buchsbaum 1980) and white-patch (the
    brightest 5 %). Each alone is fooled by a lawn or a red wall; so the cast is the smaller of the
    two angles to neutral where both lean the same way, else 0.
    """
    step = max(1, math.ceil(max(picture.shape[:2]) / 256))
    small = picture[::step, ::step]
    keep = np.ones(small.shape[:2], bool)
    for face in faces:
        box = face.box
        # Hair, neck and hands have the face's hue too: leave out half a face around it.
        top, left = box.y - 0.5 * box.height, box.x - 0.5 * box.width
        rows = slice(max(0, int(top / step)), max(0, int((top + 2 * box.height) / step) + 1))
        columns = slice(max(0, int(left / step)), max(0, int((left + 2 * box.width) / step) + 1))
        keep[rows, columns] = False
    usable = keep & (small.max(axis=2) < 250) & (small.max(axis=2) > 20)
    if np.count_nonzero(usable) < 64:
        return 0.0
    linear = _linear(small[usable])
    brightness = linear.sum(axis=1)
    world = linear.mean(axis=0)
    patch = linear[brightness >= np.quantile(brightness, 0.95)].mean(axis=0)
    lean_world, lean_patch = _lean(world), _lean(patch)
    if float(lean_world @ lean_patch) <= 0:
        return 0.0
    return min(_angle(world), _angle(patch))


def read_skin(picture: Picture, face: Face, *, cast: float) -> SkinReading:
    """Reads one face.

    Cheeks and forehead are placed by the landmarks. In each, pixels between the 30th and the 90th
    percentile of L* count (hair, brows and shadows are darker, highlights brighter), and their
    median is the region's colour; the mean of the regions is the face's.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB.
        cast: degrees, from :func:`estimate_cast` of the same picture.
    """
    eyes = face.landmarks[1] - face.landmarks[0]
    if min(face.box.width, face.box.height) < MIN_FACE or float(np.hypot(*eyes)) < MIN_EYES:
        return SkinReading(None, reason=Abstention.TOO_SMALL)
    regions = [region for region in _regions(picture, face) if len(region) >= 12]
    if len(regions) < 2:
        return SkinReading(None, reason=Abstention.OUTSIDE)
    pixels = np.concatenate(regions)
    reason = Abstention.COLOUR_CAST if cast > MAX_CAST else _unusable(pixels)
    if reason is not None:
        return SkinReading(None, reason=reason)
    colours, spreads = zip(*(_colour(region) for region in regions), strict=True)
    lightness = [float(colour[0]) for colour in colours]
    if max(spreads) > MAX_SPREAD or max(lightness) - min(lightness) > MAX_UNEVEN:
        return SkinReading(None, reason=Abstention.UNEVEN)
    return _reading(np.mean(colours, axis=0))


def _reading(lab: NDArray[np.float64]) -> SkinReading:
    if lab[0] < MIN_LIGHTNESS:
        return SkinReading(None, reason=Abstention.DARK)
    chroma = float(np.hypot(lab[1], lab[2]))
    hue = math.degrees(math.atan2(lab[2], lab[1]))
    match = nearest_tone(lab)
    pale = expected_chroma(float(lab[0])) - chroma > MAX_PALENESS
    if pale or not HUES[0] <= hue <= HUES[1] or match.difference > MAX_DIFFERENCE:
        return SkinReading(None, reason=Abstention.OFF_SCALE)
    return SkinReading(match.tone, individual_typology_angle(lab), match.margin)


def _regions(picture: Picture, face: Face) -> list[NDArray[np.uint8]]:
    left_eye, right_eye, _, left_mouth, right_mouth = face.landmarks.astype(np.float64)
    across = right_eye - left_eye
    size = float(np.hypot(*across))
    middle = (left_eye + right_eye) / 2
    up = middle - (left_mouth + right_mouth) / 2
    up = up / max(float(np.hypot(*up)), 1e-6)
    out = 0.08 * across
    centres = (
        left_eye + 0.55 * (left_mouth - left_eye) - out,
        right_eye + 0.55 * (right_mouth - right_eye) + out,
        middle + 0.5 * size * up,
    )
    return [_patch(picture, centre, 0.15 * size) for centre in centres]


def _patch(picture: Picture, centre: NDArray[np.float64], radius: float) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    x, y = centre
    if not (0 <= x < width and 0 <= y < height):
        return np.empty((0, 3), np.uint8)
    rows = slice(max(0, round(y - radius)), min(height, round(y + radius) + 1))
    columns = slice(max(0, round(x - radius)), min(width, round(x + radius) + 1))
    return picture[rows, columns].reshape(-1, 3)


def _unusable(pixels: NDArray[np.uint8]) -> Abstention | None:
    if float((pixels.max(axis=1) >= 252).mean()) > MAX_CLIPPED:
        return Abstention.CLIPPED
    if np.quantile(np.ptp(pixels, axis=1), 0.98) <= 3:
        return Abstention.GREYSCALE
    return None


def _colour(region: NDArray[np.uint8]) -> tuple[NDArray[np.float64], float]:
    lab = rgb_to_lab(region)
    lightness = lab[:, 0]
    low, high = np.quantile(lightness, [0.3, 0.9])
    middle = lab[(lightness >= low) & (lightness <= high)]
    quarter, three = np.quantile(lightness, [0.25, 0.75])
    return np.median(middle, axis=0), float(three - quarter) / 2


def _linear(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    value = rgb.astype(np.float64) / 255.0
    result: NDArray[np.float64] = np.where(
        value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
    )
    return result


def _lean(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of a light that is not grey."""
    result: NDArray[np.float64] = light / max(float(light.sum()), 1e-9) - 1 / 3
    return result


def _angle(light: NDArray[np.float64]) -> float:
    cosine = float(light.sum()) / (math.sqrt(3) * max(float(np.linalg.norm(light)), 1e-9))
    return math.degrees(math.acos(min(1.0, cosine)))
