"""Prints what the artifact check finds in clips, and what it wrongly does.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact_video.py [--only FLICKER]

Clips: a camera that pans and zooms over Kodak's photos, and three real ones (at most 360 lines, 60
frames). Damage is made on frames by ``artifact_damage_video.py`` and goes through real files, H.264
at a constant quality of 20 unless said otherwise. Columns as in ``evaluate_artifact.py``; the box
is the span of time. No threshold rests on any of these.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from artifact_clips import Clip, camera, read_clip, watch_clip, with_sound
from artifact_damage_video import (
    VIDEO,
    ClipDamage,
    Span,
    Torn,
    cut,
    fade_to_black,
    hand_held,
    lights_on,
    on_twos,
    variable_rate,
)
from artifact_flicker import STILL, print_flicker
from artifact_measure import worst_severity
from artifact_pictures import read_photo
from artifact_table import HEADER, Row, Told, line

from gencheck.artifact.report import ArtifactReport
from gencheck.findings import Measurement, Severity, TimeSpan
from gencheck.policy import Policy, grade
from gencheck.policy_file import Policies

REAL = ("baby", "bigbuckbunny", "carphone_pristine")


def clips_of(data: Path, name: str) -> Clip:
    """A clip by its name: ``pan 01``, ``zoom 03``, or a real one."""
    kind, _, photo = name.partition(" ")
    if not photo:
        return read_clip(data / "video" / f"{name}.mp4")
    return camera(name, read_photo(data / "real_kodak" / f"{photo}.png"), zoom=kind == "zoom")


def names_of(data: Path, every: int) -> list[str]:
    """All clips: each photo panned over or zoomed into in turns, then the real ones."""
    photos = sorted(path.stem for path in (data / "real_kodak").glob("*.png"))[::every]
    return [f"{('pan', 'zoom')[n % 2]} {photo}" for n, photo in enumerate(photos)] + list(REAL)


def check(torn: Torn) -> ArtifactReport:
    """The whole check of a clip's file."""
    return watch_clip(torn.clip, codec=torn.codec, quality=torn.quality)


def told(code: str, report: ArtifactReport, span: Span | None, policy: Policy) -> Told | None:
    """What is said of a code; ``None`` where it is not measured."""
    mine = [m for m in report.measurements if m.code == code]
    if not mine:
        return None
    box = float("nan") if span is None else max(_overlap(m, span) for m in mine)
    return Told(max(m.value for m in mine), worst_severity(mine, policy), box)


def _overlap(found: Measurement, span: Span) -> float:
    if not isinstance(found.region, TimeSpan):
        return 0.0
    inside = min(found.region.end, span[1]) - max(found.region.start, span[0])
    union = max(found.region.end, span[1]) - min(found.region.start, span[0])
    return max(inside, 0.0) / union if union > 0 else 0.0


def rows_of(data: Path, name: str, numbers: list[int], policy: Policy) -> dict[int, Row]:
    """What is said of one clip under each damage, by the damage's number."""
    cv2.setNumThreads(1)
    clip = clips_of(data, name)
    plain = check(Torn(clip))
    return {number: _row(VIDEO[number], clip, plain, policy) for number in numbers}


def _row(damage: ClipDamage, clip: Clip, plain: ArtifactReport, policy: Policy) -> Row:
    sham = damage.sham(clip, damage.seeded(clip.name))
    same = sham.clip is clip and sham.codec == "libx264"
    row = [told(damage.code, plain, None, policy),
           told(damage.code, plain if same else check(sham), None, policy)]  # fmt: skip
    if row[1] is None:
        return [*row, None, None, None]
    for step in damage.steps:
        torn = damage.make(clip, step, damage.seeded(clip.name))
        row.append(told(damage.code, check(torn), torn.span, policy))
    return row


def clean_clips(data: Path, every: int) -> Iterator[tuple[str, Clip]]:
    """Clips that nothing is wrong with: still scenes, real ones, edits, other clocks."""
    photos = sorted(path.stem for path in (data / "real_kodak").glob("*.png"))[::every]
    for photo in photos:
        for kind in ("pan", "zoom"):
            yield f"{kind} over a still scene", clips_of(data, f"{kind} {photo}")
    for name in REAL:
        yield "real", clips_of(data, name)
    bases = [clips_of(data, name) for name in (f"pan {photos[0]}", f"zoom {photos[-1]}", *REAL[:2])]
    for index, base in enumerate(bases):
        yield "fade", fade_to_black(base)
        yield "lamp", lights_on(base)
        yield "cut", cut(base, bases[index - 1])
        yield "variable frame rate", variable_rate(base)
        yield "on twos", on_twos(base)
        yield "hand-held", hand_held(base, index)
        yield "with sound", with_sound(base)


def print_clean(data: Path, policy: Policy, every: int) -> None:
    """The alarms on clean clips, and how much the camera alone flickers."""
    print("\nClean clips")
    still, total, worst = [], 0, []
    for kind, clip in clean_clips(data, every):
        report = check(Torn(clip))
        findings = [f for f in grade(report.measurements, policy) if f.severity >= Severity.MINOR]
        worst.append(max((f.severity for f in findings), default=0))
        total += 1
        if "still scene" in kind:
            still += [m.value for m in report.measurements if m.code == "FLICKER"]
        for finding in findings:
            where = finding.region
            at = f" at {where.start:.2f}–{where.end:.2f} s" if isinstance(where, TimeSpan) else ""
            print(f"  {kind}, {clip.name}: {finding.severity.name} {finding.code} "
                  f"{finding.measured:.3g} (from {finding.threshold:g}){at}")  # fmt: skip
    major = sum(severity >= Severity.MAJOR for severity in worst)
    minor = sum(severity >= Severity.MINOR for severity in worst)
    print(f"  of {total} clips {major} with MAJOR or worse, {minor} with MINOR or worse")
    if still:
        low = sum(value <= STILL for value in still)
        print(f"  flicker under a moving camera: {low} of {len(still)} at most {STILL}, "
              f"median {np.median(still):.4f}, highest {max(still):.4f}")  # fmt: skip


def print_damage(data: Path, codes: list[str], policy: Policy, every: int, jobs: int) -> None:
    """The table of all damage."""
    names = names_of(data, every)
    print(f"\nMade damage on {len(names)} clips\n{HEADER}")
    numbers = [n for n, damage in enumerate(VIDEO) if damage.code in codes or not codes]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        found = list(pool.map(rows_of, repeat(data), names, repeat(numbers), repeat(policy)))
    for number in numbers:
        print(line(VIDEO[number], [rows[number] for rows in found]))


def main() -> int:
    """Prints the tables; 0 also where figures are bad: it measures, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="a code; may be given again")
    parser.add_argument("--every", type=int, default=1, help="only every n-th photo")
    parser.add_argument("--part", action="append", choices=("damage", "clean", "flicker"))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    data, policy = Path(os.environ["GENCHECK_DATA"]), Policies.load().get("default")
    parts = options.part or ["damage", "clean", "flicker"]
    if "damage" in parts:
        print_damage(data, options.only, policy, options.every, options.jobs)
    if "clean" in parts:
        print_clean(data, policy, options.every)
    if "flicker" in parts:
        print_flicker(data, policy, options.every, options.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
