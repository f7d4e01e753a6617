"""Ask the roles what is in a picture, each only when some claim needs it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.objects import PRESENT_SCORE
from gencheck.deadline import Deadline
from gencheck.findings import Box, Timing
from gencheck.vision.roles import DetectedObject, ObjectDetector, Picture, Roles

_CROP = 0.6
"""Share of width and height of a closer look; four of them overlap by a fifth."""
_SAME_IOU = 0.7
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
    *,
    deadline: Deadline,
    clock: Clock,
) -> Seen:
    """Ask each role that some claim needs, and no other: reading text is expensive.

    Args:
        wanted: keys of the roles that claims need.
        labels: what the object detector should look for twice where it is not clear at first.
    """
    objects = closer = faces = lines = None
    deadline.check()
    if "objects" in wanted and roles.objects is not None:
        objects = settle(await roles.objects.detect(picture, deadline=deadline))
        clear = [thing for thing in objects if thing.score >= PRESENT_SCORE]
        if labels - {thing.label for thing in clear}:
            closer = await _closer(picture, roles.objects, deadline)
            closer = tuple(thing for thing in closer if not _part_of(thing, clear))
        clock.lap("consistency.objects")
    deadline.check()
    if "faces" in wanted and roles.faces is not None:
        faces = tuple(await roles.faces.detect(picture, deadline=deadline))
        clock.lap("consistency.faces")
    deadline.check()
    if "text" in wanted and roles.text is not None:
        lines = tuple(await roles.text.read(picture, deadline=deadline))
        clock.lap("consistency.text")
    return Seen(picture, objects, faces, lines, closer or ())


def settle(found: Sequence[DetectedObject]) -> tuple[DetectedObject, ...]:
    """Of two labels for the same thing the one with the better score: a cat is no dog as well."""
    kept: list[DetectedObject] = []
    for thing in sorted(found, key=lambda thing: -thing.score):
        rivals = (other for other in kept if other.label != thing.label)
        if not any(_shared(thing.box, other.box) >= _SAME_IOU for other in rivals):
            kept.append(thing)
    return tuple(kept)


def _part_of(thing: DetectedObject, clear: Sequence[DetectedObject]) -> bool:
    """Whether a crop shows no more than a large part of what is clear in the whole picture."""
    box = thing.box
    for other in clear:
        inside = _overlap(box, other.box) / max(box.width * box.height, 1.0)
        share = _overlap(box, other.box) / max(other.box.width * other.box.height, 1.0)
        if other.label != thing.label and inside >= 0.7 and share >= 0.25:
            return True
    return False


def _overlap(a: Box, b: Box) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0.0, width) * max(0.0, height)


def _shared(a: Box, b: Box) -> float:
    """Intersection over union."""
    both = _overlap(a, b)
    return both / max(a.width * a.height + b.width * b.height - both, 1e-9)


async def _closer(
    picture: Picture, detector: ObjectDetector, deadline: Deadline
) -> tuple[DetectedObject, ...]:
    """Detections in four overlapping crops, in pixels of the whole picture.

    A thing may come twice, or cut, so these tell presence only, never a count or a place.
    """
    height, width = picture.shape[:2]
    tall, wide = round(_CROP * height), round(_CROP * width)
    if min(tall, wide) < _MIN_CROP:
        return ()
    found: list[DetectedObject] = []
    for top in (0, height - tall):
        for left in (0, width - wide):
            deadline.check()
            crop = picture[top : top + tall, left : left + wide]
            for thing in await detector.detect(crop, deadline=deadline):
                box = thing.box
                moved = Box(box.x + left, box.y + top, box.width, box.height)
                found.append(replace(thing, box=moved))
    return tuple(found)
