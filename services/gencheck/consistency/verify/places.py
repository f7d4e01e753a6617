"""Where a detected thing stands in the picture, and to another, as the viewer sees it."""

from __future__ import annotations

import math

import numpy as np

from gencheck.consistency.verify.answer import Answer, Seen, likely, uncertain
from gencheck.consistency.verify.objects import ROLE, placed_boxes
from gencheck.findings import Box
from gencheck.vision.calibration import Calibration

_JUDGED = frozenset({"left of", "right of", "above", "below", "next to", "near"})
_OFFSET = 0.15
"""Share of the summed sizes by which centres must differ to stand beside or above each other."""
_NEAR = (0.5, 2.5)
"""Gap in mean sides up to which things are near each other, and from which they are not."""


_SIDE = (0.4, 0.6)
"""Share of the width or height up to which a centre is left or above, and from which it is not."""
_MIDDLE = (0.15, 0.3)
"""The same of its distance from the middle."""
_SIDES = {"left": (0, True), "right": (0, False), "top": (1, True), "bottom": (1, False)}
"""The axis of a word, and whether it means the lower end of it."""


def judge_position(label: str, value: str, seen: Seen, calibration: Calibration) -> Answer | None:
    """Whether any thing of a class is in a part of the picture; ``None``: not one of boxes.

    Args:
        value: words such as ``left``, ``top right`` or ``middle``.
    """
    said = value.split()
    if not said or not set(said) <= {*_SIDES, "middle"}:
        return None
    boxes = placed_boxes(label, seen, calibration)
    if not boxes:
        return uncertain(f"no {label} was seen, so its place is not judged", ROLE)
    height, width = seen.picture.shape[:2]
    chances = [
        right * _inside(said, (box.x + box.width / 2) / width, (box.y + box.height / 2) / height)
        + (1.0 - right) * 0.5
        for box, right in boxes
    ]
    best = int(np.argmax(chances))
    why = f"that {label} is at the {value} has a probability of {chances[best]:.2f}"
    return likely(chances[best], why, ROLE, [boxes[best][0]])


def _inside(said: list[str], x: float, y: float) -> float:
    """How well a centre fits all words, 0..1; the middle is of the axes that no other word has."""
    at = (x, y)
    fits, free = [], {0, 1}
    for word in said:
        if word in _SIDES:
            axis, low = _SIDES[word]
            free.discard(axis)
            fits.append(float(np.interp(at[axis], _SIDE, (1.0, 0.0) if low else (0.0, 1.0))))
    if "middle" in said:
        fits += [float(np.interp(abs(at[axis] - 0.5), _MIDDLE, (1.0, 0.0))) for axis in free]
    return min(fits, default=0.5)


def judge_relation(
    subject: str, predicate: str, thing: str, seen: Seen, calibration: Calibration
) -> Answer | None:
    """Whether any two stand so; ``None``: not a predicate of boxes.

    That both are there is for claims of their own. Where a box does not hold its thing, the claim
    is as likely right as wrong.
    """
    if predicate not in _JUDGED or subject == thing:
        return None
    ones = placed_boxes(subject, seen, calibration)
    others = placed_boxes(thing, seen, calibration)
    if not ones or not others:
        missing = subject if not ones else thing
        return uncertain(f"no {missing} was seen, so its place is not judged", ROLE)
    pairs = [(a, b) for a in ones for b in others]
    chances = [_holds(predicate, a[0], b[0], calibration.centre) for a, b in pairs]
    best = int(np.argmax(chances))
    (a, right_a), (b, right_b) = pairs[best]
    both = right_a * right_b
    holds = both * chances[best] + (1.0 - both) * 0.5
    why = f"{subject} {predicate} {thing} has a probability of {holds:.2f}"
    return likely(holds, why, ROLE, [a, b])


def _holds(predicate: str, a: Box, b: Box, centre: float) -> float:
    """Probability that a relation holds, 0..1, given boxes whose centres are a little off.

    Args:
        centre: standard deviation of a centre, in sides of its box.
    """
    if predicate in ("next to", "near"):
        gap_x = max(a.x - b.x - b.width, b.x - a.x - a.width, 0.0)
        gap_y = max(a.y - b.y - b.height, b.y - a.y - a.height, 0.0)
        size = (a.width + a.height + b.width + b.height) / 4
        gap = math.hypot(gap_x, gap_y) / max(size, 1.0)
        return float(np.interp(gap, _NEAR, (1.0, 0.0)))
    if predicate in ("left of", "right of"):
        apart = b.x + b.width / 2 - a.x - a.width / 2
        sides = (a.width, b.width)
    else:
        apart = b.y + b.height / 2 - a.y - a.height / 2
        sides = (a.height, b.height)
    if predicate in ("right of", "below"):
        apart = -apart
    spread = max(centre * math.hypot(*sides), 1e-6)
    least = _OFFSET * sum(sides)
    # Neither so nor the other way round, where the centres differ by less: as likely as not.
    return 0.5 * (_below(apart - least, spread) + _below(apart + least, spread))


def _below(value: float, spread: float) -> float:
    """Share of a normal distribution of mean 0 below a value."""
    return 0.5 * (1.0 + math.erf(value / (spread * math.sqrt(2.0))))
