"""What materials, textures and skins of planted files are made of: pictures, alpha, weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from made_gltf import MadeGltf
from numpy.typing import NDArray

Rng = np.random.Generator
Plant = Callable[[Rng], MadeGltf]
Pixels = NDArray[np.uint8]

SIDE = 96


def picture(rng: Rng, low: int = 60, high: int = 200, side: int = SIDE) -> Pixels:
    """Soft stains of colours between two levels."""
    coarse = rng.integers(low, high, (6, 6, 3)).astype(np.float64)
    stains = coarse.repeat(side // 6, axis=0).repeat(side // 6, axis=1)
    return np.clip(stains + rng.normal(0, 3, stains.shape), low, high).astype(np.uint8)


def with_alpha(rng: Rng, alpha: NDArray[np.integer]) -> Pixels:
    """Stains with an alpha of one's own."""
    return np.dstack([picture(rng), alpha.astype(np.uint8)])


def disc(soft: float = 0.0) -> NDArray[np.integer]:
    """Alpha 255 inside of a disc and 0 outside, with a rim that is ``soft`` of the radius wide."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE / 2) - 1
    inside = (0.8 - np.hypot(x, y)) / max(soft, 1e-9)
    return np.rint(255 * np.clip(inside + 0.5, 0, 1)).astype(np.int64)


def bumps_of(rng: Rng) -> Pixels:
    """A normal map of random bumps."""
    height = rng.normal(size=(8, 8)).repeat(SIDE // 8, axis=0).repeat(SIDE // 8, axis=1)
    slope = np.stack(np.gradient(height)[::-1], axis=-1)
    vectors = np.dstack([-slope, np.ones(height.shape)])
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.rint((vectors + 1) * 127.5).astype(np.uint8)


def weights_of(rng: Rng, per_vertex: int = 4) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Weights of 8 columns that sum to 1; each joint once at a vertex."""
    weights = np.zeros((24, 8), np.float32)
    weights[:, :per_vertex] = rng.random((24, per_vertex)) + 0.1
    joints = np.tile(np.arange(8, dtype=np.uint8), (24, 1))
    joints[weights == 0] = 0
    return weights / weights.sum(axis=1, keepdims=True), joints


def coloured(pixels: Pixels | bytes, **entry: Any) -> MadeGltf:
    """A cube with a base colour texture, and what else its material says."""
    made = MadeGltf()
    made.coloured(pixels, **entry)
    return made


def bumpy(rng: Rng, normals: Pixels) -> MadeGltf:
    """A coloured cube with a normal map."""
    made = MadeGltf()
    made.coloured(picture(rng), normalTexture={"index": made.texture(normals)})
    return made
