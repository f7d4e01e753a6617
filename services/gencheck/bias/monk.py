"""The Monk Skin Tone scale: its ten swatches, three groups, and ITA.

Colours are CIE L*a*b* (D65, 2°) as floats: L 0..100. (8-bit Lab of image libraries is scaled and
shifted; angles taken from it are wrong.)
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

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


def rgb_to_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """``uint8 [..., 3]`` sRGB in the order R, G, B to ``float64 [..., 3]`` L*a*b*."""
    result: NDArray[np.float64] = rgb2lab(rgb.astype(np.float64) / 255.0)
    return result


def swatches() -> NDArray[np.uint8]:
    """The ten tones, ``uint8 [10, 3]`` sRGB."""
    return np.array([tuple(bytes.fromhex(code)) for code in MONK_HEX], np.uint8)


@cache
def _curve() -> NDArray[np.float64]:
    value = np.arange(256) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def to_linear(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """8-bit sRGB to linear, 0..1, of the same shape."""
    return _curve()[rgb]


def individual_typology_angle(lab: NDArray[np.float64]) -> float:
    """ITA in degrees: ``atan2(L - 50, b)``, high is light (Chardon et al. 1991)."""
    return math.degrees(math.atan2(float(lab[0]) - 50.0, float(lab[2])))
