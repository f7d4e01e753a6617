"""Pictures as the image tower of an encoder takes them.

The sizes, colours and the way to resize are facts of the weights: they are read from the model's
configuration, where the recipe wrote them. Resizing is Pillow's, which is what the towers were
trained on: other libraries' bicubic differs by several grey levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gencheck.inference.backend import ModelSpec
from gencheck.vision.parameters import choice, numbers, unusable
from gencheck.vision.roles import Picture

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
_Area: TypeAlias = tuple[float, float, float, float]


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
    height, width = picture.shape[:2]
    area = (0.0, 0.0, float(width), float(height))
    if how.resize == "shortest":
        area = _middle(height, width, how.side)
    image = Image.fromarray(picture).resize(
        (how.side, how.side), _FILTERS[how.interpolation], box=area
    )
    return np.asarray(image)


def _middle(height: int, width: int, side: int) -> _Area:
    """The part of a picture that is the middle square once its shorter side is ``side``.

    Resizing that part alone gives the same pixels as resizing all and then cropping, and a picture
    of one row and a million columns costs no more than another.
    """
    shorter = min(height, width)
    tall, wide = (int(side * length / shorter) for length in (height, width))
    top, left = round((tall - side) / 2), round((wide - side) / 2)
    to_x, to_y = width / wide, height / tall
    return left * to_x, top * to_y, (left + side) * to_x, (top + side) * to_y
