"""BLUR: whether even the sharpest part of the picture is soft."""

from __future__ import annotations

import cv2
import numpy as np

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite, tile_sums
from gencheck.findings import Measurement, Method

CHECK = "artifact.blur"
MIN_SIDE = 32
METHOD = Method(
    "re-blur ratio of the sharpest tenth",
    "1",
    "Crete et al., The blur effect, SPIE 6492, 2007; a tile at a time",
)
NOTICE = 0.32
"""Blur ratio from which a picture is soft; fixed on training photos."""

_TILE = 32
_REBLUR = 11  # pixels, as in the paper's figure and in skimage.measure.blur_effect
_SHARPEST = 10  # percentile of the tiles
_LEAST = 1.0  # mean step in luma levels below which a tile has nothing that could be sharp


def measure_blur(picture: Picture) -> Reading:
    """The blur ratio (0 sharp .. 1 blurred) of the sharpest tenth of the tiles.

    Depth of field behind a sharp subject is no defect, so only the sharpest part counts, and there
    is no region: a picture is soft as a whole or not at all. The map is given only where it is.
    Measured at the scale at which the picture is seen: every photo is soft pixel by pixel.
    """
    ratio, energy = blur_ratio(picture.work)
    judged = energy >= _LEAST
    if not judged.any():
        detail = "no tile with any contrast"
        return Reading((Measurement("BLUR", 0.0, CHECK, METHOD, detail=detail),))
    value = finite(float(np.percentile(ratio[judged], _SHARPEST)), high=1.0)
    detail = f"{int(judged.sum())} of {judged.size} tiles have contrast"
    level = np.where(judged, ratio / NOTICE, 0).astype(np.float32) if value >= NOTICE else None
    return Reading((Measurement("BLUR", value, CHECK, METHOD, detail=detail),), level)


def blur_ratio(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """Crete's blur ratio of each tile of 32×32, and its mean step in luma levels.

    Blurring again changes a sharp picture much and a soft one little: the ratio is the share of
    the steps between neighbours that a box blur leaves, the worse of the two directions.

    Returns:
        Two ``float32 [H // 32, W // 32]``.
    """
    values = grey.astype(np.float32)
    ratios, energies = [], []
    for shape, axis in (((_REBLUR, 1), 1), ((1, _REBLUR), 0)):
        again = cv2.blur(values, shape)
        before = np.abs(np.diff(values, axis=axis, append=values.take([-1], axis=axis)))
        after = np.abs(np.diff(again, axis=axis, append=again.take([-1], axis=axis)))
        lost = np.maximum(before - after, 0)
        steps = tile_sums(before, _TILE)
        ratios.append((steps - tile_sums(lost, _TILE)) / np.maximum(steps, 1e-6))
        energies.append(steps / _TILE**2)
    # A direction without steps (stripes) says nothing about sharpness: weigh by energy.
    total = np.maximum(energies[0] + energies[1], 1e-6)
    ratio = (ratios[0] * energies[0] + ratios[1] * energies[1]) / total
    return ratio.astype(np.float32), np.maximum(*energies).astype(np.float32)
