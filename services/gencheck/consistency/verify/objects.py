"""Things, numbers of things, their colour and place, by what an object detector finds.

Thresholds are fixed on coco128/train2017; ``tests/quality/evaluate_consistency.py`` prints how
often a judged claim is judged rightly on val2017, and how often the detector abstains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gencheck.consistency.claims import Comparator
from gencheck.consistency.verify import colours
from gencheck.consistency.verify.answer import (
    Answer,
    Seen,
    contradicted,
    over_pictures,
    supported,
    uncertain,
)
from gencheck.consistency.verify.looks import judge_patch
from gencheck.findings import Box
from gencheck.vision.roles import DetectedObject, Picture

ROLE = "ObjectDetector"
PRESENT_SCORE = 0.45
"""From this score on a thing counts as seen."""
ABSENT_SCORE = 0.1
"""A thing is called absent only where nothing like it reaches this score."""
SMALL_SHARE = 0.01
"""Share of the picture below which instances are easily missed or doubled."""
MOST_COUNTED = 6
"""Beyond this many, overlapping instances make a detector's count a guess."""


def of_label(objects: Sequence[DetectedObject], label: str) -> list[DetectedObject]:
    """Detections of one class."""
    return [found for found in objects if found.label == label]


def judge_presence(label: str, objects: Sequence[DetectedObject], *, exact: bool) -> Answer:
    """Whether a thing is to be seen.

    Args:
        exact: whether the label says all that the prompt's noun does. A dog is no proof of a corgi,
            but without a dog there is no corgi.
    """
    found = of_label(objects, label)
    best = max((thing.score for thing in found), default=0.0)
    if best >= PRESENT_SCORE:
        seen = [thing.box for thing in found if thing.score >= PRESENT_SCORE]
        why = f"{label} seen, best score {best:.2f}"
        if exact:
            return supported(why, ROLE, seen)
        return uncertain(f"{why}, but its kind is not told", ROLE, seen)
    if best < ABSENT_SCORE:
        return contradicted(f"no {label} was detected above a score of {ABSENT_SCORE}", ROLE)
    return uncertain(f"something faintly like {label} (score {best:.2f})", ROLE, [found[0].box])


def judge_absence(label: str, objects: Sequence[DetectedObject], *, exact: bool) -> Answer:
    """Whether a thing is not to be seen."""
    presence = judge_presence(label, objects, exact=True)
    best = max((thing.score for thing in of_label(objects, label)), default=0.0)
    if best >= PRESENT_SCORE and exact:
        return contradicted(presence.explanation, ROLE, presence.evidence)
    if best < ABSENT_SCORE:
        return supported(presence.explanation, ROLE)
    return uncertain(presence.explanation, ROLE, presence.evidence)


def judge_count(
    label: str,
    n: int,
    comparator: Comparator,
    seen: Seen,
) -> Answer:
    """How many there are. A detector misses more than it doubles, so faint candidates abstain."""
    found = of_label(seen.objects or (), label)
    clear = [thing for thing in found if thing.score >= PRESENT_SCORE]
    faint = [thing for thing in found if ABSENT_SCORE <= thing.score < PRESENT_SCORE]
    low, high = len(clear), len(clear) + len(faint)
    boxes = [thing.box for thing in clear]
    why = f"{low} × {label} seen clearly, {high - low} more faintly"
    least = SMALL_SHARE * seen.picture[..., 0].size
    small = any(_area(thing.box) < least for thing in found)
    if not found and n > 0:
        return uncertain(f"no {label} was seen clearly, so there is nothing to count", ROLE)
    match comparator:
        case Comparator.AT_LEAST:
            if low >= n:
                return supported(why, ROLE, boxes)
            # A crowd is never counted in full: only next to nothing speaks against "many".
            return contradicted(why, ROLE, boxes) if high <= n // 3 else uncertain(why, ROLE, boxes)
        case Comparator.AT_MOST:
            if low > n:
                return contradicted(why, ROLE, boxes)
            return supported(why, ROLE, boxes) if high <= n else uncertain(why, ROLE, boxes)
        case Comparator.EQUAL:
            return _exactly(n, low, high, why, boxes, doubtful=small)


