"""Names of colours in CIELAB: is this patch red?

The eleven basic colour terms of Berlin and Kay (1969) and a few common ones more, as regions of
lightness L*, chroma C* and hue angle h of CIELAB (D65). The regions of neighbours overlap: a pixel
may pass for two names, and only a pixel that is *far* from a name speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.vision.roles import Picture

Plane = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Range:
    """A box in L* (0..100), C* and h (degrees, may run over 360)."""

    light: tuple[float, float]
    chroma: tuple[float, float]
    hue: tuple[float, float] = (0.0, 360.0)


_CORE = {
    "black": (_Range((0, 22), (0, 14)),),
    "white": (_Range((85, 101), (0, 9)),),
    "grey": (_Range((28, 80), (0, 9)),),
    "silver": (_Range((50, 90), (0, 9)),),
    "red": (_Range((22, 60), (38, 150), (10, 46)),),
    "orange": (_Range((48, 82), (45, 150), (46, 76)),),
    "yellow": (_Range((70, 101), (35, 150), (82, 112)),),
    "green": (_Range((18, 95), (18, 150), (112, 180)),),
    "blue": (_Range((12, 85), (18, 150), (232, 308)),),
    "purple": (_Range((12, 75), (20, 150), (300, 338)),),
    "pink": (_Range((58, 92), (12, 90), (335, 398)), _Range((45, 75), (40, 110), (340, 368))),
    "brown": (_Range((15, 52), (13, 55), (30, 80)),),
    "gold": (_Range((50, 90), (35, 110), (68, 96)),),
    "beige": (_Range((75, 97), (6, 30), (65, 112)),),
    "turquoise": (_Range((35, 95), (15, 90), (170, 222)),),
}
_NAMES = {
    "tan": "beige",
    "cream": "beige",
    "ivory": "beige",
    "khaki": "beige",
    "teal": "turquoise",
    "cyan": "turquoise",
    "aqua": "turquoise",
    "violet": "purple",
    "lavender": "purple",
    "indigo": "purple",
    "magenta": "pink",
    "crimson": "red",
    "scarlet": "red",
    "ruby": "red",
    "emerald": "green",
    "lime": "green",
    "navy": "blue",
    "azure": "blue",
    "amber": "gold",
}
_SLACK = (14.0, 12.0, 24.0)
"""How far outside its region (L*, C*, h) a pixel still does not speak against a name."""


def basic_name(colour: str) -> str | None:
    """The name whose region stands for a colour word (``dark red`` → ``red``), if any does."""
    last = colour.rpartition(" ")[2]
    name = _NAMES.get(last, last)
    return name if name in _CORE else None


def lab(picture: Picture) -> NDArray[np.float32]:
    """``float32 [H, W, 3]``: L*, a*, b* of CIELAB (D65)."""
    scaled = picture.astype(np.float32) / 255.0
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def lch(picture: Picture) -> NDArray[np.float32]:
    """``float32 [H, W, 3]``: L* 0..100, C*, hue angle in degrees 0..360."""
    planes = lab(picture)
    chroma = np.hypot(planes[..., 1], planes[..., 2])
    hue = np.degrees(np.arctan2(planes[..., 2], planes[..., 1])) % 360.0
    return np.stack([planes[..., 0], chroma, hue], axis=-1).astype(np.float32)


def shares(values: NDArray[np.float32], colour: str) -> tuple[float, float]:
    """Share of pixels that have the name, and share that at least do not speak against it.

    Args:
        values: ``float32 [n, 3]`` of :func:`lch`.
        colour: a name of :func:`basic_name`.
    """
    if not len(values):
        return 0.0, 0.0
    core = _any(values, colour, (0.0, 0.0, 0.0))
    near = _any(values, colour, _SLACK)
    return float(core.mean()), float(near.mean())


def dominant(values: NDArray[np.float32], names: Iterable[str] = tuple(_CORE)) -> tuple[str, float]:
    """The name, of these, that most pixels have, and their share."""
    best = max(names, key=lambda name: shares(values, name)[0])
    return best, shares(values, best)[0]


def _any(values: NDArray[np.float32], colour: str, slack: tuple[float, float, float]) -> Plane:
    planes = [_within(values, region, slack) for region in _CORE[colour]]
    joined: Plane = np.logical_or.reduce(planes)
    return joined


def _within(
    values: NDArray[np.float32], region: _Range, slack: tuple[float, float, float]
) -> Plane:
    light, chroma, hue = values[..., 0], values[..., 1], values[..., 2]
    low, high = region.hue[0] - slack[2], region.hue[1] + slack[2]
    inside: Plane = (
        (light >= region.light[0] - slack[0])
        & (light <= region.light[1] + slack[0])
        & (chroma >= region.chroma[0] - slack[1])
        & (chroma <= region.chroma[1] + slack[1])
    )
    if high - low < 360.0:
        turn = (hue - low) % 360.0 <= high - low
        # Hue means nothing in the dark and near grey: there, only the other two count.
        inside &= turn | ((chroma < 8.0) if slack[2] else np.zeros_like(turn))
    return inside
