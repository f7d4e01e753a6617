"""Prints how well the whole check's heat map covers what was damaged, on exact masks.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact_heat.py [--every 4] [--pictures DIR]

On coco128/val2017 and Kodak, at most 768 pixels a side: what a picture shows is damaged by
``artifact_damage_content.py`` (none of it is the trainer's code), and its signal by the patches of
``artifact_damage_signal.py`` at strong. CC is Pearson's correlation of the map with the mask,
AUC-Judd how well its level tells pixels inside from those outside; means over pictures with 95 %
intervals (bootstrap over photos), and the share in which any finding's box overlaps the place (IoU
at least 0.3). Shams are the same edits without a defect: findings that lie there, a picture.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import Damaged, Pixels
from artifact_damage_content import EDITS, SHAMS, edited
from artifact_damage_signal import SIGNAL
from artifact_measure import best_box
from artifact_pictures import photo_paths, read_photo
from artifact_sheet import write_sheet
from artifact_statistics import auc_judd, correlation
from artifact_whole import whole

from gencheck.findings import Severity
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies

SIDE = 768
IOU = 0.3


@dataclass(frozen=True)
class Heat:
    """Of one picture: how well its map covers the place, and how many findings lie there."""

    kind: str
    correlation: float
    judd: float
    found: bool
    findings: int


def damaged_of(pixels: Pixels, name: str) -> Iterator[tuple[str, Damaged]]:
    """One photo under everything."""
    for kind, edit in {**EDITS, **SHAMS}.items():
        yield (
            kind,
            edited(edit, pixels, np.random.default_rng(zlib.crc32(f"{name} {kind}".encode()))),
        )
    for damage in SIGNAL:
        if damage.name.endswith("patch"):
            made = damage.make(pixels, damage.steps[2], damage.seeded(name))
            if made is not None:
                yield f"{damage.code} {damage.name}", made


def heats_of(path: Path, policy: Policy, sheets: Path | None) -> list[Heat]:
    """What the heat maps of one photo are worth."""
    cv2.setNumThreads(1)
    pixels = read_photo(path, SIDE)
    return [_heat(kind, made, policy, path, sheets) for kind, made in damaged_of(pixels, path.name)]


def _heat(kind: str, made: Damaged, policy: Policy, path: Path, sheets: Path | None) -> Heat:
    assert made.mask is not None
    report = whole().check(made.image, want_heat_map=True)
    assert report.heat_map is not None
    shape = report.heat_map.shape
    mask = cv2.resize(made.mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    heat = report.heat_map.astype(np.float32)
    findings = [f for f in grade(report.measurements, policy) if f.severity >= Severity.MINOR]
    there = [f for f in findings if best_box([f], made.mask) >= IOU]
    if sheets is not None:
        write_sheet(sheets, f"{kind} {path.stem}", made.image.pixels, report, findings)
    return Heat(kind, correlation(heat, mask), auc_judd(heat, mask), bool(there), len(there))


def print_kind(title: str, rows: list[list[Heat]]) -> None:
    """Means over photos of one kind of damage, or of several; ``rows``: a photo's pictures."""
    means = np.array([[np.mean([h.correlation for h in row]), np.mean([h.judd for h in row])]
                      for row in rows])  # fmt: skip
    rng = np.random.default_rng(0)
    drawn = means[rng.integers(0, len(means), (500, len(means)))].mean(axis=1)
    (cc_low, judd_low), (cc_high, judd_high) = np.quantile(drawn, [0.025, 0.975], axis=0)
    cc, judd = means.mean(axis=0)
    found = np.mean([h.found for row in rows for h in row])
    print(f"{title:<28}{sum(map(len, rows)):>4}  {cc:>6.3f} [{cc_low:.3f}–{cc_high:.3f}]  "
          f"{judd:>6.3f} [{judd_low:.3f}–{judd_high:.3f}]  {found:>5.0%}")  # fmt: skip


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, help="only every n-th photo")
    parser.add_argument("--pictures", type=Path, help="write a sheet of each picture there")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    groups = photo_paths(Path(os.environ["GENCHECK_DATA"]), "evaluate").values()
    paths = [path for files in groups for path in files[:: options.every]]
    policy = Policies.load().get("default")
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        found = list(pool.map(heats_of, paths, repeat(policy), repeat(options.pictures)))
    print(f"{'damage':<28}{'n':>4}  {'CC [95 %]':^21}  {'AUC-Judd [95 %]':^21}  box there")
    kinds = list(dict.fromkeys(heat.kind for row in found for heat in row))
    for kind in (k for k in kinds if k not in SHAMS):
        print_kind(kind, [[h for h in row if h.kind == kind] for row in found])
    print_kind("all of what is shown", [[h for h in row if h.kind in EDITS] for row in found])
    signals = [[h for h in row if h.kind not in EDITS and h.kind not in SHAMS] for row in found]
    print_kind("all patches of the signal", signals)
    for kind in SHAMS:
        there = [h.findings for row in found for h in row if h.kind == kind]
        print(f"sham, {kind:<22}{len(there):>4}  {np.mean(there):.3f} findings there a picture")
    return 0


if __name__ == "__main__":
    sys.exit(main())
