"""Fit ``models/calibration.toml`` on coco128/train2017, for each detector that can be installed.

``GENCHECK_DATA=… GENCHECK_WEIGHTS=… GENCHECK_MADE=… python tests/quality/calibrate_objects.py``
prints the entries, ``--write`` replaces those of the file. ``GENCHECK_MADE`` is what the recipe
``yolo`` made. Detectors were trained on COCO's train part, so scores there are a little too good.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

sys.path.insert(0, str(Path(__file__).parent))

from coco_photos import Photo, Remembering, photos, read
from installed_roles import installed_detectors

from gencheck.consistency.look import look_closer, overlap, settle
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.counting import best_share
from gencheck.consistency.verify.objects import best_of
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Box
from gencheck.inference.store import shipped_models
from gencheck.vision.calibration import (
    CALIBRATION_FILE,
    MOST,
    OTHER,
    falling_shares,
    log_odds,
    more_row,
)
from gencheck.vision.roles import DetectedObject, ObjectDetector

_MOST_FITTED = 8  # numbers beyond are too rare to fit
_IOU = 0.5  # COCO's least overlap of a right box
_HEADER = """\
# Weights that turn an object detector's scores into probabilities: vision/calibration.py says which
# is which. Fitted on coco128/train2017 by tests/quality/calibrate_objects.py --write; do not edit.
"""

Rows = list[tuple[list[float], bool, float]]
"""Features, what is true, weight."""


@dataclass(slots=True)
class _Data:
    """Rows of one or several detectors, for each regression."""

    glance: Rows = field(default_factory=list)
    closer: Rows = field(default_factory=list)
    box: Rows = field(default_factory=list)
    best: Rows = field(default_factory=list)
    more: Rows = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    centres: list[float] = field(default_factory=list)

    def add(self, other: _Data) -> None:
        """Take in the rows of another detector."""
        for name in self.__slots__:
            getattr(self, name).extend(getattr(other, name))


def main() -> int:
    """Print the entries, or write them."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--write", action="store_true", help="replace the file's entries")
    options = arguments.parse_args()
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        print("calibrate_objects: skipped, GENCHECK_DATA is not set")
        return 0
    entries = asyncio.run(_fit_all(photos(Path(root) / "coco128", "train2017")))
    path = shipped_models() / CALIBRATION_FILE
    kept = tomllib.loads(path.read_text()) if path.is_file() else {}
    text = _HEADER + "".join(_entry(name, row) for name, row in sorted((kept | entries).items()))
    if options.write:
        path.write_text(text)
    else:
        print(text)
    return 0


async def _fit_all(train: Sequence[Photo]) -> dict[str, dict[str, object]]:
    entries, pooled = {}, _Data()
    with tempfile.TemporaryDirectory() as folder:
        async for detector in installed_detectors(Path(folder)):
            data = await _rows(detector, train)
            entries[detector.model.name] = _fit(data)
            pooled.add(data)
    if entries:
        entries[OTHER] = _fit(pooled)
    return entries


async def _rows(detector: ObjectDetector, train: Sequence[Photo]) -> _Data:
    detector = Remembering(detector)
    data = _Data()
    often = Counter(name for photo in train for name in photo.counts)
    for photo in train:
        picture = read(photo.path)
        found = settle(await detector.detect(picture, deadline=NO_DEADLINE))
        closer = await look_closer(picture, found, detector, NO_DEADLINE)
        for name in detector.labels:
            scores = _scores(found, name)
            crops = _scores(closer or (), name)
            best = [log_odds(scores[0]), log_odds(crops[0])]
            there = name in photo.counts
            # A wrong claim names what other photos show, the more often the more of them do.
            weight = 1.0 if there else float(often[name])
            data.glance.append((best[:1], there, weight))
            if closer is not None:
                data.closer.append((best, there, weight))
            first = best_of(name, Seen(picture, found, closer=closer))
            if there and first is not None:
                truth = photo.pixels(name, picture)
                held = any(_points_at(first.box, box) for box in truth)
                data.best.append(([log_odds(first.score)], held, 1.0))
            share = best_share([t for t in found if t.label == name], picture)
            _add_numbers(data, scores, share, photo.counts.get(name, 0))
        for name, boxes in _by_label(found):
            _add_boxes(data, boxes, photo.pixels(name, picture))
    return data


