"""Pictures that the tests of detectors share: procedural ones, and one real photo."""

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


def to_bytes(values: NDArray[np.generic]) -> Pixels:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def rgb(values: NDArray[np.generic]) -> Pixels:
    """Grey ``[H, W]`` or RGB ``[H, W, 3]`` values as ``uint8 [H, W, 3]``."""
    whole = to_bytes(values)
    return whole if whole.ndim == 3 else np.repeat(whole[:, :, None], 3, axis=2)


def picture(values: NDArray[np.generic], alpha: NDArray[np.generic] | None = None) -> Picture:
    """The prepared view of grey ``[H, W]`` or RGB ``[H, W, 3]`` values."""
    opacity = None if alpha is None else to_bytes(alpha)
    return prepare(Image(np.ascontiguousarray(rgb(values)), opacity, "PNG"))


def photo() -> Pixels:
    """``uint8 [512, 512, 3]``, never compressed."""
    return np.asarray(skimage.data.astronaut())


def texture(seed: int = 3, side: int = 512) -> NDArray[np.float64]:
    """Noise of a natural spectrum, 1/f in amplitude: ``float64 [side, side]`` around 128."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    spectrum = np.fft.rfft2(rng.normal(size=(side, side))) / np.maximum(frequency, 1 / side)
    values = np.fft.irfft2(spectrum)
    return 128 + 35 * values / values.std()


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def worst(reading: Reading) -> float:
    return max(m.value for m in reading.measurements)


def bricks(wobble: int, seed: int = 0) -> NDArray[np.float64]:
    """A wall ``[512, 640]`` of bricks of 64×32, whose edges wobble by so many pixels."""
    rng = np.random.default_rng(seed)
    wall = np.full((512, 640), 175.0)
    for row, top in enumerate(range(0, 512, 32)):
        for left in range(-(row % 2) * 32, 640, 64):
            a, b, c, d = rng.integers(-wobble, wobble + 1, 4)
            brick = np.s_[max(top + 3 + a, 0) : top + 31 + b, max(left + 3 + c, 0) : left + 63 + d]
            wall[brick] = 110 + rng.normal(0, 20)
    grain = cv2.GaussianBlur(rng.normal(0, 8, wall.shape), (0, 0), 1.2)
    return wall + grain + rng.normal(0, 1.5, wall.shape)


def best_iou(reading: Reading, truth: Box) -> float:
    """Intersection over union of the best of the boxes."""
    found = [m.region for m in reading.measurements if isinstance(m.region, Box)]
    return max((iou(box, truth) for box in found), default=0.0)


def iou(box: object, truth: Box) -> float:
    assert isinstance(box, Box)
    width = min(box.x + box.width, truth.x + truth.width) - max(box.x, truth.x)
    height = min(box.y + box.height, truth.y + truth.height) - max(box.y, truth.y)
    inside = max(width, 0) * max(height, 0)
    return inside / (box.width * box.height + truth.width * truth.height - inside)
