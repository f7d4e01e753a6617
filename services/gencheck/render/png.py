"""Arrays as PNG files."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of ``uint8 [H, W]`` grey or ``[H, W, 3]`` RGB pixels."""
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)
    ok, encoded = cv2.imencode(".png", pixels)
    if not ok:
        raise ValueError(f"no PNG can be made of an array of shape {pixels.shape}")
    return encoded.tobytes()
