"""Whether refining betters masks of damaged parts: ``python tests/quality/evaluate_masks.py``.

Photos of ``GENCHECK_DATA`` are damaged by ``artifact_damage_content.py``, with exact masks. The
part that the installed ArtifactSegmenter is surest of is compared with them as it comes out of its
map, after GrabCut (Rother et al., SIGGRAPH 2004), and as a Segmenter cuts out what lies in its box,
where one is installed: mean IoU over the parts that lie on the damage, and CPU time of a part.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import Mask, Pixels
from artifact_damage_content import EDITS, edited
from artifact_pictures import photo_paths, read_photo
from installed_roles import with_roles

from gencheck.artifact.image.distorted import measure_distorted
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Mask as Region
from gencheck.vision.roles import Roles

EVERY = int(os.environ.get("GENCHECK_EVERY", "3"))
SIDE = 384  # pixels at which GrabCut works
TOUCHES = 0.1
"""IoU from which a part lies on the damage: what lies elsewhere has no mask to refine."""


@dataclass
class Refined:
    """What one way gives: the IoU of each part, and the seconds it took."""

    overlaps: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def main() -> int:
    """Print the table."""
    return with_roles(evaluate)


async def evaluate(data: Path, roles: Roles) -> None:
    """All edits on all photos."""
    if roles.artifacts is None:
        print("nobody plays ArtifactSegmenter: gencheck models install embedded")
        return
    paths = [path for found in photo_paths(data, "evaluate").values() for path in found][::EVERY]
    ways = {"map": Refined(), "GrabCut": Refined()}
    if roles.segments is not None:
        ways["Segmenter"] = Refined()
    for path in paths:
        pixels = read_photo(path, 768)
        for name, edit in EDITS.items():
            rng = np.random.default_rng(zlib.crc32(f"{path.name} {name}".encode()))
            damaged = edited(edit, pixels, rng)
            if damaged.mask is not None:
                await refine(damaged.image.pixels, damaged.mask, roles, ways)
    plain = np.asarray(ways["map"].overlaps)
    print(f"{len(plain)} parts on {len(paths)} photos, IoU with the exact mask")
    for name, way in ways.items():
        found = np.asarray(way.overlaps)
        low, high = interval(found - plain)
        change = f"{np.mean(found - plain):+.3f} ({low:+.3f} to {high:+.3f}) against the map"
        cost = f"{1000 * np.median(way.seconds):.0f} ms a part"
        print(f"  {name:10} {found.mean():.3f}, {change}, {cost}")


async def refine(pixels: Pixels, truth: Mask, roles: Roles, ways: dict[str, Refined]) -> None:
    """Add what each way makes of the surest part, where it lies on the damage."""
    assert roles.artifacts is not None
    reading = await measure_distorted(pixels, roles.artifacts, deadline=NO_DEADLINE)
    region = reading.measurements[0].region
    if not isinstance(region, Region):
        return
    png = np.frombuffer(region.png, np.uint8)
    mask = np.asarray(cv2.imdecode(png, cv2.IMREAD_GRAYSCALE)) > 0
    if iou(mask, truth) < TOUCHES:
        return
    for name, way in ways.items():
        started = time.process_time()
        found: Mask | None = mask
        if name == "GrabCut":
            found = grabbed(pixels, mask)
        elif name == "Segmenter" and roles.segments is not None:
            (found,) = await roles.segments.segment(pixels, [region.box], deadline=NO_DEADLINE)
        way.seconds.append(time.process_time() - started)
        way.overlaps.append(iou(mask if found is None else found, truth))


def grabbed(pixels: Pixels, mask: Mask) -> Mask:
    """The mask after two rounds of GrabCut: its core is kept, its surroundings may join it."""
    scale = min(1.0, SIDE / max(mask.shape))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    size = (small.shape[1], small.shape[0])
    part = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    reach = max(3, SIDE // 50)
    core = cv2.erode(part, np.ones((reach, reach), np.uint8))
    around = cv2.dilate(part, np.ones((2 * reach, 2 * reach), np.uint8))
    labels = np.full(part.shape, cv2.GC_BGD, np.uint8)
    for where, label in ((around, cv2.GC_PR_BGD), (part, cv2.GC_PR_FGD), (core, cv2.GC_FGD)):
        labels[where > 0] = label
    if not (labels == cv2.GC_BGD).any() or not part.any():
        return mask
    cv2.setRNGSeed(0)
    try:
        cv2.grabCut(small, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 2,
                    cv2.GC_INIT_WITH_MASK)  # fmt: skip
    except cv2.error:  # too few colours on one side
        return mask
    whole = cv2.resize(labels & 1, mask.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return np.asarray(whole > 0)


def iou(one: Mask, other: Mask) -> float:
    """Intersection over union."""
    return float((one & other).sum() / max(1, (one | other).sum()))


def interval(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    """95 % of the mean, over parts drawn again."""
    rng = np.random.default_rng(0)
    means = rng.choice(values, (1000, len(values))).mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


if __name__ == "__main__":
    sys.exit(main())
