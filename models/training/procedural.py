"""Scenes drawn by formula: graded backgrounds, soft and hard shapes, texture, text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.fields import smooth_noise
from training.lettering import legible
from training.regions import Picture, Region, blend, choose_region

Random = np.random.Generator


def draw_scene(height: int, width: int, rng: Random) -> Picture:
    """A scene of up to 8 shapes, ``uint8 [height, width, 3]``."""
    scene = _shade(height, width, rng)
    for _ in range(int(rng.integers(3, 9))):
        region = choose_region(scene, rng, smallest=24, largest=0.5 * min(height, width))
        opacity: cv2.typing.MatLike = region.mask.astype(np.float32)
        soft = rng.choice((0.0, 0.7, 2.0, 6.0))
        if soft:
            opacity = cv2.GaussianBlur(opacity, (0, 0), soft)
        tall, wide = region.mask.shape
        shape = _shade(tall, wide, rng)
        cover = np.asarray(opacity, np.float32)[:, :, None]
        scene[region.slices] = blend(region.of(scene), shape, cover)
    for _ in range(int(rng.integers(0, 3))):
        _letter(scene, rng)
    grain = rng.standard_normal(scene.shape, dtype=np.float32) * rng.uniform(0, 5)
    return np.clip(np.rint(scene + grain), 0, 255).astype(np.uint8)


def _letter(scene: Picture, rng: Random) -> None:
    tall = int(rng.integers(16, 40))
    wide = min(int(tall * rng.uniform(2.5, 6)), scene.shape[1] - 2)
    top = int(rng.integers(0, scene.shape[0] - tall))
    left = int(rng.integers(0, scene.shape[1] - wide))
    region = Region(top, left, np.ones((tall, wide), np.bool_))
    scene[region.slices] = legible(scene, region, rng, scene)


def _shade(height: int, width: int, rng: Random) -> NDArray[np.uint8]:
    """A colour, graded, with fractal noise, stripes or squares."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    colour = rng.uniform(20, 235, 3).astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    down, right = np.float32(np.sin(angle)), np.float32(np.cos(angle))
    along = rows * down + columns * right
    ramp = along / max(height, width)
    shade = colour + ramp[:, :, None] * rng.normal(0, 50, 3).astype(np.float32)
    kind = rng.random()
    if kind < 0.5:
        strength = rng.uniform(5, 40)
        texture = np.zeros((height, width), np.float32)
        for octave in range(3):
            cells = min(3 * 2.5**octave, max(height, width) / 2)
            texture += strength * 0.6**octave * smooth_noise(height, width, rng, cells=cells)
        shade += texture[:, :, None]
    elif kind < 0.75:
        period = rng.uniform(6, 40)
        stripes = np.sign(np.sin(along * (2 * np.pi / period)))
        if rng.random() < 0.4:
            across = rows * right - columns * down
            stripes = stripes * np.sign(np.sin(across * (2 * np.pi / period)))
        shade += stripes[:, :, None] * rng.normal(0, 25, 3).astype(np.float32)
    return np.asarray(np.clip(shade, 0, 255), np.uint8)
