"""Boxes and colours of pictures by gencheck's own models, where no other detector's are given.

GenEval asks Mask2Former and CLIP. With another detector the same rules give other scores: they can
be compared among themselves, and not with those that papers print. Where the task is to count, a
thing counts from the score on that gencheck's checks take it as seen: small detectors hardly ever
reach GenEval's.
"""

from __future__ import annotations

import asyncio

import numpy as np

from gencheck.consistency.geneval.metadata import COLOURS, Metadata
from gencheck.consistency.geneval.rules import MOST, Thing
from gencheck.consistency.verify import colours
from gencheck.consistency.verify.objects import PRESENT_SCORE, inner_pixels
from gencheck.deadline import Deadline
from gencheck.errors import InvalidInput
from gencheck.findings import Box
from gencheck.vision.roles import DetectedObject, ObjectDetector, Picture

COUNTING_SCORE = PRESENT_SCORE
_NAMES = {"mouse": "computer mouse", "remote": "tv remote", "keyboard": "computer keyboard"}
"""Classes of COCO that GenEval calls otherwise."""


async def look_for(
    metadata: Metadata, picture: Picture, detector: ObjectDetector, *, deadline: Deadline
) -> dict[str, list[Thing]]:
    """The things of a picture, with colours where they are asked for.

    A thing has the colour that most pixels of an ellipse in its box have.

    Raises:
        InvalidInput: the prompt asks for something that the detector does not know.
    """
    known = {_NAMES.get(label, label) for label in detector.labels}
    for wanted in (*metadata.include, *metadata.exclude):
        if wanted.name not in known:
            raise InvalidInput(f"{detector.model.name} knows no {wanted.name}")
    found: dict[str, list[Thing]] = {}
    for thing in await detector.detect(picture, deadline=deadline):
        name = _NAMES.get(thing.label, thing.label)
        found.setdefault(name, []).append(Thing(_corners(thing)))
    return await asyncio.to_thread(_coloured, found, metadata, picture)


def _coloured(
    found: dict[str, list[Thing]], metadata: Metadata, picture: Picture
) -> dict[str, list[Thing]]:
    asked = {wanted.name for wanted in metadata.include if wanted.colour}
    return {
        name: [Thing(t.box, _colour_of(t, picture)) for t in things[:MOST]]
        if name in asked
        else things
        for name, things in found.items()
    }


def _colour_of(thing: Thing, picture: Picture) -> str:
    x1, y1, x2, y2 = (float(n) for n in thing.box[:4])
    values = inner_pixels(Box(x1, y1, x2 - x1, y2 - y1), picture)
    if values is None:
        return ""
    name, share = colours.dominant(values, COLOURS)
    return name if share > 0 else ""


def _corners(thing: DetectedObject) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    box = thing.box
    return np.array([box.x, box.y, box.x + box.width, box.y + box.height, thing.score], np.float32)
