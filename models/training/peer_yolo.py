"""``peer_yolo``: an ultralytics YOLO on the same samples, to compare with; it is not shipped.

Writes a data set of drawn samples with boxes of damage (one class), then trains on it. ultralytics
is AGPL-3.0.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from training.damage import FAMILIES
from training.errors import TrainingError
from training.photos import Photo, read_photo, split, training_files
from training.sample import Sample, draw_sample

_LEAST_SIDE = 6  # pixels of a box that a sample shows
_HELD_BACK_SEED = 1_000_003


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``peer_yolo``."""
    parser.add_argument("--data", type=Path, default=os.environ.get("GENCHECK_DATA"))
    parser.add_argument("--out", type=Path, required=True, help="folder for data set and weights")
    parser.add_argument("--architecture", default="yolo11n.yaml", help="from random weights")
    parser.add_argument("--samples", type=int, default=28000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")


def run(options: argparse.Namespace) -> int:
    """Draw, train, and leave the weights in ``OUT/run/weights/best.pt``."""
    files = training_files(Path(options.data)) if options.data else []
    parts = {
        "train": ([read_photo(f) for f in split(files, held_back=False)], options.samples),
        "val": ([read_photo(f) for f in split(files, held_back=True)], 128),
    }
    if not all(photos for photos, _ in parts.values()):
        raise TrainingError("no photos to train on", fix="Say --data, or set GENCHECK_DATA.")
    for name, (photos, count) in parts.items():
        seed = options.seed if name == "train" else _HELD_BACK_SEED
        write_samples(options.out / name, photos, side=options.side, seed=seed, count=count)
    data = options.out / "data.yaml"
    data.write_text(
        f"path: {options.out.resolve()}\ntrain: train/images\nval: val/images\nnames: [damage]\n"
    )
    from recipes.yolo_weights import ultralytics_tasks

    ultralytics_tasks()
    from ultralytics import YOLO

    YOLO(options.architecture).train(
        data=str(data),
        imgsz=options.side,
        epochs=options.epochs,
        seed=options.seed,
        device=options.device,
        project=str(options.out),
        name="run",
        exist_ok=True,
        mosaic=0.0,  # a sample's history of codecs is part of what is to be learned
        plots=False,
    )
    return 0


def write_samples(
    folder: Path, photos: Sequence[Photo], *, side: int, seed: int, count: int
) -> None:
    """Samples as PNG, with a text file of boxes beside each, as ultralytics reads them."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        sample = draw_sample(photos, side, (seed, index), kinds=list(FAMILIES))
        picture = cv2.cvtColor(sample.picture, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / "images" / f"{index:06}.png"), picture)
        (folder / "labels" / f"{index:06}.txt").write_text("".join(lines_of(sample)))


def lines_of(sample: Sample) -> list[str]:
    """A line for each damaged part: class 0, centre and size of its box, in parts of the side."""
    height, width = sample.labels.shape
    lines = []
    for label in np.unique(sample.labels[sample.labels > 0]):
        count, _, stats, _ = cv2.connectedComponentsWithStats(
            (sample.labels == label).astype(np.uint8), connectivity=8
        )
        for x, y, wide, tall, _ in stats[1:count].tolist():
            if min(wide, tall) >= _LEAST_SIDE:
                centre = ((x + wide / 2) / width, (y + tall / 2) / height)
                numbers = (*centre, wide / width, tall / height)
                lines.append("0 " + " ".join(f"{number:.6f}" for number in numbers) + "\n")
    return lines
