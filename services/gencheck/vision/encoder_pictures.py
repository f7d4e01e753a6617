"""Pictures as the image tower of an encoder takes them.

The sizes, colours and the way to resize are facts of the weights: they are read from the model's
configuration, where the recipe wrote them. Resizing is Pillow's, which is what the towers were
trained on: other libraries' bicubic differs by several grey levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gencheck.inference.backend import ModelSpec
from gencheck.vision.parameters import choice, numbers, unusable
from gencheck.vision.roles import Picture

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
_LONGEST = 16
"""Longer side over shorter side: beyond it a picture is cropped before it is resized."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a tower wants its pictures.

    Attributes:
        side: of the square input, in pixels.
        resize: ``shortest``: the shorter side fits and the middle is kept; ``squash``: both sides
            fit, whatever that does to the proportions.
        interpolation: ``bicubic`` or ``bilinear``.
        mean, std: of each of R, G, B, on a scale of 0..1.
    """

    side: int
    resize: str
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, spec: ModelSpec) -> Preparation:
        """What the model's configuration says.

        Raises:
            ModelNotReady: it says too little, or nothing that is known here.
        """
        shape = spec.inputs[0].shape
        if len(shape) != 4 or shape[1] != 3 or shape[2] != shape[3] or shape[2] < 1:
            raise unusable(spec, f"its input {shape} is no square picture")
        std = numbers(spec, "std", count=3)
        if min(std) <= 0:
            raise unusable(spec, "its parameter std is not positive")
        return cls(
            side=shape[2],
            resize=choice(spec, "resize", ("shortest", "squash")),
            interpolation=choice(spec, "interpolation", tuple(_FILTERS)),
            mean=numbers(spec, "mean", count=3),
            std=std,
        )


def prepare(pictures: Sequence[Picture], how: Preparation) -> NDArray[np.float32]:
    """``float32 [n, 3, side, side]``, RGB."""
    small = np.stack([_fit(picture, how) for picture in pictures]).astype(np.float32)
    mean, std = np.asarray(how.mean, np.float32), np.asarray(how.std, np.float32)
    return np.ascontiguousarray(((small / 255 - mean) / std).transpose(0, 3, 1, 2))


def _fit(picture: Picture, how: Preparation) -> Picture:
    """The picture as ``uint8 [side, side, 3]``."""
    tall = wide = how.side
    if how.resize == "shortest":
        picture = _not_too_long(picture)
        height, width = picture.shape[:2]
        shorter = min(height, width)
        tall, wide = (int(how.side * length / shorter) for length in (height, width))
    image = Image.fromarray(picture).resize((wide, tall), _FILTERS[how.interpolation])
    top, left = round((tall - how.side) / 2), round((wide - how.side) / 2)
    return np.asarray(image)[top : top + how.side, left : left + how.side]


def _not_too_long(picture: Picture) -> Picture:
    """The middle of a picture that is much longer than wide, as no more of it will be seen.

    One of two rows and a million columns would otherwise become as large as a thousand pictures.
    """
    height, width = picture.shape[:2]
    most = _LONGEST * min(height, width)
    top, left = max(0, height - most) // 2, max(0, width - most) // 2
    return np.ascontiguousarray(picture[top : top + most, left : left + most])
