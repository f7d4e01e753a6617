"""Light and camera of the rendered heads: what a sensor without white balance makes of a scene.

A surface under another light is computed by the CAT16 transform (Li et al. 2017) from D65; CIE
15:2018 gives the lights. The audit has a transform of its own.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.vision.roles import Picture

Pixels: TypeAlias = NDArray[np.float64]
"""``[H, W, 3]``, linear R, G, B with the primaries of sRGB; 1 is white."""

CHROMATICITIES = {
    "A": (0.44758, 0.40745),
    "D50": (0.34567, 0.35851),
    "D65": (0.31272, 0.32903),
    "D75": (0.29903, 0.31488),
    "F2": (0.37208, 0.37529),
    "F11": (0.38052, 0.37713),
}
"""CIE x, y of the lights, 2° observer."""

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_CAT16 = np.array(
    [
        [0.401288, 0.650173, -0.051461],
        [-0.250268, 1.204414, 0.045854],
        [-0.002079, 0.048952, 0.953127],
    ]
)


def light_matrix(name: str) -> NDArray[np.float64]:
    """What a light does to linear RGB seen under D65, ``[3, 3]``; its white has luminance 1."""
    white, light = (_CAT16 @ _xyz(CHROMATICITIES[key]) for key in ("D65", name))
    cones = np.linalg.inv(_CAT16) @ np.diag(light / white) @ _CAT16
    result: NDArray[np.float64] = np.linalg.inv(_TO_XYZ) @ cones @ _TO_XYZ
    return result


def _xyz(chromaticity: tuple[float, float]) -> NDArray[np.float64]:
    x, y = chromaticity
    return np.array([x / y, 1.0, (1 - x - y) / y])


def photograph(
    scene: Pixels, *, light: str, stops: float, noise: float, quality: int, rng: np.random.Generator
) -> Picture:
    """The scene as a JPEG decoded again: light, exposure, photon and read noise, sRGB, 4:2:0.

    Args:
        scene: as it would look under D65, rightly exposed; may be over 1.
        stops: exposure, EV.
        noise: standard deviation at white, linear.
    """
    linear = np.maximum(scene @ light_matrix(light).T, 0.0) * 2.0**stops
    deviation = noise * np.sqrt(linear) + 0.1 * noise
    linear = linear + rng.normal(0.0, 1.0, linear.shape) * deviation
    encoded = cv2.imencode(".jpg", encode(linear)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB), np.uint8)


def encode(linear: Pixels) -> Picture:
    """To sRGB, 8 bits."""
    value = np.clip(linear, 0.0, 1.0)
    curve = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.round(255 * curve).astype(np.uint8)


def decode(srgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """From sRGB to linear."""
    value = srgb / 255.0
    linear: NDArray[np.float64] = np.where(
        value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
    )
    return linear
