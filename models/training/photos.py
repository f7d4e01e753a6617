"""The clean photos that are trained on, and those that thresholds are fixed on.

``DATA`` is the folder of real material (``GENCHECK_DATA``), or one with the same layout. All are
of coco128/train2017, real_dreambooth, and what scikit-image carries; what the model is measured on
(coco128/val2017, real_kodak) is never listed here. Every tenth photo is held back from training:
thresholds are fixed on those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from training.regions import Picture

LONGEST = 960
"""Photos are shrunk to this longer side when they are read, pixels."""

HELD_BACK = 10
"""Every so many-th photo is not trained on."""

SCIKIT_IMAGE = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "color.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "moon.png",
    "motorcycle_left.png",
    "rocket.jpg",
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A clean photo with its name, such as ``train2017/000000000009.jpg``."""

    name: str
    pixels: Picture = field(repr=False)


def training_files(data: Path) -> list[Path]:
    """All photos of the training side, in a fixed order; missing folders give none."""
    import skimage.data

    carried = Path(skimage.data.__file__).parent
    return [
        *sorted((data / "coco128/images/train2017").glob("*.jpg")),
        *sorted((data / "real_dreambooth").glob("*/*.jpg")),
        *(carried / name for name in SCIKIT_IMAGE if (carried / name).is_file()),
    ]


def held_out_files(data: Path) -> list[Path]:
    """The photos that the model is measured on and nothing else: COCO val2017 and Kodak."""
    return [
        *sorted((data / "coco128/images/val2017").glob("*.jpg")),
        *sorted((data / "real_kodak").glob("*.png")),
    ]


def split(files: Sequence[Path], *, held_back: bool) -> list[Path]:
    """The tenth of the files that is held back, or the other nine."""
    return [file for i, file in enumerate(files) if (i % HELD_BACK == 0) == held_back]


def read_photo(path: Path, *, longest: int = LONGEST) -> Photo:
    """A photo in RGB, shrunk where it is larger.

    Raises:
        OSError: the file is no picture.
    """
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise OSError(f"{path} is no picture that can be read")
    scale = longest / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Photo(f"{path.parent.name}/{path.name}", np.ascontiguousarray(pixels[:, :, ::-1]))


def fingerprint(files: Sequence[Path]) -> str:
    """A sha256 over the names and bytes of the files, in their order."""
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.name.encode())
        whole.update(file.read_bytes())
    return whole.hexdigest()
