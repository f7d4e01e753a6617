"""Damage to the signal of a shape: blur, noise, ringing, blocks, large pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.regions import Picture, Region, blend, feathered

Random = np.random.Generator


def degrade(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """One signal fault, within the region only; arguments as in ``families``."""
    before = region.of(picture)
    fault = (_blurred, _noisy, _ringing, _blocky, _pixelated)[rng.integers(5)]
    return blend(before, fault(before, rng), feathered(region.mask, rng.choice((0, 1, 3))))


def _blurred(before: Picture, rng: Random) -> NDArray[np.generic]:
    if rng.random() < 0.6:
        return cv2.GaussianBlur(before, (0, 0), rng.uniform(3, 7))
    length = int(rng.integers(11, 24))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = (length - 1) / 2 * np.asarray([np.cos(angle), np.sin(angle)])
    middle = (length - 1) / 2
    ends = [np.rint(middle + sign * reach).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return cv2.filter2D(before, -1, kernel / kernel.sum())


def _noisy(before: Picture, rng: Random) -> NDArray[np.generic]:
    shape = before.shape if rng.random() < 0.6 else (*before.shape[:2], 1)
    noise = rng.standard_normal(shape, dtype=np.float32) * rng.uniform(20, 50)
    if rng.random() < 0.4:
        soft = cv2.GaussianBlur(noise, (0, 0), 1)
        return before + np.atleast_3d(soft) * 2
    return before + noise


def _ringing(before: Picture, rng: Random) -> NDArray[np.generic]:
    """An ideal low pass, whose edges ring, or a halo of too much sharpening."""
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(before, (0, 0), rng.uniform(1, 3)).astype(np.float32)
        return before + rng.uniform(3, 6) * (before - soft)
    cut = rng.uniform(0.05, 0.11)
    spectrum = np.fft.rfft2(before, axes=(0, 1))
    rows = np.abs(np.fft.fftfreq(before.shape[0]))[:, None]
    columns = np.fft.rfftfreq(before.shape[1])[None, :]
    spectrum[np.maximum(rows, columns) > cut] = 0
    return np.fft.irfft2(spectrum, before.shape[:2], axes=(0, 1))


def _blocky(before: Picture, rng: Random) -> NDArray[np.generic]:
    """JPEG of a quality between 2 and 6."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(2, 7))]
    _, data = cv2.imencode(".jpg", before, quality)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _pixelated(before: Picture, rng: Random) -> NDArray[np.generic]:
    cell = int(rng.integers(6, 15))
    height, width = before.shape[:2]
    small = (max(1, width // cell), max(1, height // cell))
    coarse = cv2.resize(before, small, interpolation=cv2.INTER_AREA)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
