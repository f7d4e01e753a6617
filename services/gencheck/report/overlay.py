"""A picture with its heat map over it, as one PNG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 2048
"""Longest side of what is drawn, pixels."""

_HOT = np.asarray([235, 30, 15], np.float32)  # RGB
_MOST = 0.8  # of the colour, where it is hottest: what is below stays visible
_COLD = 64  # half of where a region begins: what is measured everywhere is no place to show


def overlay(pixels: NDArray[np.uint8], heat_map: bytes, *, side: int = SIDE) -> bytes:
    """The picture in grey, red where it is damaged.

    Args:
        pixels: ``uint8 [H, W, 3]`` RGB.
        heat_map: PNG of the same sides' ratio, grey, 255 is worst.
    """
    heat = cv2.imdecode(np.frombuffer(heat_map, np.uint8), cv2.IMREAD_GRAYSCALE)
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    warm = np.clip((np.asarray(heat, np.float32) - _COLD) / (255 - _COLD), 0, 1)
    share = _MOST * cv2.resize(warm, size)[:, :, None]
    drawn = np.rint(0.85 * grey * (1 - share) + _HOT * share).astype(np.uint8)
    _, png = cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))
    return png.tobytes()
