"""From the colour of skin in a picture to a distribution over the ten Monk tones.

The error model: a swatch under a light is seen with an exposure that is off (a normal error of the
logarithm) and with a tint that is off (Student's t). The tint comes in two kinds: skin of the
swatch's own hue, which departs by flush, shine and what is reflected from beside it; and skin of
another hue, since people are mostly redder than the swatches (Thong et al. 2023: one dimension from
light to dark does not describe skin). The second kind tells little but how light the skin is, and
so it should. Tones are equally likely beforehand, lights are as likely as the ground says; what is
sure of the tone after the rest is summed out is the answer.

The values of the first kind are fitted to rendered heads by the logarithmic score
(``tests/quality/tune_tones.py``). Those of the second span measured skin, L* 30 to 65, a* 9 to 14,
b* 11 to 18 (Xiao et al. 2017, Skin Research and Technology 23(1)), and the training photos.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.light import FLOOR, lights, tint
from gencheck.bias.monk import swatches, to_linear

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tint:
    """A kind of error of ``log R/G, log B/G``: its centre and scales, and how common it is."""

    shift: tuple[float, float]
    scale: tuple[float, float]
    share: float


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """How skin in a picture departs from its swatch under the right light.

    Attributes:
        exposure: standard deviation of log G.
        level: of the light on a face, of that on a card before it.
        own: tint of skin that has the swatch's hue.
        other: tint of all other skin.
        tail: degrees of freedom of both.
    """

    exposure: float = 0.47
    level: float = 0.61
    own: Tint = Tint((0.0, 0.0), (0.030, 0.035), 0.9)
    other: Tint = Tint((0.25, 0.15), (0.2, 0.2), 0.1)
    tail: float = 5.0


MODEL = ErrorModel()


@dataclass(frozen=True, slots=True)
class ToneMasses:
    """What is believed of one face.

    Attributes:
        masses: of tones 1 to 10, ``float64 [10]``, sum 1.
        light: index of the likeliest of :func:`~gencheck.bias.light.lights`.
        misfit: of the tint, from the likeliest tone in the likeliest light, in scales of the nearer
            of both kinds of error.
    """

    masses: Floats
    light: int
    misfit: float


def tone_masses(skin: Floats, light_weights: Floats, model: ErrorModel = MODEL) -> ToneMasses:
    """The distribution over tones.

    Args:
        skin: linear R, G, B of skin, ``float64 [3]``.
        light_weights: logarithms, from :func:`~gencheck.bias.light.weigh_lights`.
    """
    away = _seen(skin) - _expected(model.level)
    own, other = (
        _log_density(away[..., 1:], tint, model.tail) for tint in (model.own, model.other)
    )
    fit = np.logaddexp(own, other) - 0.5 * (away[..., 0] / model.exposure) ** 2
    joint = fit + light_weights[:, None]
    light, tone = np.unravel_index(int(joint.argmax()), joint.shape)
    masses = np.exp(joint - joint.max()).sum(axis=0)
    return ToneMasses(masses / masses.sum(), int(light), _misfit(away[light, tone, 1:], model))


def _log_density(off: Floats, tint: Tint, tail: float) -> Floats:
    """Of a bivariate t, ``[..., 2]`` to ``[...]``, up to a constant."""
    squared = (((off - tint.shift) / tint.scale) ** 2).sum(axis=-1)
    height = np.log(tint.share / np.prod(tint.scale))
    result: Floats = height - (tail + 2) / 2 * np.log1p(squared / tail)
    return result


def _misfit(off: Floats, model: ErrorModel) -> float:
    kinds = (model.own, model.other)
    return float(min(np.hypot(*((off - kind.shift) / kind.scale)) for kind in kinds))


def under_daylight(skin: Floats, light: int) -> Floats:
    """The colour as it were under D65: linear, ``float64 [3]``, at least 0."""
    result: Floats = np.maximum(np.linalg.solve(lights().matrices[light], skin), 0.0)
    return result


@cache
def _expected(level: float) -> Floats:
    """Each swatch under each light as :func:`_seen`, ``float64 [L, 10, 3]``."""
    return _seen(level * np.einsum("lij,tj->lti", lights().matrices, to_linear(swatches())))


def _seen(linear: Floats) -> Floats:
    exposure = np.log(np.maximum(linear[..., 1:2], 0.0) + FLOOR)
    return np.concatenate([exposure, tint(np.maximum(linear, 0.0) + FLOOR)], axis=-1)
