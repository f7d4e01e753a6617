"""Edits that leave no visible defect, made with the same tools as damage and labelled clean.

Without them a detector learns to look for the traces of blending, not for what is wrong with a
picture (arXiv:2605.10334). Arguments and results as in ``families``.
"""

from __future__ import annotations

import cv2
import numpy as np

from training.families import poisson
from training.history import recoded
from training.regions import Picture, Region, blend, feathered

Random = np.random.Generator


def self_blend(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """The region's own content, cloned onto itself by Poisson's equation."""
    before = region.of(picture)
    return poisson(before, before, region, mixed=bool(rng.random() < 0.3))


def recoded_blend(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """The region's own content after a further JPEG or WebP, laid over itself."""
    before = region.of(picture)
    again = recoded(before, rng, lowest=70)
    return blend(before, again, feathered(region.mask, rng.choice((0, 1, 2, 4))))


def aligned_paste(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """The region's own content, resampled or a shade brighter, pasted where it was."""
    before = region.of(picture)
    other = before.astype(np.float32)
    if rng.random() < 0.6:
        scale = rng.uniform(0.8, 1.6)
        bigger = cv2.resize(before, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        again = cv2.resize(bigger, before.shape[1::-1], interpolation=cv2.INTER_AREA)
        other = again.astype(np.float32)
    other = other * rng.uniform(0.985, 1.015) + rng.uniform(-1.5, 1.5)
    return blend(before, other, feathered(region.mask, rng.choice((0, 1, 2, 4))))


def retouched(picture: Picture, region: Region, rng: Random, donor: Picture) -> Picture:
    """Slightly sharpened, or with a little grain, as any editor does to a face."""
    before = region.of(picture).astype(np.float32)
    if rng.random() < 0.5:
        other = before + rng.uniform(0.1, 0.4) * (before - cv2.GaussianBlur(before, (0, 0), 1))
    else:
        other = before + rng.standard_normal(before.shape, dtype=np.float32) * rng.uniform(0.5, 2.5)
    return blend(region.of(picture), other, feathered(region.mask, rng.choice((0, 2, 6))))


def shallow_focus(picture: Picture, rng: Random) -> Picture:
    """The whole picture but for one part softly out of focus: depth of field is no defect."""
    rows, columns = picture.shape[:2]
    y, x = np.linspace(0, 1, 64)[:, None], np.linspace(0, 1, 64)[None, :]
    centre, reach = rng.uniform(0.25, 0.75, 2), rng.uniform(0.2, 0.45, 2)
    distance = np.hypot((y - centre[0]) / reach[0], (x - centre[1]) / reach[1])
    far = np.clip((distance - 1) / rng.uniform(0.15, 0.6), 0, 1).astype(np.float32)
    far = cv2.resize(far, (columns, rows), interpolation=cv2.INTER_LINEAR)[:, :, None]
    soft = cv2.GaussianBlur(picture, (0, 0), rng.uniform(1.5, 5))
    return blend(picture, soft, far)
