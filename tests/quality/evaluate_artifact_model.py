"""Prints how well the shipped artifact model finds damage on photos that it never saw.

    GENCHECK_DATA=… python tests/quality/evaluate_artifact_model.py [--split held_back]
        [--model model.onnx] [--only FAMILY]

Photos of coco128/val2017 and Kodak, each damaged by one region of every family of the trainer's
generator with seeds of its own, shammed by every sham, and left clean, all with the same history
of codecs. AP50 is agnostic of classes (IoU 0.5), with 95 % intervals (bootstrap over photos).
Presence is the AUROC of a picture's highest score against the clean ones. ``--split held_back``
prints the same on the training photos that were held back from training, on which all thresholds
were fixed; ``--model`` measures other weights: with those of a run ``--without warp``, ``--only
warp`` says what becomes of damage that was never trained on.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from artifact_boxes import Scored, average_precision, hits
from artifact_pictures import generated_paths, hard_negatives, read_photo
from artifact_statistics import auc_judd, auroc, auroc_interval, correlation
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))

from gencheck.artifact.image.distorted import from_map, scored_parts
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Box, ModelUsed
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import shipped_models
from gencheck.policy_file import Policies
from gencheck.vision.artifacts import DamageSegmenter
from training.damage import FAMILIES, SHAMS
from training.history import aged
from training.photos import Photo, held_out_files, split, training_files
from training.photos import read_photo as read_clean
from training.sample import Sample, damaged

NAME = "artifact_segmenter"
CLEAN, MANY = "clean", "several"
SEED = 20_000_003  # no run of the trainer has it


@dataclass(frozen=True)
class Found:
    """One picture: what was made of it and what the model says.

    Attributes:
        parts: all parts, however faint.
        highest: the value that the check would report.
    """

    kind: str
    made: list[Box]
    parts: list[Scored]
    highest: float
    correlation: float
    judd: float


def make(photo: Photo, kind: str, donor: Photo) -> Sample:
    """A photo with one edit of a kind, or with several, and a history."""
    rng = np.random.default_rng((SEED, zlib.crc32(f"{photo.name} {kind}".encode())))
    kinds = [] if kind == CLEAN else [kind]
    if kind == MANY:
        kinds = [*rng.choice(list(FAMILIES), 3), *rng.choice(list(SHAMS), 1)]
    sample = damaged(aged(photo.pixels, rng), kinds, rng, donor.pixels)
    return Sample(aged(sample.picture, rng, lowest=60), sample.labels, sample.edits)


async def look(segmenter: DamageSegmenter, kind: str, sample: Sample) -> Found:
    """What the model says about a sample."""
    found = await segmenter.locate(sample.picture, deadline=NO_DEADLINE)
    damage = np.asarray(found.probabilities.sum(axis=0), np.float32)
    size = sample.picture.shape[:2]
    parts = scored_parts(damage, (size[0], size[1]), faintest=0.0)
    made = [_box(edit.region.slices) for edit in sample.edits if edit.kind in FAMILIES]
    covered = sample.labels > 0
    some = covered.any() and not covered.all()
    heat = cv2.resize(damage, size[::-1], interpolation=cv2.INTER_LINEAR)
    return Found(
        kind,
        made,
        [Scored(area.box, score) for score, area in parts],
        max(m.value for m in from_map(found, size).measurements),
        correlation(heat, covered) if some else float("nan"),
        auc_judd(heat, covered) if some else float("nan"),
    )


def _box(slices: tuple[slice, slice]) -> Box:
    rows, columns = slices
    return Box(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)


async def look_at_all(
    segmenter: DamageSegmenter, photos: Sequence[Photo], kinds: Sequence[str]
) -> dict[str, list[Found]]:
    """Every photo under every kind of edit."""
    by_kind: dict[str, list[Found]] = {}
    for kind in kinds:
        for index, photo in enumerate(photos):
            donor = photos[(index * 7 + 3) % len(photos)]
            sample = make(photo, kind, donor)
            if kind in FAMILIES and not sample.edits:
                continue  # nothing of it could be seen
            by_kind.setdefault(kind, []).append(await look(segmenter, kind, sample))
    return by_kind


def precision_of(rows: Sequence[Found]) -> float:
    """AP50."""
    return average_precision([(row.parts, row.made) for row in rows])


def interval(groups: Sequence[Sequence[Found]]) -> tuple[float, float]:
    """Of AP50, over photos drawn again 200 times; ``groups`` has the rows of each photo."""
    rng = np.random.default_rng(0)
    drawn = [
        precision_of([row for i in rng.integers(0, len(groups), len(groups)) for row in groups[i]])
        for _ in range(200)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def print_families(by_kind: dict[str, list[Found]], minor: float) -> None:
    """A line for each family, for all of them, and for pictures of several."""
    families = [kind for kind in FAMILIES if kind in by_kind]
    clean = [row.highest for row in by_kind[CLEAN]]
    print(f"{'damage':<14}{'n':>4}  {'AP50 [95 %]':^20} {'recall at ' + format(minor, '.2f'):>15}"
          f"  {'presence AUROC [95 %]':^22}  {'CC':>6} {'Judd':>6}")  # fmt: skip
    for title in (*families, "all of them", MANY):
        kinds = families if title == "all of them" else [title]
        if any(kind not in by_kind for kind in kinds):
            continue
        rows = [row for kind in kinds for row in by_kind[kind]]
        groups = [[by_kind[kind][i] for kind in kinds if i < len(by_kind[kind])]
                  for i in range(max(len(by_kind[kind]) for kind in kinds))]  # fmt: skip
        low, high = interval(groups)
        boxes = sum(len(row.made) for row in rows)
        right = sum(sum(hits([p for p in row.parts if p.score >= minor], row.made)) for row in rows)
        presence = auroc(clean, [row.highest for row in rows])
        below, above = auroc_interval(presence, len(clean), len(rows))
        cc, judd = (float(np.nanmean([getattr(row, name) for row in rows]))
                    for name in ("correlation", "judd"))  # fmt: skip
        print(f"{title:<14}{boxes:>4}  {precision_of(rows):.3f} [{low:.3f}–{high:.3f}] "
              f"{right / boxes:>15.2f}  {presence:.3f} [{below:.3f}–{above:.3f}]    "
              f"{cc:>6.3f} {judd:>6.3f}", flush=True)  # fmt: skip
    everything = precision_of([row for rows in by_kind.values() for row in rows])
    print(f"AP50 over all pictures, those with nothing wrong too: {everything:.3f}")


def print_false(by_kind: dict[str, list[Found]], minor: float, major: float) -> None:
    """Boxes where nothing is wrong, a picture."""
    print(f"\n{'nothing wrong':<16}{'n':>4}  false boxes a picture at {minor:.2f}, at {major:.2f}")
    groups = {kind: by_kind[kind] for kind in (*SHAMS, CLEAN) if kind in by_kind}
    groups["all shams"] = [row for kind in SHAMS for row in by_kind.get(kind, [])]
    for kind, rows in groups.items():
        if not rows:
            continue
        rates = [np.mean([sum(p.score >= at for p in row.parts) for row in rows])
                 for at in (minor, major)]  # fmt: skip
        print(f"{kind:<16}{len(rows):>4}  {rates[0]:.3f}  {rates[1]:.3f}")


async def print_pictures(
    segmenter: DamageSegmenter, title: str, pictures: Sequence[tuple[str, NDArray[np.uint8]]],
    minor: float,
) -> None:  # fmt: skip
    """Names of those in which a part stands out, with its score and kind."""
    print(f"\n{title} ({len(pictures)}), with a part of {minor:.2f} or more:")
    for name, pixels in pictures:
        found = await segmenter.locate(pixels, deadline=NO_DEADLINE)
        for one in from_map(found, pixels.shape[:2]).measurements:
            if one.value >= minor:
                print(f"  {name}: {one.value:.2f}, {one.detail}")


async def print_speed(segmenter: DamageSegmenter) -> None:
    """A picture of one megapixel, from pixels to map."""
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    picture = np.asarray(cv2.resize(noise, (1024, 1024), interpolation=cv2.INTER_CUBIC), np.uint8)
    walls, cpus = [], []
    for _ in range(25):
        wall, cpu = time.perf_counter(), time.process_time()
        await segmenter.locate(picture, deadline=NO_DEADLINE)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"\n1024×1024: median {np.median(walls) * 1e3:.0f} ms, p95 "
          f"{np.quantile(walls, 0.95) * 1e3:.0f} ms of wall clock, "
          f"{np.median(cpus) * 1e3:.0f} ms of CPU")  # fmt: skip


def kinds_of(only: Sequence[str] | None) -> list[str]:
    """What pictures are made: all kinds, or some families and the clean ones."""
    if not only:
        return [*FAMILIES, MANY, *SHAMS, CLEAN]
    return [*(FAMILIES if only == ["families"] else only), CLEAN]


async def evaluate(options: argparse.Namespace, data: Path) -> None:
    """All tables."""
    files = held_out_files(data)
    if options.split == "held_back":
        files = split(training_files(data), held_back=True)
    photos = [read_clean(path) for path in files[:: options.every]]
    bounds = Policies.load().get("default").thresholds["DISTORTED_REGION"]
    with tempfile.TemporaryDirectory() as folder:
        source = shipped_models() / "repository" / NAME
        shutil.copytree(source, Path(folder) / NAME)
        if options.model:
            shutil.copyfile(options.model, Path(folder) / NAME / "1" / "model.onnx")
        backend = EmbeddedBackend(Path(folder), threads=os.cpu_count() or 1)
        spec = await backend.describe(NAME)
        segmenter = DamageSegmenter(backend, ModelUsed(NAME, NAME, spec.version), spec)
        print(f"{options.model or 'the shipped model'} on {len(photos)} photos, {options.split}")
        by_kind = await look_at_all(segmenter, photos, kinds_of(options.only))
        print_families(by_kind, bounds.minor)
        print_false(by_kind, bounds.minor, bounds.major)
        if options.split == "held_out" and not options.only:
            clean = [(path.name, read_photo(path)) for path in held_out_files(data)]
            await print_pictures(segmenter, "Clean photos as they are", clean, bounds.minor)
            bases = [pixels for _, pixels in clean[::6]]
            hard = list(hard_negatives(bases, SEED))
            await print_pictures(segmenter, "Hard negatives", hard, bounds.minor)
            made = [(path.name, read_photo(path)) for path in generated_paths(data)]
            await print_pictures(segmenter, "Generated pictures", made, bounds.minor)
        await print_speed(segmenter)
        await backend.aclose()


def main() -> int:
    """Prints the tables; 0 also where figures are bad: it measures, it does not judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--split", choices=("held_out", "held_back"), default="held_out")
    parser.add_argument("--model", type=Path, help="another ONNX file of the same network")
    parser.add_argument("--only", action="append", help="a family, or families, and clean pictures")
    parser.add_argument("--every", type=int, default=1, help="only every n-th photo")
    options = parser.parse_args()
    if not os.environ.get("GENCHECK_DATA"):
        print("GENCHECK_DATA is not set: no real material to measure on, nothing printed.")
        return 0
    asyncio.run(evaluate(options, Path(os.environ["GENCHECK_DATA"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
