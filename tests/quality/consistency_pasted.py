"""The same claims end to end: real things, cut out of coco128's photos, on photos without any.

What the cut-outs show is known; the object detector has to find it. Kodak's photos show none of the
classes that are pasted or asked for. Whole things of both splits are pasted, as one has too few;
nothing is fitted here, but detectors were trained on those of train2017.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from artifact_pictures import photo_paths, read_photo
from coco_photos import LABELS, Remembering, read
from consistency_scenes import Claimed, places_of, print_scenes, print_table, status_of
from installed_roles import installed_detectors
from rendered_scenes import HEIGHT, WIDTH, Mask, box_of

from gencheck.consistency.claims import ClaimStatus, CountClaim, ObjectClaim
from gencheck.findings import Box
from gencheck.vision.roles import ObjectDetector, Picture, Roles

_CLASSES = frozenset(
    "cat dog horse cow elephant bear zebra giraffe sheep pizza bus train airplane toilet".split()  # noqa: SIM905
)
_PLURAL = {"bus": "buses", "sheep": "sheep"}
_NUMBERS = ("no", "one", "two", "three", "four")
_UNUSED = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
"""Of COCO's own numbers 1 to 90, which the masks have; the 80 classes are the others."""
_SCENES = 100
_LEAST = 0.03  # share of the photo that a cut-out covers
_SIDES = (0.3, 0.55)  # of the height, the longer side of what is pasted

CutOut = tuple[str, Picture, Mask]


def evaluate_scenes(data: Path, split: str) -> None:
    """Print the tables: given boxes, and with each object detector that can be installed here."""
    asyncio.run(_evaluate(data, split))


async def _evaluate(data: Path, split: str) -> None:
    await print_scenes(data, split)
    with tempfile.TemporaryDirectory() as folder:
        async for detector in installed_detectors(Path(folder)):
            await print_pasted(data, detector)


async def print_pasted(data: Path, detector: ObjectDetector) -> None:
    """How many claims are judged, and how many of those rightly."""
    cuts = [*_cut_outs(data / "coco128", "train2017"), *_cut_outs(data / "coco128", "val2017")]
    grounds = [read_photo(path) for path in photo_paths(data, "evaluate")["kodak"]]
    table: dict[str, Counter[tuple[bool, ClaimStatus]]] = defaultdict(Counter)
    for number in range(_SCENES):
        rng = np.random.default_rng((len(cuts), number))
        picture, boxes = _scene(cuts, grounds[number % len(grounds)], rng)
        roles = Roles(objects=Remembering(detector))
        for claimed in _claims(boxes, rng):
            status = await status_of(claimed, picture, roles)
            table[claimed.group][claimed.true, status] += 1
            table["all"][claimed.true, status] += 1
    print(f"{len(cuts)} real things pasted, {detector.model.name} end to end: {_SCENES} scenes")
    print_table(table)


def _cut_outs(root: Path, split: str) -> Iterator[CutOut]:
    names = dict(zip(sorted(set(range(1, 91)) - _UNUSED), LABELS, strict=True))
    for path in sorted((root / "instance_segmentation/labels" / split).glob("*.txt")):
        photo = root / "images" / split / f"{path.stem}.jpg"
        if not photo.is_file():
            continue
        picture = read(photo)
        for line in path.read_text().splitlines():
            index, *points = line.split()
            outline = np.array(points, np.float64).reshape(-1, 2) * picture.shape[1::-1]
            mask = np.zeros(picture.shape[:2], np.uint8)
            cv2.fillPoly(mask, [outline.round().astype(np.int32)], (1,))
            name = names[int(index)]
            if name in _CLASSES and mask.mean() >= _LEAST:
                x, y, width, height = cv2.boundingRect(mask)
                whole = (
                    x > 1
                    and y > 1
                    and np.all(np.add((x, y), (width, height)) + 1 < mask.shape[::-1])
                )
                part = np.s_[y : y + height, x : x + width]
                if whole:
                    yield name, picture[part], mask[part].astype(np.bool_)


def _scene(
    cuts: list[CutOut], ground: Picture, rng: np.random.Generator
) -> tuple[Picture, dict[str, list[Box]]]:
    """One to three things, each in a column of its own."""
    canvas = np.asarray(cv2.resize(ground, (WIDTH, HEIGHT)), np.uint8).copy()
    boxes: dict[str, list[Box]] = defaultdict(list)
    kinds = rng.choice(sorted({name for name, _, _ in cuts}), 2, replace=False)
    columns = rng.permutation(3)[: rng.integers(1, 4)]
    for column in columns:
        name, pixels, mask = _one(cuts, str(rng.choice(kinds)), rng)
        side = rng.uniform(*_SIDES) * HEIGHT
        factor = min(side / max(mask.shape), WIDTH / 3 / mask.shape[1])
        pixels, mask = _resized(pixels, mask, factor)
        tall, wide = mask.shape
        x = int(column * WIDTH / 3 + rng.integers(0, WIDTH // 3 - wide + 1))
        y = int(rng.integers(0, HEIGHT - tall + 1))
        canvas[y : y + tall, x : x + wide][mask] = pixels[mask]
        seen = box_of(mask)
        boxes[name].append(Box(x + seen.x, y + seen.y, seen.width, seen.height))
    return canvas, boxes


def _one(cuts: list[CutOut], name: str, rng: np.random.Generator) -> CutOut:
    some = [cut for cut in cuts if cut[0] == name]
    return some[rng.integers(len(some))]


def _resized(pixels: Picture, mask: Mask, factor: float) -> tuple[Picture, Mask]:
    size = (max(1, int(factor * mask.shape[1])), max(1, int(factor * mask.shape[0])))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.asarray(share > 0.5, np.bool_)


def _claims(boxes: dict[str, list[Box]], rng: np.random.Generator) -> Iterator[Claimed]:
    absent = sorted(_CLASSES - set(boxes))
    for name, some in boxes.items():
        yield Claimed(f"a {name}", ObjectClaim, True, "presence")
        yield Claimed(f"a {rng.choice(absent)}", ObjectClaim, False, "presence")
        wrong = len(some) + int(rng.choice((-1, 1)))
        for number in (len(some), wrong or 2):
            plural = name if number == 1 else _PLURAL.get(name, f"{name}s")
            prompt = f"{_NUMBERS[number]} {plural}"
            yield Claimed(prompt, CountClaim, number == len(some), "count")
    yield from places_of({name: some[0] for name, some in boxes.items() if len(some) == 1})
