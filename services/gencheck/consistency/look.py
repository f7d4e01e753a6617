"""Ask the roles what is in a picture, each only when some claim needs it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.objects import PRESENT_SCORE
from gencheck.deadline import Deadline
from gencheck.findings import Box, Timing
from gencheck.vision.roles import DetectedObject, ObjectDetector, Picture, Roles

_CROP = 0.6
"""Share of width and height of a closer look; four of them overlap by a fifth."""
_MARGIN = 0.35
"""Share of each side that the margin adds on both its ends."""
_MARGIN_SIDE = 832  # pixels: twice what the detector works at
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
            closer = await _again(picture, roles.objects, deadline)
            closer = tuple(_faint(t) if _part_of(t, clear) else t for t in closer)
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
            clear.append(thing)
    return tuple(settled)


def _faint(thing: DetectedObject) -> DetectedObject:
    return replace(thing, score=min(thing.score, PRESENT_SCORE - 0.01))


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


async def _again(
    picture: Picture, detector: ObjectDetector, deadline: Deadline
) -> tuple[DetectedObject, ...]:
    """Detections in other views, in pixels of the whole picture.

    Four overlapping crops show small things, the picture with a wide margin those that fill it, its
    mirror image those at the threshold. On coco128/train2017 this takes the share of things of at
    least 1 % of the picture that reach the least score from .87 to .96. A thing may come several
    times, or cut, so these tell presence only, never a count or a place.
    """
    found: list[DetectedObject] = []
    for view in await asyncio.to_thread(lambda: list(_views(picture))):
        deadline.check()
        seen = await detector.detect(view.pixels, deadline=deadline)
        found.extend(replace(thing, box=view.place(thing.box)) for thing in seen)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _View:
    """A view of a picture; ``x = left + x_view / scale`` in pixels of the picture."""

    pixels: Picture
    left: float = 0.0
    top: float = 0.0
    scale: float = 1.0
    mirrored_width: float = 0.0

    def place(self, box: Box) -> Box:
        """A box of the view, in pixels of the picture."""
        width, height = box.width / self.scale, box.height / self.scale
        x, y = self.left + box.x / self.scale, self.top + box.y / self.scale
        if self.mirrored_width:
            x = self.mirrored_width - x - width
        return Box(x, y, width, height)


def _views(picture: Picture) -> Iterator[_View]:
    height, width = picture.shape[:2]
    tall, wide = round(_CROP * height), round(_CROP * width)
    if min(tall, wide) >= _MIN_CROP:
        for top in (0, height - tall):
            for left in (0, width - wide):
                yield _View(picture[top : top + tall, left : left + wide], left, top)
    scale = min(1.0, _MARGIN_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    yield _View(np.ascontiguousarray(small[:, ::-1]), scale=scale, mirrored_width=width)
    y, x = round(_MARGIN * small.shape[0]), round(_MARGIN * small.shape[1])
    wide_margin = cv2.copyMakeBorder(small, y, y, x, x, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    yield _View(wide_margin.astype(np.uint8), -x / scale, -y / scale, scale)
