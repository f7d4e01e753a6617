"""Prints the false alarms of each surface of the default policy, on photos without a defect.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact_surfaces.py [--every 4]

Each photo is checked as it is, and at the size that the surface shows. Photos that thresholds rest
on (train) and others (held out) apart; shares with 95 % intervals (Wilson). COCO's photos are JPEG
files, and some of them truly have artifacts.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import Pixels
from artifact_pictures import photo_paths, read_file
from artifact_similarity import seen_at
from artifact_statistics import wilson

from gencheck.artifact.check import check_image
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Measurement, Severity
from gencheck.media.types import Image
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies


def _broadcast(pixels: Pixels) -> Pixels:
    """The middle in 16:9, 720 lines."""
    height, width = pixels.shape[:2]
    tall, wide = min(height, width * 9 // 16), min(width, height * 16 // 9)
    top, left = (height - tall) // 2, (width - wide) // 2
    middle = pixels[top : top + tall, left : left + wide]
    return cv2.resize(
        middle, (1280, 720), interpolation=cv2.INTER_AREA if tall > 720 else cv2.INTER_CUBIC
    )


SURFACES: dict[str, Callable[[Pixels], Pixels] | None] = {
    "": None,
    "thumbnail": lambda pixels: seen_at(pixels, 256),
    "product-page": lambda pixels: seen_at(pixels, 1024),
    "print": None,
    "ar": lambda pixels: seen_at(pixels, 512),
    "broadcast": _broadcast,
}
"""The surfaces with the size that they show; ``None``: that of the file."""

Measured = dict[str, tuple[Measurement, ...]]


def measured(path: Path) -> Measured:
    """What is measured on a photo at each surface's size; ``as it is`` for the file's own."""
    cv2.setNumThreads(1)
    image = read_file(path)
    found = {"as it is": check_image(image, deadline=NO_DEADLINE).measurements}
    for name, size in SURFACES.items():
        if size is not None:
            shown = Image(np.ascontiguousarray(size(image.pixels)), None, "PNG")
            found[name] = check_image(shown, deadline=NO_DEADLINE).measurements
    return found


def print_surface(name: str, policy: Policy, split: str, photos: list[Measured]) -> None:
    """How many alarm, and by which codes."""
    cells, codes = [], Counter[str]()
    for size in ("as it is", name):
        if size not in photos[0]:
            cells.append(f"{'–':^37}")
            continue
        graded = [grade(photo[size], policy) for photo in photos]
        for least in (Severity.MAJOR, Severity.MINOR):
            hits = sum(any(f.severity >= least for f in findings) for findings in graded)
            low, high = wilson(hits, len(photos))
            cells.append(f"{hits / len(photos):>5.1%} [{low:.1%}–{high:.1%}]".ljust(21))
        for findings in graded:
            codes.update({f.code for f in findings if f.severity >= Severity.MAJOR})
    told = ", ".join(f"{code} {count}" for code, count in codes.most_common())
    print(f"{policy.name:<22}{split:<9}{len(photos):>4}  {' '.join(cells)}  {told}")


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, help="only every n-th photo")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    data, policies = Path(os.environ["GENCHECK_DATA"]), Policies.load()
    print(f"{'policy':<22}{'photos':<9}{'n':>4}  {'MAJOR, as it is':<21} {'MINOR or worse':<21} "
          f"{'MAJOR, at its size':<21} {'MINOR or worse':<21}  codes at MAJOR")  # fmt: skip
    for split, title in (("train", "train"), ("evaluate", "held out")):
        paths = [p for files in photo_paths(data, split).values() for p in files[:: options.every]]
        with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
            photos = list(pool.map(measured, paths))
        for name in SURFACES:
            policy = policies.get(f"default/{name}" if name else "default")
            print_surface(name, policy, title, photos)
    return 0


if __name__ == "__main__":
    sys.exit(main())