def _exactly(
    n: int, low: int, high: int, why: str, boxes: Sequence[Box], *, doubtful: bool
) -> Answer:
    if doubtful or n > MOST_COUNTED:
        return uncertain(f"{why}; small or many, so the count is not sure", ROLE, boxes)
    if low == high == n:
        return supported(why, ROLE, boxes)
    if low > n or 2 * high < n:
        return contradicted(why, ROLE, boxes)
    return uncertain(why, ROLE, boxes)


def _area(box: Box) -> float:
    return box.width * box.height


def judge_colour(
    label: str, colour: str, objects: Sequence[DetectedObject], picture: Picture
) -> Answer | None:
    """The colour of a detected thing, inside an ellipse in its box; ``None``: unknown colour."""
    name = colours.basic_name(colour)
    if name is None:
        return None
    seen = [thing for thing in of_label(objects, label) if thing.score >= PRESENT_SCORE]
    if not seen:
        return uncertain(f"no {label} was seen clearly enough to judge its colour", ROLE)
    answers = [_colour_of(name, thing.box, picture) for thing in seen[:MOST_COUNTED]]
    return over_pictures(answers)  # one that has the colour is enough


def _colour_of(name: str, box: Box, picture: Picture) -> Answer:
    values = inner_pixels(box, picture)
    if values is None:
        return uncertain("too small to judge its colour", ROLE, [box])
    return judge_patch(name, values, box, ROLE)


def inner_pixels(box: Box, picture: Picture) -> NDArray[np.float32] | None:
    """L*, C*, h of the pixels in an ellipse in a box, ``float32 [n, 3]``; ``None``: too small."""
    x1, y1 = max(0, int(box.x)), max(0, int(box.y))
    patch = picture[y1 : int(box.y + box.height) + 1, x1 : int(box.x + box.width) + 1]
    if min(patch.shape[:2]) < 8:
        return None
    rows, columns = np.ogrid[: patch.shape[0], : patch.shape[1]]
    y = (rows + 0.5) / patch.shape[0] * 2 - 1
    x = (columns + 0.5) / patch.shape[1] * 2 - 1
    return np.asarray(colours.lch(patch)[x * x + y * y <= 0.5])


def judge_relation(
    subject: str, predicate: str, thing: str, objects: Sequence[DetectedObject]
) -> Answer | None:
    """Where two things stand, as the viewer sees it; ``None``: not a predicate of boxes."""
    if predicate not in _JUDGED or subject == thing:
        return None
    ones = [d.box for d in of_label(objects, subject) if d.score >= PRESENT_SCORE]
    others = [d.box for d in of_label(objects, thing) if d.score >= PRESENT_SCORE]
    if not ones or not others:
        missing = subject if not ones else thing
        return uncertain(f"no {missing} was seen clearly enough to judge its place", ROLE)
    pairs = [(a, b) for a in ones for b in others]
    margins = [_margin(predicate, a, b) for a, b in pairs]
    best = int(np.argmax(margins))
    if margins[best] >= 1.0:
        why = f"a {subject} is {predicate} a {thing}, as the viewer sees it"
        return supported(why, ROLE, pairs[best])
    if max(margins) <= -1.0:
        why = f"every {subject} seen is elsewhere than {predicate} a {thing}"
        return contradicted(why, ROLE, pairs[best])
    return uncertain(f"not clearly {predicate}", ROLE, pairs[best])


_JUDGED = frozenset({"left of", "right of", "above", "below", "next to", "near"})
_OFFSET = 0.15
"""Share of the summed sizes by which centres must differ to stand beside or above each other."""


def _margin(predicate: str, a: Box, b: Box) -> float:
    """At least 1 where the relation clearly holds, at most −1 where it clearly does not."""
    if predicate in ("next to", "near"):
        gap_x = max(a.x - b.x - b.width, b.x - a.x - a.width, 0.0)
        gap_y = max(a.y - b.y - b.height, b.y - a.y - a.height, 0.0)
        size = (a.width + a.height + b.width + b.height) / 4
        gap = float(np.hypot(gap_x, gap_y)) / max(size, 1.0)
        return 1.0 if gap <= 0.5 else -1.0 if gap >= 2.5 else 0.0
    dx = (b.x + b.width / 2 - a.x - a.width / 2) / max(_OFFSET * (a.width + b.width), 1.0)
    dy = (b.y + b.height / 2 - a.y - a.height / 2) / max(_OFFSET * (a.height + b.height), 1.0)
    return {"left of": dx, "right of": -dx, "above": dy, "below": -dy}[predicate]
