"""Prints how well flicker is told from a camera that moves over a scene that does not flicker.

Each photo of the evaluation split is panned over and zoomed into, as it is and with flicker of 2 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from artifact_clips import camera, watch_clip
from artifact_damage_video import VIDEO, Torn
from artifact_pictures import photo_paths, read_photo
from artifact_statistics import auroc, auroc_interval

from gencheck.findings import Severity
from gencheck.policy import Policy, Thresholds

STILL = 0.02
"""What flicker may measure under a camera that moves over a still scene, share of luma."""

KINDS = tuple(damage for damage in VIDEO if damage.code == "FLICKER")
PERCENT = 2.0


def measured(torn: Torn) -> float:
    """The worst flicker of a clip's file, share of luma."""
    report = watch_clip(torn.clip, codec=torn.codec, quality=torn.quality)
    return max(m.value for m in report.measurements if m.code == "FLICKER")


def values_of(path: Path, motion: str) -> list[float]:
    """What is measured under one camera: as it is, then with each kind of flicker."""
    cv2.setNumThreads(1)
    clip = camera(f"{motion} {path.stem}", read_photo(path), zoom=motion == "zoom")
    torn = [damage.make(clip, PERCENT, damage.seeded(clip.name)) for damage in KINDS]
    return [measured(Torn(clip)), *(measured(one) for one in torn)]


def print_flicker(data: Path, policy: Policy, every: int, jobs: int) -> None:
    """Of each motion: what it measures by itself, and how flicker is told from that."""
    paths = [path for some in photo_paths(data, "evaluate").values() for path in some][::every]
    limits = policy.thresholds["FLICKER"]
    print(f"\nFlicker of {PERCENT:g} % under a camera that moves, {len(paths)} photos")
    print(f"{'camera':<10}{'kind':<14}{'n':>4}  AUROC [95 %]          median MINOR")
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        rows = {
            motion: list(pool.map(values_of, paths, repeat(motion))) for motion in ("pan", "zoom")
        }
    rows["both"] = [*rows["pan"], *rows["zoom"]]
    for motion, found in rows.items():
        _print_motion(motion, np.array(found), limits)


def _print_motion(motion: str, found: np.ndarray, limits: Thresholds) -> None:
    still = found[:, 0]
    print(
        f"{motion:<10}{'none':<14}{len(still):>4}  {np.mean(still <= STILL):.0%} at most {STILL}, "
        f"highest {still.max():.4f}   {np.median(still):>7.4f} {_minor(still, limits):>5.0%}"
    )
    for damage, values in zip(KINDS, found.T[1:], strict=True):
        area = auroc(list(still), list(values))
        low, high = auroc_interval(area, len(still), len(values))
        print(
            f"{motion:<10}{damage.name:<14}{len(values):>4}  {area:.3f} [{low:.3f}–{high:.3f}]    "
            f"{'':<13}{np.median(values):>7.4f} {_minor(values, limits):>5.0%}"
        )


def _minor(values: Sequence[float] | np.ndarray, limits: Thresholds) -> float:
    reached = [limits.severity(float(value)) for value in values]
    return float(np.mean([one is not None and one[0] >= Severity.MINOR for one in reached]))
