"""Full-reference measures that severity is held against: what damage takes away from a picture."""

from __future__ import annotations

import cv2
import numpy as np
from artifact_damage import Pixels
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
Plane = NDArray[np.float32]


def ms_ssim(one: Pixels, other: Pixels) -> float:
    """MS-SSIM of the luma, 1 for the same (Wang, Simoncelli and Bovik, Asilomar 2003).

    Five scales, a Gaussian window of 11 pixels and sigma 1.5; negative structure counts as 0. Below
    176 pixels a side the coarsest scales are left out and the weights of the rest made to sum to 1.
    """
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (one, other))
    scales = max(1, min(5, int(np.log2(min(a.shape) / 11)) + 1))
    weights = np.array(_WEIGHTS[:scales]) / sum(_WEIGHTS[:scales])
    total = 1.0
    for scale, weight in enumerate(weights):
        luminance, structure = ssim_parts(a, b)
        last = scale == scales - 1
        value = float((luminance * structure).mean() if last else structure.mean())
        total *= max(value, 0.0) ** weight
        a, b = (cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for p in (a, b))
    return float(total)


def ssim_parts(a: Plane, b: Plane) -> tuple[Plane, Plane]:
    """SSIM's luminance, and contrast times structure, wherever the window lies inside."""
    mean_a, mean_b, square_a, square_b, both = (
        cv2.GaussianBlur(p, (11, 11), 1.5)[5:-5, 5:-5] for p in (a, b, a * a, b * b, a * b)
    )
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    spread = square_a - mean_a**2 + square_b - mean_b**2
    structure = (2 * (both - mean_a * mean_b) + _C2) / (spread + _C2)
    return luminance, structure


def colour_difference(one: Pixels, other: Pixels) -> float:
    """The mean CIEDE2000 of two pictures, at most a quarter of a megapixel of each."""
    ratio = min(1.0, 512 / max(one.shape[:2]))
    small = [cv2.resize(p, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
             for p in (one, other)]  # fmt: skip
    return float(deltaE_ciede2000(rgb2lab(small[0]), rgb2lab(small[1])).mean())


def seen_at(pixels: Pixels, side: int) -> Pixels:
    """The picture as it is shown with at most that longest side."""
    ratio = side / max(pixels.shape[:2])
    if ratio >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=cv2.INTER_AREA)
