"""The Monk Skin Tone scale: ten swatches, colour difference to them, and ITA.

Colours are CIE L*a*b* (D65, 2°) as floats: L 0..100. (8-bit Lab of image libraries is scaled and
shifted; angles taken from it are wrong.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

MONK_HEX = (
    "f6ede4",
    "f3e7db",
    "f7ead0",
    "eadaba",
    "d7bd96",
    "a07e56",
    "825c43",
    "604134",
    "3a312a",
    "292420",
)
"""Tones 1 to 10, sRGB (Monk 2019, skintone.google)."""

TONES = tuple(str(tone) for tone in range(1, 11))

GROUPS = {"light (1-3)": range(1, 4), "medium (4-6)": range(4, 7), "dark (7-10)": range(7, 11)}
"""Coarser categories, for sets too small for ten."""


@dataclass(frozen=True, slots=True)
class ToneMatch:
    """The nearest tone.

    Attributes:
        tone: 1..10.
        difference: CIEDE2000 to it.
        margin: how much further the next nearest tone is, CIEDE2000.
    """

    tone: int
    difference: float
    margin: float


def rgb_to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """``uint8 [..., 3]`` sRGB in the order R, G, B to ``float64 [..., 3]`` L*a*b*."""
    result: NDArray[np.float64] = rgb2lab(rgb.astype(np.float64) / 255.0)
    return result


def swatches() -> NDArray[np.uint8]:
    """The ten tones, ``uint8 [10, 3]`` sRGB."""
    return np.array([tuple(bytes.fromhex(code)) for code in MONK_HEX], np.uint8)


def nearest_tone(lab: NDArray[np.float64]) -> ToneMatch:
    """The tone nearest to one L*a*b* colour (``[3]``) by CIEDE2000."""
    difference = deltaE_ciede2000(  # type: ignore[no-untyped-call]
        rgb_to_lab(swatches()), np.broadcast_to(lab, (10, 3))
    )
    order = np.argsort(difference)
    first, second = float(difference[order[0]]), float(difference[order[1]])
    return ToneMatch(int(order[0]) + 1, first, second - first)


def group_of(tone: int) -> str:
    """The group of a tone, such as ``medium (4-6)``."""
    return next(name for name, tones in GROUPS.items() if tone in tones)


def individual_typology_angle(lab: NDArray[np.float64]) -> float:
    """ITA in degrees: ``atan2(L - 50, b)``, high is light (Chardon et al. 1991)."""
    return math.degrees(math.atan2(float(lab[0]) - 50.0, float(lab[2])))


def expected_chroma(lightness: float) -> float:
    """Chroma of the scale at a lightness, between its tones interpolated linearly."""
    lab = rgb_to_lab(swatches())
    order = np.argsort(lab[:, 0])
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    return float(np.interp(lightness, lab[order, 0], chroma[order]))
