"""Claims about rendered scenes, given the true boxes.

Right and wrong claims of colour, number and place are put to the whole check, in which the truth
plays the object detector. For every right claim there is a wrong one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from artifact_pictures import photo_paths, read_photo
from artifact_statistics import wilson
from rendered_scenes import ABSENT, COLOURS, NAMES, WIDTH, Scene, Thing, scenes

from gencheck.consistency.check import check_consistency
from gencheck.consistency.claims import (
    AttributeClaim,
    ClaimStatus,
    CountClaim,
    ObjectClaim,
    RelationClaim,
)
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.vision.roles import DetectedObject, Picture, Roles

SCENES = 300
_SEEDS = {"train2017": 1, "val2017": 2}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A prompt whose claim of a kind is right or wrong."""

    prompt: str
    kind: type
    true: bool
    group: str


class Told:
    """Plays ``ObjectDetector``: it tells what is in a scene, and of parts of it nothing."""

    model = ModelUsed("object_detector", "truth", "1")
    labels = (*NAMES, *ABSENT)

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        """Every thing, without doubt."""
        if picture.shape != self._scene.pixels.shape:
            return []
        return [DetectedObject(thing.name, thing.box, 0.99) for thing in self._scene.things]


async def print_scenes(data: Path, split: str) -> None:
    """How many claims are judged, and how many of those rightly, given boxes."""
    half = "evaluate" if split == "val2017" else "fix"
    paths = next(iter(photo_paths(data, half).values()))[:40]
    photos = [read_photo(path) for path in paths]
    table: dict[str, Counter[tuple[bool, ClaimStatus]]] = defaultdict(Counter)
    for number, scene in enumerate(scenes(photos, SCENES, seed=_SEEDS[split])):
        rng = np.random.default_rng(number)
        for claimed in claims_of(scene.things, rng):
            status = await status_of(claimed, scene.pixels, Roles(objects=Told(scene)))
            table[claimed.group][claimed.true, status] += 1
            table["all"][claimed.true, status] += 1
    print(f"Rendered scenes, the true boxes given: {SCENES} scenes")
    print_table(table)


def print_table(table: dict[str, Counter[tuple[bool, ClaimStatus]]]) -> None:
    """A row a group."""
    print(f"  {'claim':10} {'n':>5} {'judged':>7}  right when judged      right S/C/U, wrong S/C/U")
    for group, counts in sorted(table.items()):
        right, wrong = ([counts[side, s] for s in ClaimStatus] for side in (True, False))
        total, decided = sum(right + wrong), sum(right[:2] + wrong[:2])
        good = right[0] + wrong[1]
        low, high = wilson(good, decided)
        share = f"{good / max(1, decided):.3f} [{low:.3f}–{high:.3f}]"
        print(f"  {group:10} {total:5} {decided / max(1, total):7.3f}  {share}   {right} {wrong}")
    print()


async def status_of(claimed: Claimed, picture: Picture, roles: Roles) -> ClaimStatus:
    """What becomes of the claim. Raises ``LookupError`` where the prompt is not read so."""
    report = await check_consistency([picture], claimed.prompt, roles, {}, deadline=NO_DEADLINE)
    found = (r.status for r in report.claims if isinstance(r.claim.claim, claimed.kind))
    status = next(found, None)
    if status is None:
        raise LookupError(f"{claimed.prompt!r} makes no {claimed.kind.__name__}")
    return status


def claims_of(things: tuple[Thing, ...], rng: np.random.Generator) -> Iterator[Claimed]:
    """For every right claim a wrong one."""
    by_name: dict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        by_name[thing.name].append(thing)
    for name, some in by_name.items():
        there = {thing.colour for thing in some}
        others = [colour for colour in COLOURS if colour not in there]
        yield Claimed(f"a {some[0].colour} {name}", AttributeClaim, True, "colour")
        yield Claimed(f"a {rng.choice(others)} {name}", AttributeClaim, False, "colour")
        wrong = len(some) + int(rng.choice((-1, 1)))
        for number in (len(some), wrong or 2):
            plural = name if number == 1 else f"{name}s"
            prompt = f"{_NUMBERS[number]} {plural}"
            yield Claimed(prompt, CountClaim, number == len(some), "count")
    boxes = {name: some[0].box for name, some in by_name.items() if len(some) == 1}
    yield from places_of(boxes)
    yield from _sides_of(boxes)
    for name, some in zip(ABSENT, by_name.items(), strict=False):
        yield Claimed(f"a {some[0]}", ObjectClaim, True, "presence")
        yield Claimed(f"a {name}", ObjectClaim, False, "presence")


def _sides_of(boxes: dict[str, Box]) -> Iterator[Claimed]:
    """Of things that are there once, and wholly in one half of the picture."""
    for name, box in boxes.items():
        if box.x + box.width <= WIDTH / 2 or box.x >= WIDTH / 2:
            left = box.x < WIDTH / 2 - box.width / 2
            yield Claimed(f"a {name} on the left", AttributeClaim, left, "position")
            yield Claimed(f"a {name} on the right", AttributeClaim, not left, "position")


def places_of(boxes: dict[str, Box]) -> Iterator[Claimed]:
    """Of things that are there once and stand clearly beside or above each other."""
    names = sorted(boxes)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            one, other = boxes[a], boxes[b]
            across = other.x + other.width / 2 - one.x - one.width / 2
            down = other.y + other.height / 2 - one.y - one.height / 2
            if abs(across) > (one.width + other.width) / 2:
                words = ("left of", "right of") if across > 0 else ("right of", "left of")
            elif abs(down) > (one.height + other.height) / 2:
                words = ("above", "below") if down > 0 else ("below", "above")
            else:
                continue
            for predicate, true in zip(words, (True, False), strict=True):
                yield Claimed(f"a {a} {predicate} a {b}", RelationClaim, true, "relation")
