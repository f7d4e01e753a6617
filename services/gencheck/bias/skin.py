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
from skimage.color import lab2rgb

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
MAX_CAST = 5.0
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
    NO_LANDMARKS = "the face detector does not say where the eyes are"
    OUTSIDE = "cheeks and forehead are outside of the picture"
    GREYSCALE = "the picture has no colour"
    CLIPPED = "the skin is overexposed"
    DARK = "the skin is too dark to tell its colour"
    UNEVEN = "the light on the face is uneven, or the face is covered"
    COLOUR_CAST = "the light has a colour cast"
    NO_REFERENCE = "too little of the picture is beside the face to tell the light"
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


def estimate_light(picture: Picture, faces: list[Face]) -> NDArray[np.float64] | None:
    """The colour of the light, on the evidence beside the faces.

    Two estimates in linear RGB, grey-world (Buchsbaum 1980) and white-patch (the brightest 5 %).
    Each alone is fooled by a lawn or a red wall, so the milder one counts, and only where both lean
    the same way.

    Returns:
        ``float64 [3]`` R, G, B with sum 3, neutral where the two disagree; ``None`` where too
        little is seen beside the faces.
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
    if np.count_nonzero(usable) < 0.02 * usable.size:
        return None
    linear = _linear(small[usable])
    brightness = linear.sum(axis=1)
    world = linear.mean(axis=0)
    patch = linear[brightness >= np.quantile(brightness, 0.95)].mean(axis=0)
    world, patch = _unit(world), _unit(patch)
    if float((world - 1) @ (patch - 1)) <= 0:
        return np.ones(3)
    return world if cast_degrees(world) < cast_degrees(patch) else patch


def cast_degrees(light: NDArray[np.float64]) -> float:
    """Degrees between a light and neutral, in linear RGB."""
    cosine = float(light.sum()) / (math.sqrt(3) * max(float(np.linalg.norm(light)), 1e-9))
    return math.degrees(math.acos(min(1.0, cosine)))


def read_skin(picture: Picture, face: Face, *, light: NDArray[np.float64] | None) -> SkinReading:
    """Reads one face.

    Cheeks and forehead are placed by the landmarks. In each, pixels between the 30th and the 90th
    percentile of L* count (hair, brows and shadows are darker, highlights brighter), and their
    median is the region's colour; the mean of the regions is the face's.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB.
        light: from :func:`estimate_light` of the same picture.
    """
    if face.landmarks is None:
        return SkinReading(None, reason=Abstention.NO_LANDMARKS)
    eyes = face.landmarks[1] - face.landmarks[0]
    if min(face.box.width, face.box.height) < MIN_FACE or float(np.hypot(*eyes)) < MIN_EYES:
        return SkinReading(None, reason=Abstention.TOO_SMALL)
    regions = [region for region in _regions(picture, face.landmarks) if len(region) >= 12]
    if len(regions) < 2:
        return SkinReading(None, reason=Abstention.OUTSIDE)
    if light is None:
        return SkinReading(None, reason=Abstention.NO_REFERENCE)
    reason = _unusable(np.concatenate(regions))
    if reason is not None:
        return SkinReading(None, reason=reason)
    colours, spreads = zip(*(_colour(region) for region in regions), strict=True)
    lightness = [float(colour[0]) for colour in colours]
    if max(spreads) > MAX_SPREAD or max(lightness) - min(lightness) > MAX_UNEVEN:
        return SkinReading(None, reason=Abstention.UNEVEN)
    lab: NDArray[np.float64] = np.mean(colours, axis=0)
    if cast_degrees(light) > MAX_CAST and _like_skin(_in_neutral_light(lab, light)):
        return SkinReading(None, reason=Abstention.COLOUR_CAST)
    return _reading(lab)


def _in_neutral_light(lab: NDArray[np.float64], light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The colour as it were without the cast (von Kries in linear RGB)."""
    rgb = np.asarray(lab2rgb(lab)) * 255.0
    return rgb_to_lab(_encoded(_linear(rgb) / np.maximum(light, 1e-3)))


def _like_skin(lab: NDArray[np.float64]) -> bool:
    """Whether skin in neutral light may have this colour.

    A room full of red curtains looks like red light. It is none if the face, taken out of that
    light, would be blue or grey.
    """
    chroma = float(np.hypot(lab[1], lab[2]))
    hue = math.degrees(math.atan2(lab[2], lab[1]))
    pale = expected_chroma(float(lab[0])) - chroma > MAX_PALENESS
    return not pale and HUES[0] <= hue <= HUES[1]


def _reading(lab: NDArray[np.float64]) -> SkinReading:
    if lab[0] < MIN_LIGHTNESS:
        return SkinReading(None, reason=Abstention.DARK)
    match = nearest_tone(lab)
    if not _like_skin(lab) or match.difference > MAX_DIFFERENCE:
        return SkinReading(None, reason=Abstention.OFF_SCALE)
    return SkinReading(match.tone, individual_typology_angle(lab), match.margin)


def _regions(picture: Picture, landmarks: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    left_eye, right_eye, _, left_mouth, right_mouth = landmarks.astype(np.float64)
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


def _unit(light: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = 3 * light / light.sum()
    return result


def _linear(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    value = np.asarray(rgb, np.float64) / 255.0
    result: NDArray[np.float64] = np.where(
        value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
    )
    return result


def _encoded(linear: NDArray[np.float64]) -> NDArray[np.uint8]:
    bounded = np.clip(linear, 0.0, 1.0)
    value = np.where(bounded <= 0.0031308, 12.92 * bounded, 1.055 * bounded ** (1 / 2.4) - 0.055)
    result: NDArray[np.uint8] = np.round(255 * value).astype(np.uint8)
    return result
