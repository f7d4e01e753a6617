"""``show``: training samples with the outlines of their masks, as one picture to look at."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import cv2
import numpy as np

from training.damage import FAMILIES
from training.errors import TrainingError
from training.photos import read_photo, split, training_files
from training.regions import Picture
from training.sample import CLEAN, Sample, draw_sample


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``show``."""
    parser.add_argument("--data", type=Path, default=os.environ.get("GENCHECK_DATA"))
    parser.add_argument("--out", type=Path, required=True, metavar="sheet.png")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--rows", type=int, default=5)
    parser.add_argument("--columns", type=int, default=6)


def run(options: argparse.Namespace) -> int:
    """Write the sheet."""
    files = training_files(Path(options.data)) if options.data else []
    photos = [read_photo(file) for file in split(files, held_back=False)]
    if not photos:
        raise TrainingError("no photos to draw from", fix="Say --data, or set GENCHECK_DATA.")
    tiles = [
        outlined(draw_sample(photos, options.side, (options.seed, i), kinds=list(FAMILIES)))
        for i in range(options.rows * options.columns)
    ]
    lines = [
        np.concatenate(tiles[row * options.columns : (row + 1) * options.columns], axis=1)
        for row in range(options.rows)
    ]
    cv2.imwrite(str(options.out), np.concatenate(lines)[:, :, ::-1])
    return 0


def outlined(sample: Sample) -> Picture:
    """The picture with red outlines around what is damaged, and the names of all edits."""
    picture = sample.picture.copy()
    inside = (sample.labels != CLEAN).astype(np.uint8)
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    picture[edge > 0] = (255, 0, 0)
    names = " ".join(edit.kind for edit in sample.edits)
    at = (4, picture.shape[0] - 6)
    cv2.putText(picture, names, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 0), 1, cv2.LINE_AA)
    return picture
