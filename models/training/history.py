"""What happened to a picture before anyone looks at it: resizing and lossy coding.

Clean and damaged pictures get the same history from the same distribution, before the damage and
after it; a detector that told them apart by their codec would have learned nothing.
"""

from __future__ import annotations

import cv2
import numpy as np

from training.regions import Picture

Random = np.random.Generator

_RESIZES = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


def recoded(picture: Picture, rng: Random, *, lowest: int) -> Picture:
    """Once through JPEG or WebP, of a quality from ``lowest`` to 98."""
    quality = int(rng.integers(lowest, 99))
    if rng.random() < 0.95:
        kind, settings = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality]
    else:
        kind, settings = ".webp", [cv2.IMWRITE_WEBP_QUALITY, quality]
    _, data = cv2.imencode(kind, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def resized(picture: Picture, scale: float, rng: Random) -> Picture:
    """By a factor, with one of the usual filters; area averages where it shrinks by much."""
    way = cv2.INTER_AREA if scale < 0.7 else int(rng.choice(_RESIZES))
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=way), np.uint8)


def aged(picture: Picture, rng: Random, *, lowest: int = 70) -> Picture:
    """Coded lossily in two of three cases."""
    return recoded(picture, rng, lowest=lowest) if rng.random() < 0.65 else picture
