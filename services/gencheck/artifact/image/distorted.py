"""DISTORTED_REGION: a part that looks warped, melted, pasted or missing to a model.

Mask, box, score and heat map all come from the model's one map.
"""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.image.masks import mask_of
from gencheck.artifact.reading import FloatMap, Reading, finite
from gencheck.artifact.regions import Area, areas
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Method
from gencheck.vision.roles import ArtifactMap, ArtifactSegmenter, Picture

CHECK = "artifact.distorted_region"
MIN_SIDE = 64
METHOD = Method(
    "parts of a damage map",
    "1",
    "segmentation trained on made damage and sham edits (docs/training.md), after CutPaste (Li et "
    "al., arXiv:2104.04015) and self-blended images (Shiohara and Yamasaki, arXiv:2204.08376)",
)

BEGINS = 0.3
"""Probability of damage at which a part begins: of 0.2 to 0.6 the one with the best boxes.

This and all below are fixed on the training photos that were held back from training.
"""

FAINTEST = 0.5
"""Least score of a part that is measured at all: below it boxes are mostly chance."""

_LEAST_CELLS = 30
_MOST = 8
_NAMES = {
    "warp": "warped",
    "melt": "melted",
    "paste": "pasted in",
    "parts": "a part that is twice there, fused or gone",
    "hole": "filled in",
    "text": "letters that are none",
    "seam": "a tile that does not fit",
    "degrade": "worse in detail than the rest",
}


async def measure_distorted(
    picture: Picture, segmenter: ArtifactSegmenter, *, deadline: Deadline
) -> Reading:
    """Parts that look damaged to the model.

    Args:
        picture: ``uint8 [H, W, 3]`` RGB.

    Raises:
        What the model raises.
    """
    found = await segmenter.locate(picture, deadline=deadline)
    return await asyncio.to_thread(from_map, found, picture.shape[:2])


def from_map(found: ArtifactMap, size: tuple[int, ...]) -> Reading:
    """One measurement for each part that looks damaged, the surest first.

    Where none does it has no region. A part's score is the mean probability of damage, of whatever
    kind, over its cells.

    Args:
        size: height and width of the picture, pixels.
    """
    damage = np.asarray(found.probabilities.sum(axis=0), np.float32)
    level = damage / np.float32(BEGINS)
    parts = scored_parts(damage, (size[0], size[1]), faintest=FAINTEST)
    if not parts:
        highest = finite(min(float(damage.max(initial=0.0)), FAINTEST))
        detail = "no part looks damaged"
        return Reading(
            (Measurement("DISTORTED_REGION", highest, CHECK, METHOD, detail=detail),), level
        )
    return Reading(tuple(_measured(*part, found, size) for part in parts[:_MOST]), level)


def scored_parts(
    damage: FloatMap, size: tuple[int, int], *, faintest: float
) -> list[tuple[float, Area]]:
    """The parts of a map of damage that have 30 cells or more, each with its score, best first.

    Args:
        damage: probabilities ``float32 [h, w]`` over the whole picture.
        size: height and width of the picture, pixels.
        faintest: least score of a part.
    """
    least = _LEAST_CELLS / max(damage.size, 1)
    found = areas(damage, size, at_least=BEGINS, min_share=least)
    scored = [(finite(float(damage[area.cells].mean()), high=1.0), area) for area in found]
    kept = [part for part in scored if part[0] >= faintest]
    return sorted(kept, key=lambda part: -part[0])


def _measured(score: float, area: Area, found: ArtifactMap, size: tuple[int, ...]) -> Measurement:
    region = mask_of(area.cells, (size[0], size[1]))
    detail = kinds_of(found, area.cells)
    return Measurement("DISTORTED_REGION", score, CHECK, METHOD, region, detail)


def kinds_of(found: ArtifactMap, cells: NDArray[np.bool_]) -> str:
    """What the damage of a part looks like most, in words: ``warped (0.81)``."""
    shares = found.probabilities[:, cells].mean(axis=1)
    best = int(shares.argmax())
    kind = found.classes[best]
    return f"looks {_NAMES.get(kind, kind)} ({shares[best]:.2f})"
