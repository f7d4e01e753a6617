"""Rendered portraits, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest

from gencheck.bias.monk import swatches
from gencheck.findings import Box
from gencheck.vision.roles import Face, Picture

Portrait: TypeAlias = Callable[..., tuple[Picture, Face]]
Relight: TypeAlias = Callable[[Picture, tuple[float, float, float]], Picture]


@pytest.fixture
def portrait() -> Portrait:
    return _portrait


@pytest.fixture
def relight() -> Relight:
    return _relight


def _portrait(tone: int, *, size: int = 120, grey: int = 128) -> tuple[Picture, Face]:
    """A face of one tone on neutral grey, with eyes, brows, mouth and hair, and slight noise."""
    picture = np.full((3 * size, 3 * size, 3), grey, np.uint8)
    yy, xx = np.mgrid[: 3 * size, : 3 * size] / size - 1.5
    picture[(xx / 0.56) ** 2 + ((yy + 0.12) / 0.72) ** 2 < 1] = (40, 30, 25)
    picture[(xx / 0.5) ** 2 + (yy / 0.65) ** 2 < 1] = swatches()[tone - 1]
    marks = np.array([(-0.2, -0.1), (0.2, -0.1), (0.0, 0.1), (-0.15, 0.3), (0.15, 0.3)])
    for x, y in marks[[0, 1]]:
        picture[((xx - x) / 0.08) ** 2 + ((yy - y) / 0.04) ** 2 < 1] = (35, 30, 30)
    picture[(xx / 0.17) ** 2 + ((yy - 0.3) / 0.04) ** 2 < 1] = (150, 60, 60)
    noise = np.random.default_rng(tone).normal(0, 1.5, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    box = Box(size, 0.85 * size, size, 1.3 * size)
    return picture, Face(box, 0.9, ((marks + 1.5) * size).astype(np.float32))


def _relight(picture: Picture, gains: tuple[float, float, float]) -> Picture:
    """The picture under another light: gains on linear RGB."""
    value = picture / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear * np.array(gains), 0, 1)
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * back).astype(np.uint8)
