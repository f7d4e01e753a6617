"""Prints what the artifact check finds in pictures, and what it wrongly does.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact.py [--only BLUR] [--pictures DIR]

By default on photos that no threshold rests on (coco128/val2017, Kodak), with ``--split train`` on
those that they do. Damage is made by ``artifact_damage_*.py``, whose tables say what mild, moderate
and strong are; none of it is a detector's own code. Clean COCO photos are JPEG files themselves,
and some of them truly have artifacts. ``--pictures`` writes a sheet for each alarm.

Columns: AUROC of the value, damaged against clean (the photo as it is and the same edit without the
defect), mild, moderate with its 95 % interval (Newcombe 2006) and strong; the share that reaches
MINOR and MAJOR at moderate strength; there too the overlap (IoU, median) of the best box and of the
marked pixels with the exact place; Spearman's rank correlation of strength and value, median over
photos, and the share of photos on which each step measures worse than the one before.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
from artifact_clean import print_alarms, print_generated
from artifact_damage import Damage, Damaged, Pixels, picture, untouched
from artifact_damage_layout import LAYOUT
from artifact_damage_signal import SIGNAL
from artifact_measure import is_measured, told_of
from artifact_pictures import photo_paths, read_photo
from artifact_table import HEADER, Row, Told, line
from artifact_types import print_types

from gencheck.policy import Policy
from gencheck.policy_file import Policies

DAMAGE = (*SIGNAL, *LAYOUT)


def rows_of(path: Path, numbers: list[int], policy: Policy) -> dict[int, Row]:
    """What is said of one photo under each damage, by the damage's number."""
    cv2.setNumThreads(1)
    pixels, name = read_photo(path), f"{path.parent.name}/{path.name}"
    clean = {code: told_of(code, Damaged(picture(pixels)), policy)
             for code in {DAMAGE[number].code for number in numbers}}  # fmt: skip
    return {n: row_of(DAMAGE[n], pixels, name, clean[DAMAGE[n].code], policy) for n in numbers}


def row_of(damage: Damage, pixels: Pixels, name: str, clean: Told | None, policy: Policy) -> Row:
    """One row; ``None`` where there is no place for the damage or the check does not judge."""
    made = [damage.make(pixels, step, damage.seeded(name)) for step in damage.steps]
    told = [None if one is None else told_of(damage.code, one, policy) for one in made]
    if damage.sham is untouched:
        return [clean, clean, *told]
    sham = damage.sham(pixels, damage.seeded(name))
    return [clean, None if sham is None else told_of(damage.code, sham, policy), *told]


def print_damage(paths: list[Path], codes: list[str], policy: Policy, jobs: int) -> None:
    """The table of all damage."""
    print(HEADER)
    numbers = [n for n, d in enumerate(DAMAGE) if d.code in codes or not codes]
    missing = sorted({DAMAGE[n].code for n in numbers if not is_measured(DAMAGE[n].code)})
    numbers = [n for n in numbers if DAMAGE[n].code not in missing]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        found = list(pool.map(rows_of, paths, repeat(numbers), repeat(policy)))
    for number in numbers:
        print(line(DAMAGE[number], [rows[number] for rows in found]))
    if missing:
        print(f"measured by no check here: {', '.join(missing)}")


def main() -> int:
    """Prints the tables; 0 also where figures are bad: it measures, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--split", choices=("evaluate", "train"), default="evaluate")
    parser.add_argument("--only", action="append", default=[], help="a code; may be given again")
    parser.add_argument("--every", type=int, default=1, help="only every n-th photo")
    parser.add_argument("--pictures", type=Path, help="write a sheet for each alarm there")
    parser.add_argument(
        "--part", action="append", choices=("damage", "types", "clean", "generated")
    )
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    data = Path(os.environ["GENCHECK_DATA"])
    policy = Policies.load().get("default")
    parts = options.part or ["damage", "types", "clean", "generated"]
    groups = {
        name: files[:: options.every] for name, files in photo_paths(data, options.split).items()
    }
    if "damage" in parts:
        paths = [path for files in groups.values() for path in files]
        print(f"\nMade damage on {len(paths)} photos, split {options.split}")
        print_damage(paths, options.only, policy, options.jobs)
    if "types" in parts:
        print_types(list(groups.values())[-1], policy, options.jobs)
    if "clean" in parts:
        print_alarms(groups, options.split, policy, options.pictures)
    if "generated" in parts and options.split == "evaluate":
        print_generated(data, policy, options.pictures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