def _scores(found: Iterable[DetectedObject], name: str) -> list[float]:
    """Best first; a zero where nothing was found."""
    return sorted((thing.score for thing in found if thing.label == name), reverse=True) or [0.0]


def _add_numbers(data: _Data, scores: Sequence[float], share: float, n: int) -> None:
    if n:
        data.numbers.append(min(n, MOST))
    for k in range(1, min(n, _MOST_FITTED) + 1):
        data.more.append((more_row(k, scores, share), n > k, 1.0))


def _by_label(found: Sequence[DetectedObject]) -> Iterator[tuple[str, list[DetectedObject]]]:
    for name in {thing.label for thing in found}:
        yield name, [thing for thing in found if thing.label == name]


def _add_boxes(data: _Data, found: Sequence[DetectedObject], truth: list[Box]) -> None:
    """Each true box is taken by the best box that overlaps it enough, as in COCO's precision."""
    left = list(truth)
    for thing in sorted(found, key=lambda thing: -thing.score):
        match = max(left, key=lambda box: _iou(thing.box, box), default=None)
        right = match is not None and _iou(thing.box, match) >= _IOU
        data.box.append(([log_odds(thing.score)], right, 1.0))
        if right and match is not None:
            left.remove(match)
            data.centres.append(_off(thing.box.x, thing.box.width, match.x, match.width))
            data.centres.append(_off(thing.box.y, thing.box.height, match.y, match.height))


def _iou(a: Box, b: Box) -> float:
    both = overlap(a, b)
    return both / max(a.width * a.height + b.width * b.height - both, 1e-9)


def _points_at(box: Box, truth: Box) -> bool:
    """Whether a box's centre lies in a true box, which is all that a place needs."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return 0 <= x - truth.x <= truth.width and 0 <= y - truth.y <= truth.height


def _off(start: float, side: float, true_start: float, true_side: float) -> float:
    return ((start + side / 2) - (true_start + true_side / 2)) / max(side, 1.0)


def _fit(data: _Data) -> dict[str, object]:
    deviation = np.median(np.abs(np.asarray(data.centres)))
    return {
        "glance": logistic(_balanced(data.glance)),
        "closer": logistic(_balanced(data.closer)),
        "box": logistic(data.box),
        "best": logistic(data.best),
        "more": logistic(data.more),
        "falling": _falling(data.numbers),
        "centre": float(1.4826 * deviation),  # of a normal distribution
    }


def _balanced(rows: Rows) -> Rows:
    """Right and wrong rows of the same weight in all, which is that of as many right ones."""
    totals = {True: 0.0, False: 0.0}
    for _, there, weight in rows:
        totals[there] += weight
    return [(x, there, weight * totals[True] / totals[there]) for x, there, weight in rows]


def logistic(rows: Rows) -> list[float]:
    """Weights of a logistic regression, the constant first; a ridge of 1 on standardised ones."""
    x = np.array([row for row, _, _ in rows])
    y = np.array([float(there) for _, there, _ in rows])
    w = np.array([weight for _, _, weight in rows])
    mean, spread = np.average(x, axis=0, weights=w), x.std(axis=0)
    z = np.column_stack([np.ones(len(x)), (x - mean) / spread])
    ridge = np.array([0.0] + [1.0] * x.shape[1])

    def loss(b: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        line = z @ b
        value = np.sum(w * (np.logaddexp(0, line) - y * line)) + 0.5 * np.sum(ridge * b * b)
        slope = z.T @ (w * (1 / (1 + np.exp(-line)) - y)) + ridge * b
        return float(value), slope

    b = minimize(loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
    weights = b[1:] / spread
    return [float(b[0] - weights @ mean), *map(float, weights)]


def _falling(numbers: Sequence[int]) -> float:
    """The power of most likelihood."""

    def loss(power: float) -> float:
        shares = falling_shares(power)
        return -sum(math.log(shares[n - 1]) for n in numbers)

    return float(minimize_scalar(loss, bounds=(0.1, 5.0), method="bounded").x)


def _entry(name: str, row: dict[str, object]) -> str:
    lines = [f"\n[{name}]"]
    for key, value in row.items():
        values = value if isinstance(value, list) else [value]
        shown = ", ".join(f"{number:.4f}" for number in values)
        lines.append(f"{key} = [{shown}]" if isinstance(value, list) else f"{key} = {shown}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
