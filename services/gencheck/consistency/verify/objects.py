"""Things and their colour, by what an object detector finds.

Probabilities come from the detector's calibration, so nothing here has a threshold of its own;
``tests/quality/evaluate_consistency.py`` prints how often they are right on val2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify import colours
from gencheck.consistency.verify.answer import Answer, Seen, likely, uncertain
from gencheck.consistency.verify.looks import judge_patch
from gencheck.findings import Box
from gencheck.vision.calibration import Calibration
from gencheck.vision.roles import DetectedObject, Picture, PixelMask

ROLE = "ObjectDetector"
PRESENT_SCORE = 0.45
"""From this score on a thing counts as seen where scores are not calibrated."""
_COLOUR_SIDE = 96
"""Pixels on the shorter side of a box that tell its colour: of a larger one every n-th."""
MOST_COLOURED = 6
"""Things whose colour is measured; one that has the colour is enough."""


def of_label(objects: Sequence[DetectedObject], label: str) -> list[DetectedObject]:
    """Detections of one class."""
    return [found for found in objects if found.label == label]


def seen_boxes(
    label: str, objects: Sequence[DetectedObject], calibration: Calibration
) -> list[tuple[Box, float]]:
    """Boxes that rather hold the thing than not, and the probability that each does."""
    rated = [(thing.box, calibration.right(thing.score)) for thing in of_label(objects, label)]
    return [(box, right) for box, right in rated if right >= 0.5]


def placed_boxes(label: str, seen: Seen, calibration: Calibration) -> list[tuple[Box, float]]:
    """Where a thing is if it is in the picture: the best box in any case, and other clear ones.

    The best may be one of a closer look. Its probability is that of a class that is there: whether
    it is there at all is another claim.
    """
    best = best_of(label, seen)
    if best is None:
        return []
    others = [thing for thing in seen.objects or () if thing is not best]
    return [(best.box, calibration.found(best.score)), *seen_boxes(label, others, calibration)]


def best_of(label: str, seen: Seen) -> DetectedObject | None:
    """The best box of a class, of the whole picture or of a closer look."""
    found = of_label((*(seen.objects or ()), *(seen.closer or ())), label)
    return max(found, key=lambda thing: thing.score, default=None)


def presence(label: str, seen: Seen, calibration: Calibration) -> float:
    """Probability that a class is in a picture that a detector has looked at, 0..1."""
    closer = None if seen.closer is None else _best(label, seen.closer)
    return calibration.presence(_best(label, seen.objects or ()), closer)


def judge_presence(label: str, seen: Seen, calibration: Calibration, *, exact: bool) -> Answer:
    """Whether a thing is to be seen.

    Args:
        exact: whether the label says all that the prompt's noun does. A dog is no proof of a corgi,
            but without a dog there is no corgi.
    """
    there = presence(label, seen, calibration)
    why = f"{label} is there with a probability of {there:.2f}"
    evidence = _evidence(label, seen, calibration)
    if exact or there < 0.5:
        return likely(there, why, ROLE, evidence)
    return uncertain(f"{why}, but its kind is not told", ROLE, evidence)


def judge_absence(label: str, seen: Seen, calibration: Calibration, *, exact: bool) -> Answer:
    """Whether a thing is not to be seen."""
    there = presence(label, seen, calibration)
    why = f"{label} is there with a probability of {there:.2f}"
    evidence = _evidence(label, seen, calibration)
    if exact or there < 0.5:
        return likely(1.0 - there, why, ROLE, evidence)
    return uncertain(f"{why}, but its kind is not told", ROLE, evidence)


def _best(label: str, objects: Sequence[DetectedObject]) -> float:
    return max((thing.score for thing in of_label(objects, label)), default=0.0)


def _evidence(label: str, seen: Seen, calibration: Calibration) -> list[Box]:
    """Boxes of the whole picture, else the best one of a closer look."""
    boxes = [box for box, _ in seen_boxes(label, seen.objects or (), calibration)]
    if boxes:
        return boxes
    closer = sorted(of_label(seen.closer or (), label), key=lambda thing: -thing.score)
    return [thing.box for thing in closer[:1] if calibration.right(thing.score) >= 0.5]


def judge_colour(label: str, colour: str, seen: Seen, calibration: Calibration) -> Answer | None:
    """The colour of a detected thing, inside its mask, else an ellipse in its box.

    ``None``: the colour is unknown.
    """
    name = colours.basic_name(colour)
    if name is None:
        return None
    boxes = coloured_boxes(label, seen.objects or (), calibration)
    if not boxes:
        return uncertain(f"no {label} was seen clearly enough to judge its colour", ROLE)
    answers = [_colour_of(name, box, seen) for box in boxes]
    # One that has the colour is enough; that none has it, each of them must show.
    first = (ClaimStatus.SUPPORTED, ClaimStatus.UNVERIFIED, ClaimStatus.CONTRADICTED)
    return min(answers, key=lambda answer: first.index(answer.status))


def coloured_boxes(
    label: str, objects: Sequence[DetectedObject], calibration: Calibration
) -> list[Box]:
    """The boxes whose colour is measured."""
    return [box for box, _ in seen_boxes(label, objects, calibration)[:MOST_COLOURED]]


def _colour_of(name: str, box: Box, seen: Seen) -> Answer:
    mask = seen.masks.get(box)
    if mask is not None and mask.any():
        values: NDArray[np.float32] | None = masked_pixels(mask, box, seen.picture)
    else:
        values = inner_pixels(box, seen.picture)
    if values is None:
        return uncertain("too small to judge its colour", ROLE, [box])
    return judge_patch(name, values, box, ROLE)


def inner_pixels(box: Box, picture: Picture) -> NDArray[np.float32] | None:
    """L*, C*, h of the pixels in an ellipse in a box, ``float32 [n, 3]``; ``None``: too small."""
    patch = picture[_part(box)]
    if min(patch.shape[:2]) < 8:
        return None
    rows, columns = np.ogrid[: patch.shape[0], : patch.shape[1]]
    y = (rows + 0.5) / patch.shape[0] * 2 - 1
    x = (columns + 0.5) / patch.shape[1] * 2 - 1
    return np.asarray(colours.lch(patch)[x * x + y * y <= 0.5])


def masked_pixels(mask: PixelMask, box: Box, picture: Picture) -> NDArray[np.float32]:
    """The same of the pixels of a mask in a box."""
    part = _part(box)
    return np.asarray(colours.lch(picture[part])[mask[part]])


def _part(box: Box) -> tuple[slice, slice]:
    """Rows and columns of a box, thinned out where it is large."""
    step = max(1, int(min(box.width, box.height)) // _COLOUR_SIDE)
    left, top = max(0, int(box.x)), max(0, int(box.y))
    right, bottom = int(box.x + box.width) + 1, int(box.y + box.height) + 1
    return slice(top, bottom, step), slice(left, right, step)
