"""Boxes found against boxes made: matching, average precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gencheck.findings import Box

OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Scored:
    """A box that was found, with its score."""

    box: Box
    score: float


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    tall = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    shared = max(wide, 0.0) * max(tall, 0.0)
    return shared / (a.width * a.height + b.width * b.height - shared)


def hits(found: Sequence[Scored], made: Sequence[Box], least: float = OVERLAP) -> list[bool]:
    """For each found box, best score first, whether it is the first to hit one that was made."""
    free = list(made)
    right = []
    for one in sorted(found, key=lambda s: -s.score):
        best = max(free, key=lambda box: overlap(one.box, box), default=None)
        hit = best is not None and overlap(one.box, best) >= least
        if hit and best is not None:
            free.remove(best)
        right.append(hit)
    return right


def average_precision(
    pictures: Sequence[tuple[Sequence[Scored], Sequence[Box]]], least: float = OVERLAP
) -> float:
    """Area under precision over recall, precision made monotone (COCO's, at every recall).

    Args:
        pictures: of each what was found and what was made. One with nothing made counts too: all
            that is found there is wrong.
    """
    scores, right = [], []
    for found, made in pictures:
        scores += sorted(-one.score for one in found)
        right += hits(found, made, least)
    total = sum(len(made) for _, made in pictures)
    if not scores or not total:
        return 0.0
    order = np.argsort(scores, kind="stable")
    good = np.cumsum(np.asarray(right)[order])
    precision = good / np.arange(1, len(good) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    recall = np.concatenate([[0.0], good / total])
    return float((np.diff(recall) * best).sum())
