"""Ask the roles what is in a picture, each only when some claim needs it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.judge import Context
from gencheck.consistency.verify.objects import PRESENT_SCORE, coloured_boxes
from gencheck.consistency.verify.text import judge_text
from gencheck.deadline import Deadline
from gencheck.findings import Box, Timing
from gencheck.vision.roles import (
    DetectedObject,
    ObjectDetector,
    Picture,
    PixelMask,
    Roles,
    Segmenter,
    TextLine,
    TextReader,
)
from gencheck.vision.segment import MOST_BOXES

_CROP = 0.6
"""Share of width and height of a closer look; four of them overlap by a fifth."""
_SAME_IOU = 0.7
_FAINT_SCORE = 0.05
"""Of what is seen of a thing under another, worse label. Fits on coco128/train2017 are alike for
any cap from 0.05 to 0.44; a clear cat (skimage's) is not to make a likely dog."""
_LARGE_PART = 0.2
"""Share of a clear thing that a crop must show for another label to be taken for a part of it."""
_CLIP, _TILES = 4.0, 4
"""Limit of the contrast, and tiles a side, for reading once more."""
_MIN_CROP = 96  # pixels: smaller crops show nothing that the whole picture does not


class Clock:
    """Wall-clock seconds by stage; the same stage twice adds up."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now

    def timings(self) -> tuple[Timing, ...]:
        """All stages so far."""
        return tuple(Timing(stage, seconds) for stage, seconds in self._seconds.items())


async def look(
    picture: Picture,
    wanted: frozenset[str],
    labels: frozenset[str],
    roles: Roles,
    context: Context,
    *,
    deadline: Deadline,
    clock: Clock,
) -> Seen:
    """Ask each role that some claim needs, and no other: reading text is expensive.

    Args:
        wanted: keys of the roles that claims need.
        labels: what the object detector should look for twice where it is not clear at first.
    """
    objects = closer = faces = lines = again = None
    deadline.check()
    if "objects" in wanted and roles.objects is not None:
        objects = settle(await roles.objects.detect(picture, deadline=deadline))
        if not all(_clear(label, objects, context) for label in labels):
            closer = await look_closer(picture, objects, roles.objects, deadline)
        clock.lap("consistency.objects")
    masks = await cut_out(picture, objects or (), roles.segments, context, deadline)
    if masks:
        clock.lap("consistency.segments")
    deadline.check()
    if "faces" in wanted and roles.faces is not None:
        faces = tuple(await roles.faces.detect(picture, deadline=deadline))
        clock.lap("consistency.faces")
    deadline.check()
    if "text" in wanted and roles.text is not None:
        lines = tuple(await roles.text.read(picture, deadline=deadline))
        answers = [judge_text(words, lines) for words in context.texts]
        if any(answer.status is not ClaimStatus.SUPPORTED for answer in answers):
            again = await read_again(picture, roles.text, deadline)
        clock.lap("consistency.text")
    return Seen(picture, objects, faces, lines, closer, again, masks)


async def cut_out(
    picture: Picture,
    objects: Sequence[DetectedObject],
    segmenter: Segmenter | None,
    context: Context,
    deadline: Deadline,
) -> dict[Box, PixelMask]:
    """Masks of the things whose colour is asked for, as far as a segmenter sees them."""
    if segmenter is None or not context.coloured:
        return {}
    boxes = [
        box
        for label in sorted(context.coloured)
        for box in coloured_boxes(label, objects, context.calibration)
    ][:MOST_BOXES]
    masks = await segmenter.segment(picture, boxes, deadline=deadline) if boxes else []
    return {box: mask for box, mask in zip(boxes, masks, strict=True) if mask is not None}


async def read_again(
    picture: Picture, reader: TextReader, deadline: Deadline
) -> tuple[TextLine, ...]:
    """Lines of the picture with its local contrast raised, which shows faint and busy writing.

    Contrast-limited adaptive histogram equalisation of CIELAB's lightness (Zuiderveld 1994).
    """
    deadline.check()
    clearer = await asyncio.to_thread(_clearer, picture)
    return tuple(await reader.read(clearer, deadline=deadline))


def _clearer(picture: Picture) -> Picture:
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)
    lab[:, :, 0] = cv2.createCLAHE(_CLIP, (_TILES, _TILES)).apply(lab[:, :, 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def settle(found: Sequence[DetectedObject]) -> tuple[DetectedObject, ...]:
    """Of two labels for the same thing only the better one is clear: a cat is no dog as well.

    The other stays as a faint candidate, so that nothing is called absent because of it.
    """
    clear: list[DetectedObject] = []
    settled: list[DetectedObject] = []
    for thing in sorted(found, key=lambda thing: -thing.score):
        rivals = (other for other in clear if other.label != thing.label)
        if any(_shared(thing.box, other.box) >= _SAME_IOU for other in rivals):
            settled.append(_faint(thing))
        else:
            settled.append(thing)
            if thing.score >= PRESENT_SCORE:
                clear.append(thing)
    return tuple(settled)


def _clear(label: str, objects: Sequence[DetectedObject], context: Context) -> bool:
    best = max((thing.score for thing in objects if thing.label == label), default=0.0)
    return context.calibration.presence(best, None) >= context.confidence


async def look_closer(
    picture: Picture,
    objects: Sequence[DetectedObject],
    detector: ObjectDetector,
    deadline: Deadline,
) -> tuple[DetectedObject, ...] | None:
    """What crops show, less what is no more than a part of something clear in the whole picture.

    ``None``: the picture is too small for crops.
    """
    found = await _again(picture, detector, deadline)
    if found is None:
        return None
    clear = [thing for thing in objects if thing.score >= PRESENT_SCORE]
    return tuple(_faint(thing) if _part_of(thing, clear) else thing for thing in found)


def _faint(thing: DetectedObject) -> DetectedObject:
    return replace(thing, score=min(thing.score, _FAINT_SCORE))


def _part_of(thing: DetectedObject, clear: Sequence[DetectedObject]) -> bool:
    """Whether a crop shows no more than a large part of what is clear in the whole picture."""
    box = thing.box
    for other in clear if thing.score > _FAINT_SCORE else ():
        inside = overlap(box, other.box) / max(box.width * box.height, 1.0)
        share = overlap(box, other.box) / max(other.box.width * other.box.height, 1.0)
        if other.label != thing.label and inside >= 0.7 and share >= _LARGE_PART:
            return True
    return False


def overlap(a: Box, b: Box) -> float:
    """Area in both boxes, in square pixels."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0.0, width) * max(0.0, height)


def _shared(a: Box, b: Box) -> float:
    """Intersection over union."""
    both = overlap(a, b)
    return both / max(a.width * a.height + b.width * b.height - both, 1e-9)


async def _again(
    picture: Picture, detector: ObjectDetector, deadline: Deadline
) -> tuple[DetectedObject, ...] | None:
    """Detections in four overlapping crops, in pixels of the picture; ``None``: it is too small.

    They show small things. A thing may come several times, or cut, so these tell presence only,
    never a count or a place. Of the mirror image and of the picture with a wide margin a fit on
    coco128/train2017 gained nothing beside them.
    """
    height, width = picture.shape[:2]
    tall, wide = round(_CROP * height), round(_CROP * width)
    if min(tall, wide) < _MIN_CROP:
        return None
    found: list[DetectedObject] = []
    for top in (0, height - tall):
        for left in (0, width - wide):
            deadline.check()
            crop = picture[top : top + tall, left : left + wide]
            seen = await detector.detect(crop, deadline=deadline)
            found.extend(replace(thing, box=_moved(thing.box, left, top)) for thing in seen)
    return tuple(found)


def _moved(box: Box, left: float, top: float) -> Box:
    return Box(box.x + left, box.y + top, box.width, box.height)
