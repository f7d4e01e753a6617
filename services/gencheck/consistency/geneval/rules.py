"""GenEval's rules, as its ``evaluate_images.py`` has them by default: boxes in, verdict out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.consistency.geneval.metadata import COLOURS, Metadata, Wanted
from gencheck.errors import InvalidInput

SCORE = 0.3
"""Score above which a box counts as a thing."""
COUNTING_SCORE = 0.9
"""The same where the task is to count: doubled boxes have lower scores. Chosen for Mask2Former."""
MOST = 16  # things of a class
_OFFSET = 0.1
"""Share of the summed sizes by which centres must differ to stand anywhere."""
_DIRECTION = 0.5  # of the unit vector between the centres
_NOWHERE = 1e-3  # pixels


@dataclass(frozen=True, slots=True)
class Thing:
    """What a detector found.

    Attributes:
        box: x1, y1, x2, y2 in pixels and a score 0..1, ``float32 [5]``.
        colour: the one of ``COLOURS`` that it has; empty: none; ``None``: nobody looked.
    """

    box: NDArray[np.float32]
    colour: str | None = None


Things = Mapping[str, Sequence[Thing]]


def keep(
    found: Things, tag: str, *, counting_score: float = COUNTING_SCORE
) -> dict[str, list[Thing]]:
    """The things of each class that count: those above the score, at most 16, best first.

    Nothing is suppressed: two boxes on one thing are two things.
    """
    least = np.float32(counting_score if tag == "counting" else SCORE)
    kept = {
        name: sorted(
            (thing for thing in things if thing.box[4] > least),
            key=lambda thing: -float(thing.box[4]),
        )[:MOST]
        for name, things in found.items()
    }
    return {name: things for name, things in kept.items() if things}


def evaluate(kept: Things, metadata: Metadata) -> tuple[bool, str]:
    """Whether a picture is what its prompt asks for, and a line for each thing that is not.

    A clause is judged on its ``count`` best things alone; all have to have the colour, and each to
    stand so to each of the other clause's. A clause that failed is no target of another.

    Args:
        kept: as :func:`keep` gives them.

    Raises:
        InvalidInput: a colour is asked for, and nobody looked for colours.
    """
    reasons: list[str] = []
    groups: list[Sequence[Thing] | None] = []
    for wanted in metadata.include:
        things = kept.get(wanted.name, ())[: wanted.count]
        wrong = _missing(wanted, things) or _miscoloured(wanted, things)
        if not wrong and wanted.position is not None:
            wrong = _misplaced(wanted, wanted.position, things, groups)
        groups.append(None if wrong else things)
        reasons += [wrong] if wrong else []
    for wanted in metadata.exclude:
        n = len(kept.get(wanted.name, ()))
        if n >= wanted.count:
            reasons.append(f"expected {wanted.name}<{wanted.count}, found {n}")
    return not reasons, "\n".join(reasons)


def relations(a: NDArray[np.float32], b: NDArray[np.float32]) -> list[str]:
    """How box a stands to box b, as the viewer sees it: none, one or two of the four relations.

    The offset of the centres, less a tenth of the summed sizes, is held against the whole distance
    of the centres: from half of it on, a direction counts.
    """
    corners = np.stack([a[:4], b[:4]]).reshape(2, 2, 2)
    centres = corners.mean(axis=1)
    sizes = np.abs(corners[:, 1] - corners[:, 0])
    offset = centres[0] - centres[1]
    beyond = np.maximum(np.abs(offset) - _OFFSET * sizes.sum(axis=0), 0) * np.sign(offset)
    if (np.abs(beyond) < _NOWHERE).all():
        return []
    dx, dy = beyond / np.linalg.norm(offset)
    held = {
        "left of": dx < -_DIRECTION,
        "right of": dx > _DIRECTION,
        "above": dy < -_DIRECTION,
        "below": dy > _DIRECTION,
    }
    return [name for name, holds in held.items() if holds]


def _missing(wanted: Wanted, things: Sequence[Thing]) -> str:
    if len(things) >= wanted.count:
        return ""
    return f"expected {wanted.name}>={wanted.count}, found {len(things)}"


def _miscoloured(wanted: Wanted, things: Sequence[Thing]) -> str:
    if not wanted.colour:
        return ""
    colours = [thing.colour for thing in things]
    if None in colours:
        raise InvalidInput(f"the colour of {wanted.name} is asked for, and none is given")
    n = colours.count(wanted.colour)
    if n >= wanted.count:
        return ""
    seen = ", ".join(f"{colours.count(c)} {c}" for c in COLOURS if c in colours)
    return (
        f"expected {wanted.colour} {wanted.name}>={wanted.count}, "
        f"found {n} {wanted.colour}; and {seen}"
    )


def _misplaced(
    wanted: Wanted,
    position: tuple[str, int],
    things: Sequence[Thing],
    groups: Sequence[Sequence[Thing] | None],
) -> str:
    relation, group = position
    targets = groups[group]
    if targets is None:
        return f"no target for {wanted.name} to be {relation}"
    for thing in things:
        for target in targets:
            seen = relations(thing.box, target.box)
            if relation not in seen:
                return (
                    f"expected {wanted.name} {relation} target, found {' and '.join(seen)} target"
                )
    return ""
