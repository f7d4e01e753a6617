"""The perceived skin tone of one face, or why it cannot be told.

Light moves a photograph's skin colour more than people differ (over 1,164 faces the spread of ITA
within a group was 31 to 38 degrees, between groups 33), so a reading is a distribution over the
tones, never a label, and is meant for counting, never for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.light import FLOOR, tint
from gencheck.bias.monk import to_linear
from gencheck.bias.tones import tone_masses, under_daylight
from gencheck.vision.roles import Face, Picture

Floats = NDArray[np.float64]

MIN_FACE = 48
"""Pixels of the shorter side of the face's box, below which cheeks are a handful of pixels."""
MIN_EYES = 16
"""Pixels between the eyes; fewer is a profile or a tiny face."""
MIN_PIXELS = 12
CLIPPED = 250
MIN_UNCLIPPED = 0.25
"""Of a region: what is left of less is its darkest corner."""
DARKEST = 0.003
"""Linear; 8-bit values of 9 and less."""
GREY = 0.045
"""Length of the tint: the palest tone has 0.12 in neutral light."""
MAX_UNEVEN = 0.35
"""Between log R/G of two regions: one of them is covered, or lit by another light."""
MAX_SHADE = 2.3
"""Between the logarithms of two regions' G: 2.3 stops."""
MAX_MISFIT = 3.5
_MIDDLE = (0.2, 0.6)
"""Quantiles of a region's luminance that count: darker are hair and shadow, brighter is shine."""
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


class Abstention(Enum):
    """Why a face's skin tone is not read."""

    TOO_SMALL = "the face is smaller than 48 px, or turned away"
    NO_LANDMARKS = "the face detector does not say where the eyes are"
    OUTSIDE = "cheeks and forehead are outside of the picture"
    GREYSCALE = "the picture, or the face, has no colour"
    CLIPPED = "the skin is overexposed"
    DARK = "the skin is too dark to tell its colour"
    UNEVEN = "the light on the face is uneven, or the face is covered"
    NO_REFERENCE = "what is beside the face does not tell the light, or is in no lamp's or sky's"
    OFF_SCALE = "the colour is unlike skin in the light of any lamp or sky"
    UNCERTAIN = "several tones are about as likely, as the light is not known better"


@dataclass(frozen=True, slots=True)
class SkinReading:
    """What is believed of the tone, or why nothing is.

    Attributes:
        masses: of tones 1 to 10, ``float64 [10]``, sum 1; ``None`` with a reason.
        daylight: linear R, G, B of the skin under D65, in the likeliest light; ``None`` too.
    """

    masses: Floats | None = None
    daylight: Floats | None = None
    reason: Abstention | None = None


def read_skin(picture: Picture, face: Face, *, light_weights: Floats | None) -> SkinReading:
    """Reads one face.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB.
        light_weights: from :func:`~gencheck.bias.light.weigh_lights` of the same picture.
    """
    skin = skin_colour(picture, face)
    if isinstance(skin, Abstention):
        return SkinReading(reason=skin)
    if light_weights is None:
        return SkinReading(reason=Abstention.NO_REFERENCE)
    found = tone_masses(skin, light_weights)
    if found.misfit > MAX_MISFIT:
        return SkinReading(reason=Abstention.OFF_SCALE)
    return SkinReading(found.masses, under_daylight(skin, found.light))


def skin_colour(picture: Picture, face: Face) -> Floats | Abstention:
    """The colour of a face's skin as it is in the picture, or why there is none.

    Cheeks and forehead are placed by the landmarks. In each, what is not clipped and between the
    20th and the 60th percentile of luminance counts, and its median is the region's colour; the
    geometric mean of the regions is the face's.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB.

    Returns:
        Linear R, G, B, ``float64 [3]``.
    """
    if face.landmarks is None:
        return Abstention.NO_LANDMARKS
    eyes = face.landmarks[1] - face.landmarks[0]
    if min(face.box.width, face.box.height) < MIN_FACE or float(np.hypot(*eyes)) < MIN_EYES:
        return Abstention.TOO_SMALL
    regions = [r for r in _regions(picture, face.landmarks) if len(r) >= MIN_PIXELS]
    if len(regions) < 2:
        return Abstention.OUTSIDE
    found = [colour for region in regions if (colour := _colour(region)) is not None]
    if not found:
        return Abstention.CLIPPED
    colours = np.array(found)
    if len(colours) == 3 and _fringed(*colours):
        colours = colours[:2]
    skin = np.exp(np.log(colours + FLOOR).mean(axis=0)) - FLOOR
    return _unusable(colours) or np.asarray(skin)


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


def _patch(picture: Picture, centre: Floats, radius: float) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    x, y = centre
    if not (0 <= x < width and 0 <= y < height):
        return np.empty((0, 3), np.uint8)
    rows = slice(max(0, round(y - radius)), min(height, round(y + radius) + 1))
    columns = slice(max(0, round(x - radius)), min(width, round(x + radius) + 1))
    return picture[rows, columns].reshape(-1, 3)


def _colour(region: NDArray[np.uint8]) -> Floats | None:
    """Linear R, G, B of a region; ``None`` where most of it is clipped."""
    whole = region[region.max(axis=1) < CLIPPED]
    if len(whole) < max(MIN_PIXELS, MIN_UNCLIPPED * len(region)):
        return None
    linear = to_linear(whole)
    luminance = linear @ _LUMINANCE
    low, high = np.quantile(luminance, _MIDDLE)
    return np.asarray(np.median(linear[(luminance >= low) & (luminance <= high)], axis=0))


def _unusable(colours: Floats) -> Abstention | None:
    """Why the colours of the regions, ``float64 [N, 3]``, say nothing together."""
    if colours[:, 1].mean() < DARKEST:
        return Abstention.DARK
    if float(np.hypot(*np.median(tint(colours), axis=0))) < GREY:
        return Abstention.GREYSCALE
    return Abstention.UNEVEN if _uneven(colours) else None


def _uneven(colours: Floats) -> bool:
    reds, shades = tint(colours)[:, 0], np.log(colours[:, 1] + FLOOR)
    return bool(np.ptp(reds) > MAX_UNEVEN or np.ptp(shades) > MAX_SHADE)


def _fringed(left: Floats, right: Floats, forehead: Floats) -> bool:
    """Whether hair covers the forehead: it differs from the cheeks, and is the darker."""
    cheeks = np.array([left, right])
    darker = forehead[1] < cheeks[:, 1].min()
    return bool(darker) and not _uneven(cheeks) and _uneven(np.array([left, right, forehead]))
