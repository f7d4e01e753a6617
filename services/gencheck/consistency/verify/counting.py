"""How many of something there are: a probability for each number, and for a claim about it."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.consistency.claims import Comparator
from gencheck.consistency.verify.answer import Answer, Seen, likely, uncertain
from gencheck.consistency.verify.objects import ROLE, of_label, presence, seen_boxes
from gencheck.vision.calibration import MOST, Calibration
from gencheck.vision.roles import DetectedObject, Picture

_SMALL = 0.01
"""Share of the picture below which too many are missed for an exact number to be told."""


def judge_count(
    label: str, n: int, comparator: Comparator, seen: Seen, calibration: Calibration
) -> Answer:
    """Whether there are so many.

    Beyond ``MOST`` only that there are too few can be told; of small things no exact number.
    """
    likelihoods = number_likelihoods(label, seen, calibration)
    holds = chance(likelihoods, min(n, MOST), comparator)
    boxes = [box for box, _ in seen_boxes(label, seen.objects or (), calibration)]
    why = f"{len(boxes)} × {label} seen clearly"
    small = any(box.width * box.height < _SMALL * seen.picture[..., 0].size for box in boxes)
    if n > 0 and not boxes and comparator is Comparator.EQUAL:
        # That there is none is for the claim that there is any.
        return uncertain(f"no {label} was seen clearly, so there is nothing to count", ROLE)
    if small and comparator is Comparator.EQUAL:
        return uncertain(f"{why}, some so small that others are missed", ROLE, boxes)
    if n >= MOST and holds > 0.5:
        return uncertain(f"{why}; from {MOST} on numbers are not told apart", ROLE, boxes)
    return likely(holds, f"{why}; what is asked has a probability of {holds:.2f}", ROLE, boxes)


def number_likelihoods(label: str, seen: Seen, calibration: Calibration) -> list[float]:
    """Likelihood of each number 0..``MOST`` of a class, up to a factor.

    None at all against any is the calibrated presence; one against more is the chain's.
    """
    there = min(max(presence(label, seen, calibration), 1e-6), 1.0 - 1e-6)
    found = of_label(seen.objects or (), label)
    scores = [thing.score for thing in found]
    share = best_share(found, seen.picture)
    return [(1.0 - there) / there, *calibration.counts(scores, share)]


def best_share(found: Sequence[DetectedObject], picture: Picture) -> float:
    """Share of the picture that the best box covers, 0..1."""
    best = max(found, key=lambda thing: thing.score, default=None)
    return best.box.width * best.box.height / picture[..., 0].size if best else 0.0


def chance(likelihoods: Sequence[float], n: int, comparator: Comparator) -> float:
    """Probability that a claim about a number holds, 0..1.

    A claim is as likely right as wrong beforehand, and of the numbers on either side each is half
    as likely as the one that is nearer to ``n`` by one. None at all is as near as one too few.
    """
    right: list[int] = []
    wrong: list[int] = []
    for m in range(len(likelihoods)):
        holds = {
            Comparator.EQUAL: m == n,
            Comparator.AT_LEAST: m >= n,
            Comparator.AT_MOST: m <= n,
        }[comparator]
        (right if holds else wrong).append(m)
    if not right or not wrong:
        return 1.0 if right else 0.0
    one, other = (_weighed(side, likelihoods, n) for side in (right, wrong))
    return one / max(one + other, 1e-12)


def _weighed(numbers: Sequence[int], likelihoods: Sequence[float], n: int) -> float:
    prior = [2.0 ** -(abs(m - n) if m else min(n, 1)) for m in numbers]
    return sum(p * likelihoods[m] for p, m in zip(prior, numbers, strict=True)) / sum(prior)
