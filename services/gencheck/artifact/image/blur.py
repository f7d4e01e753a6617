"""BLUR: whether even the sharpest part of the picture is soft, or a patch within sharp detail."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import FloatMap, Grey, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.findings import Measurement, Method

CHECK = "artifact.blur"
MIN_SIDE = 32
METHOD = Method(
    "re-blur ratio of the sharpest tenth, and of patches within sharp detail",
    "2",
    "Crete et al., The blur effect, SPIE 6492, 2007; a tile at a time",
)
NOTICE = 0.32
"""Blur ratio from which a picture is soft; fixed on training photos."""

_TILE = 32
_REBLUR = 11  # pixels, as in the paper's figure and in skimage.measure.blur_effect
_SHARPEST = 10  # percentile of the tiles
_LEAST = 1.0  # mean step in luma levels below which a tile has nothing that could be sharp
_CELL = 16  # pixels a side of what a patch is made of
_FINE = 0.3  # fine detail as a share of coarse detail, below which a cell is soft
_COARSE = 0.7  # luma levels of coarse detail below which a cell has nothing to be soft
_LEAP = 2.0  # how much more fine detail the surroundings must have
_AROUND = 0.7  # share of the surroundings that must have it
_MIN_SHARE = 0.02  # of the picture


def measure_blur(picture: Picture) -> Reading:
    """The blur ratio (0 sharp .. 1 blurred) of the sharpest tenth of the tiles, and of patches.

    Depth of field behind a sharp subject is no defect: of the whole only the sharpest part counts,
    and soft parts that reach the border of the picture or fade into what is sharp are left alone.
    A patch is soft, holds coarse detail, and has sharp detail right beside it on all sides.
    Measured at the scale at which the picture is seen: every photo is soft pixel by pixel.
    """
    ratio, energy = blur_ratio(picture.work)
    judged = energy >= _LEAST
    if not judged.any():
        detail = "no tile with any contrast"
        return Reading((Measurement("BLUR", 0.0, CHECK, METHOD, detail=detail),))
    value = finite(float(np.percentile(ratio[judged], _SHARPEST)), high=1.0)
    detail = f"{int(judged.sum())} of {judged.size} tiles have contrast"
    whole = Measurement("BLUR", value, CHECK, METHOD, detail=detail)
    if value >= NOTICE:
        return Reading((whole,), np.where(judged, ratio / NOTICE, 0).astype(np.float32))
    patches = soft_patches(picture.work)
    if not patches.any():
        return Reading((whole,))
    size = (patches.shape[1], patches.shape[0])
    softness = cv2.resize(ratio, size, interpolation=cv2.INTER_LINEAR)
    level = np.where(patches, np.maximum(softness / NOTICE, 1), 0).astype(np.float32)
    found = [_patch(level, area) for area in areas(level, picture.size)]
    return Reading((*found, whole), level)


def _patch(level: FloatMap, area: Area) -> Measurement:
    value = finite(float(level[area.cells].mean()) * NOTICE, high=1.0)
    detail = f"a soft patch of {area.share:.0%} of the picture within sharp detail"
    return Measurement("BLUR", value, CHECK, METHOD, area.box, detail)


def blur_ratio(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """Crete's blur ratio of each tile of 32×32, and its mean step in luma levels.

    Blurring again changes a sharp picture much and a soft one little: the ratio is the share of
    the steps between neighbours that a box blur leaves, the worse of the two directions. A step
    of the blurred picture is the difference of two pixels eleven apart, over eleven.

    Returns:
        Two ``float32 [H // 32, W // 32]``.
    """
    ratios, energies = [], []
    for turned in (grey, np.ascontiguousarray(grey.T)):
        steps, kept = np.zeros(turned.shape, np.uint16), np.zeros(turned.shape, np.uint16)
        if turned.shape[1] > _REBLUR:
            half = _REBLUR // 2
            inner = slice(half, turned.shape[1] - half - 1)
            near = cv2.absdiff(turned[:, half : -half - 1], turned[:, half + 1 : -half or None])
            far = cv2.absdiff(turned[:, :-_REBLUR], turned[:, _REBLUR:])
            steps[:, inner] = near.astype(np.uint16) * _REBLUR
            kept[:, inner] = np.minimum(steps[:, inner], far)
        before, after = _tile_means(steps), _tile_means(kept)
        tiles = (before, after) if turned is grey else (before.T, after.T)
        energies.append(tiles[0] / _REBLUR)
        ratios.append(tiles[1] / np.maximum(tiles[0], 1e-6))
    # A direction without steps (stripes) says nothing about sharpness: weigh by energy.
    total = np.maximum(energies[0] + energies[1], 1e-6)
    ratio = (ratios[0] * energies[0] + ratios[1] * energies[1]) / total
    return ratio.astype(np.float32), np.maximum(*energies).astype(np.float32)


def _tile_means(values: NDArray[np.uint16], tile: int = _TILE) -> FloatMap:
    """Means over whole tiles; the rest at the edges is left."""
    rows, columns = values.shape[0] // tile, values.shape[1] // tile
    if rows == 0 or columns == 0:
        return np.zeros((rows, columns), np.float32)
    whole = values[: rows * tile, : columns * tile].astype(np.float32)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def soft_patches(grey: Grey) -> NDArray[np.bool_]:
    """Cells of 16×16 that lie in a soft patch within sharp detail: ``bool [H // 16, W // 16]``."""
    fine, coarse = _detail(grey)
    sharpness = np.asarray(fine / np.maximum(coarse, 1e-3), np.float32)
    textured = coarse >= _COARSE
    near = np.ones((3, 3), np.uint8)
    closed = cv2.morphologyEx(
        (textured & (sharpness < _FINE)).astype(np.uint8), cv2.MORPH_CLOSE, near
    )
    soft = cv2.morphologyEx(closed, cv2.MORPH_OPEN, near)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(soft, connectivity=4)
    out = np.zeros(soft.shape, np.bool_)
    for part in range(1, count):
        x, y, width, height, size = (int(v) for v in stats[part])
        inside = x > 0 and y > 0 and x + width < soft.shape[1] and y + height < soft.shape[0]
        if inside and size >= _MIN_SHARE * soft.size:
            here = labels == part
            out |= here & _stands_alone(here, sharpness, textured)
    return out


def _stands_alone(
    here: NDArray[np.bool_], sharpness: FloatMap, textured: NDArray[np.bool_]
) -> bool:
    """Whether there is sharp detail all around a soft part."""
    rim = cv2.dilate(here.astype(np.uint8), np.ones((3, 3), np.uint8))  # cells that hold some of it
    beyond = (cv2.dilate(rim, np.ones((5, 5), np.uint8)) > rim) & textured
    every = cv2.dilate(rim, np.ones((5, 5), np.uint8)).sum() - rim.sum()
    if beyond.sum() < every / 2:
        return False
    sharp = sharpness[beyond] > _LEAP * float(np.median(sharpness[here]))
    return bool(sharp.mean() >= _AROUND)


def _detail(grey: Grey) -> tuple[FloatMap, FloatMap]:
    """Mean absolute detail below about 1 pixel, and of 2 to 5 pixels: cells of 16×16, smoothed."""
    rows, columns = grey.shape[0] // _CELL, grey.shape[1] // _CELL
    values = grey[: rows * _CELL, : columns * _CELL].astype(np.float32)
    if values.size == 0:
        return np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32)
    fine = cv2.absdiff(values, cv2.GaussianBlur(values, (5, 5), 1.0))
    small = cv2.resize(values, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    coarse = cv2.absdiff(
        cv2.GaussianBlur(small, (3, 3), 0.6), cv2.GaussianBlur(small, (7, 7), 1.25)
    )
    means = (cv2.resize(v, (columns, rows), interpolation=cv2.INTER_AREA) for v in (fine, coarse))
    smooth_fine, smooth_coarse = (np.asarray(cv2.blur(v, (3, 3)), np.float32) for v in means)
    return smooth_fine, smooth_coarse
