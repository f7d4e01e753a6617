"""Pictures for the tests of detectors."""

from __future__ import annotations

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture, prepare
from gencheck.artifact.reading import Reading
from gencheck.findings import Box
from gencheck.media.types import Image

Pixels = NDArray[np.uint8]


def rgb(values: NDArray[np.generic]) -> Pixels:
    """Grey ``[H, W]`` or RGB ``[H, W, 3]`` values as ``uint8 [H, W, 3]``."""
    whole = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return whole if whole.ndim == 3 else np.repeat(whole[:, :, None], 3, axis=2)


def picture(values: NDArray[np.generic]) -> Picture:
    return prepare(Image(np.ascontiguousarray(rgb(values)), None, "PNG"))


def photo() -> Pixels:
    """``uint8 [512, 512, 3]``, never compressed."""
    return np.asarray(skimage.data.astronaut())


def texture(side: int = 512) -> NDArray[np.float64]:
    """Noise of a natural spectrum, 1/f in amplitude, around 128."""
    rng = np.random.default_rng(3)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    spectrum = np.fft.rfft2(rng.normal(size=(side, side))) / np.maximum(frequency, 1 / side)
    values = np.fft.irfft2(spectrum)
    return 128 + 35 * values / values.std()


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def worst(reading: Reading) -> float:
    return max(m.value for m in reading.measurements)


def best_iou(reading: Reading, truth: Box) -> float:
    """Intersection over union of the best of the boxes."""
    found = [m.region for m in reading.measurements if isinstance(m.region, Box)]
    return max((_iou(box, truth) for box in found), default=0.0)


def _iou(box: Box, truth: Box) -> float:
    width = min(box.x + box.width, truth.x + truth.width) - max(box.x, truth.x)
    height = min(box.y + box.height, truth.y + truth.height) - max(box.y, truth.y)
    inside = max(width, 0) * max(height, 0)
    return inside / (box.width * box.height + truth.width * truth.height - inside)
