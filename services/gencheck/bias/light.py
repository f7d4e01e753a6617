"""Which light a picture was taken in, as weights over the lights that lamps and the sky give.

Nobody knows the light of a picture for sure, so no single guess is made: every light between
candles' and a blue sky's stays possible, as far as what is seen beside the faces allows. Each piece
of the ground speaks for the lights that would make it grey. Grey-world (Buchsbaum 1980) and
shades-of-grey (Finlayson and Trezzi 2004) average the pieces; here they multiply as heavy-tailed
likelihoods do, so that one red wall does not outvote a room.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.bias.monk import to_linear
from gencheck.vision.roles import Face, Picture

Floats = NDArray[np.float64]

MIREDS = 153.75 + 10.0 * np.arange(-4, 21)
"""Reciprocal colour temperatures of the lights, 8,800 to 2,800 K, about equal steps to the eye; one
is D65, the white of sRGB."""
FLOOR = 1e-3
"""Linear; under it the logarithm of 8-bit values says nothing."""
CONFIDENCE = 3.4
"""How many independent pieces of ground a picture is worth (``tests/quality/tune_tones.py``)."""
_PIECES = 32
_MIN_PIECES = 24
_CLIPPED, _BLACK = 246, 12
_NEAR = 0.01
_FAR = 0.9
"""How far the ground's tints may typically be from a light; in 1 % of rendered rooms it is more."""

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_WHITE = (0.31272, 0.32903)


@dataclass(frozen=True, slots=True)
class Lights:
    """The lights that are considered.

    Attributes:
        matrices: ``float64 [L, 3, 3]``, from linear sRGB under D65 to linear sRGB under the light.
        tints: ``float64 [L, 2]``, :func:`tint` of a white surface.
    """

    matrices: Floats
    tints: Floats


@cache
def lights() -> Lights:
    """Daylight (CIE 15:2018) from 5,000 K, black bodies (Krystek 1985) below, by Bradford."""
    matrices = np.array([_matrix(chromaticity(1e6 / mired)) for mired in MIREDS])
    return Lights(matrices, tint(matrices @ np.ones(3)))


def tint(linear: Floats) -> Floats:
    """``log(R / G), log(B / G)`` of linear colours ``[..., 3]``: what exposure does not change."""
    logs = np.log(np.maximum(linear, FLOOR))
    return np.stack([logs[..., 0] - logs[..., 1], logs[..., 2] - logs[..., 1]], axis=-1)


def weigh_lights(picture: Picture, faces: Sequence[Face]) -> Floats | None:
    """How well each of :func:`lights` explains what is beside the faces.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB.

    Returns:
        Logarithms of weights, the best 0, ``float64 [L]``; ``None`` where too little is seen, or
        where it looks like no light of a lamp or the sky.
    """
    ground = _ground(picture, faces)
    if len(ground) < _MIN_PIECES:
        return None
    away = ((tint(ground)[:, None] - lights().tints) ** 2).sum(axis=2)
    typical = np.log(away + _NEAR**2).mean(axis=0)
    if typical.min() > 2 * math.log(_FAR):
        return None
    result: Floats = -CONFIDENCE * (typical - typical.min())
    return result


def _ground(picture: Picture, faces: Sequence[Face]) -> Floats:
    """Mean colours of pieces without face, hair, neck, or lost detail: linear ``[N, 3]``."""
    step = max(picture.shape[:2]) / _PIECES
    size = [max(1, round(length / step)) for length in (picture.shape[1], picture.shape[0])]
    pieces = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    brightest = pieces.max(axis=2)
    keep = (brightest < _CLIPPED) & (brightest > _BLACK)
    y, x = (np.mgrid[: size[1], : size[0]] + 0.5) * step
    for face in faces:
        box = face.box
        beside = (x - box.x < -0.25 * box.width) | (x - box.x > 1.25 * box.width)
        keep &= beside | (y - box.y < -0.35 * box.height) | (y - box.y > 1.3 * box.height)
    return to_linear(pieces[keep])


def _matrix(chromaticity: tuple[float, float]) -> Floats:
    white, light = (_BRADFORD @ _xyz(*at) for at in (_WHITE, chromaticity))
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(light / white) @ _BRADFORD
    result: Floats = np.linalg.inv(_TO_XYZ) @ adapt @ _TO_XYZ
    return result


def _xyz(x: float, y: float) -> Floats:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def chromaticity(kelvin: float) -> tuple[float, float]:
    """CIE 1931 x, y of daylight or, below 5,000 K, of a black body."""
    k = kelvin
    if k >= 5000:
        if k <= 7000:
            x = -4.6070e9 / k**3 + 2.9678e6 / k**2 + 0.09911e3 / k + 0.244063
        else:
            x = -2.0064e9 / k**3 + 1.9018e6 / k**2 + 0.24748e3 / k + 0.237040
        return x, -3 * x**2 + 2.87 * x - 0.275
    u = (0.860117757 + 1.54118254e-4 * k + 1.28641212e-7 * k**2) / (
        1 + 8.42420235e-4 * k + 7.08145163e-7 * k**2
    )
    v = (0.317398726 + 4.22806245e-5 * k + 4.20481691e-8 * k**2) / (
        1 - 2.89741816e-5 * k + 1.61456053e-7 * k**2
    )
    scale = 2 * u - 8 * v + 4
    return 3 * u / scale, 2 * v / scale
