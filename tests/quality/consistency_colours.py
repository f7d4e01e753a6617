"""The colour of a thing in its box against that of its true mask, for the eleven basic colours.

The same judge looks at both, so this tells what it costs not to know the mask. No detector is
asked; a segmenter may be.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from coco_photos import read

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify import colours
from gencheck.consistency.verify.looks import judge_patch
from gencheck.consistency.verify.objects import inner_pixels, masked_pixels
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Box
from gencheck.vision.roles import Picture, Segmenter

_NAMES = "black white grey red orange yellow green blue purple pink brown".split()  # noqa: SIM905
_SMALL = 0.01  # share of the photo


async def print_colours(root: Path, split: str, segmenter: Segmenter | None = None) -> None:
    """How often what the mask decides is decided the same way, the other way, or left open.

    Args:
        segmenter: whose masks are looked at, where it makes one of a box.
    """
    table: Counter[tuple[ClaimStatus, ClaimStatus]] = Counter()
    things = 0
    for path in sorted((root / "instance_segmentation/labels" / split).glob("*.txt")):
        photo = root / "images" / split / f"{path.stem}.jpg"
        if not photo.is_file():
            continue
        picture = read(photo)
        for line in path.read_text().splitlines():
            outline = np.array(line.split()[1:], np.float64).reshape(-1, 2)
            statuses = await _statuses(outline * picture.shape[1::-1], picture, segmenter)
            table.update(statuses)
            things += bool(statuses)
    by = segmenter.model.name if segmenter else "an ellipse"
    print(f"Colours inside the true box by {by}, as by the true mask: {things} things of {split}")
    for by_mask in (ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED):
        row = [table[by_mask, by_box] for by_box in ClaimStatus]
        print(f"  {by_mask.name.lower()} by the mask: {row} S/C/U by the box")
    print()


async def _statuses(
    outline: np.ndarray, picture: Picture, segmenter: Segmenter | None
) -> list[tuple[ClaimStatus, ClaimStatus]]:
    """By the mask and by the box, for each colour; none for a thing too small."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [outline.round().astype(np.int32)], (1,))
    if mask.mean() < _SMALL:
        return []
    (x, y), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
    box = Box(float(x), float(y), float(right - x), float(bottom - y))
    whole, inside = colours.lch(picture)[mask > 0], inner_pixels(box, picture)
    if inside is None:
        return []
    if segmenter is not None:
        (made,) = await segmenter.segment(picture, [box], deadline=NO_DEADLINE)
        inside = inside if made is None else masked_pixels(made, box, picture)
    return [
        (
            judge_patch(name, whole, box, "").status,
            judge_patch(name, inside, box, "").status,
        )
        for name in _NAMES
    ]
