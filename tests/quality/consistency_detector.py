"""What a detector's calibrated presence and numbers are worth beside its plain scores.

Thresholds are those that do best on train2017. Intervals hold 95 % of resampled sets of photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from coco_photos import Photo, photos, read

from gencheck.consistency.claims import Comparator
from gencheck.consistency.look import look_closer, settle
from gencheck.consistency.verify.answer import Seen
from gencheck.consistency.verify.counting import chance, number_likelihoods
from gencheck.consistency.verify.objects import presence
from gencheck.deadline import NO_DEADLINE
from gencheck.vision.calibration import calibration_of, falling_shares
from gencheck.vision.roles import ObjectDetector

_GRID = tuple(np.arange(0.02, 0.99, 0.01))
_RESAMPLED = 400
_SMALL = 0.01  # share of the photo
_AUC_NUMBERS = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class Row:
    """A class in a photo.

    Attributes:
        n: how many there are.
        least: share of the photo that the smallest covers.
        score: best plain score.
        there: calibrated probability that there is any.
        scores: all plain scores of at least 0.05, for anchors.
        likelihoods: of each number from 0.
    """

    n: int
    least: float
    score: float
    there: float
    scores: tuple[float, ...]
    likelihoods: tuple[float, ...]


Rows = list[list[Row]]
"""A list for each photo."""


async def rows_of(detector: ObjectDetector, found: Sequence[Photo]) -> Rows:
    """All classes of all photos."""
    calibration = calibration_of(detector.model.name)
    rows: Rows = []
    for photo in found:
        picture = read(photo.path)
        plain = await detector.detect(picture, deadline=NO_DEADLINE)
        things = settle(plain)
        closer = await look_closer(picture, things, detector, NO_DEADLINE)
        seen = Seen(picture, things, closer=closer)
        one = []
        for name in detector.labels:
            scores = tuple(t.score for t in plain if t.label == name and t.score >= 0.05)
            sizes = [w * h for _, _, w, h in photo.boxes.get(name, [])]
            one.append(
                Row(
                    photo.counts.get(name, 0),
                    min(sizes, default=0.0),
                    max(scores, default=0.0),
                    presence(name, seen, calibration),
                    scores,
                    tuple(number_likelihoods(name, seen, calibration)),
                )
            )
        rows.append(one)
    return rows


async def print_detector(root: Path, split: str, detector: ObjectDetector) -> None:
    """Presence, exact numbers, right numbers against their neighbours."""
    train = await rows_of(detector, photos(root, "train2017"))
    rows = await rows_of(detector, photos(root, split))
    falling = calibration_of(detector.model.name).falling
    print(f"{detector.model.name} on {len(rows)} photos of coco128/{split}")
    for title, value in (("plain score", _score), ("calibrated, crops", _there)):
        _presence(title, value, train, rows)
    plain = _best_cut(train)
    shares = falling_shares(falling)
    for title, small in (("all ≥1 %", _SMALL), ("all", 0.0)):
        _interval(f"exact number, {title}: always one", rows, small, lambda row: row.n == 1)
        _interval(
            f"exact number, {title}: boxes of {plain:.2f} on",
            rows,
            small,
            lambda r: _count(r, plain) == r.n,
        )
        _interval(
            f"exact number, {title}: likeliest", rows, small, lambda r: _likeliest(r, shares) == r.n
        )
        for name, rate in (("sum of scores", _by_sum), ("chance", _by_chance)):
            _against(f"n 2–4 against n−1, n+1, {title}: {name}", rows, small, rate)
    print()


def _score(row: Row) -> float:
    return row.score


def _there(row: Row) -> float:
    return row.there


def _presence(title: str, value: Callable[[Row], float], train: Rows, rows: Rows) -> None:
    best = max(_GRID, key=lambda least: _f1(train, value, least))
    low, high = _spread(rows, lambda some: _f1(some, value, best))
    f1 = _f1(rows, value, best)
    print(f"  presence, {title} from {best:.2f} on: F1 {f1:.3f} [{low:.3f}–{high:.3f}]")


def _f1(rows: Rows, value: Callable[[Row], float], least: float) -> float:
    counts: Counter[tuple[bool, bool]] = Counter()
    for one in rows:
        counts.update((row.n > 0, value(row) >= least) for row in one)
    hits = counts[True, True]
    return 2 * hits / max(2 * hits + counts[True, False] + counts[False, True], 1)


def _count(row: Row, least: float) -> int:
    return sum(score >= least for score in row.scores)


def _best_cut(train: Rows) -> float:
    there = [row for one in train for row in one if row.n > 0]
    return max(_GRID, key=lambda least: sum(_count(row, least) == row.n for row in there))


def _likeliest(row: Row, shares: Sequence[float]) -> int:
    """Of the numbers from one, on photos like those of the fitting."""
    weighed = [value * share for value, share in zip(row.likelihoods[1:], shares, strict=True)]
    return 1 + int(np.argmax(weighed))


def _interval(title: str, rows: Rows, small: float, right: Callable[[Row], bool]) -> None:
    def share(some: Rows) -> float:
        hits = [right(row) for one in some for row in one if row.n > 0 and row.least >= small]
        return float(np.mean(hits)) if hits else float("nan")

    n = sum(row.n > 0 and row.least >= small for one in rows for row in one)
    low, high = _spread(rows, share)
    print(f"  {title}: {share(rows):.3f} [{low:.3f}–{high:.3f}] of {n}")


def _by_sum(row: Row, n: int) -> float:
    return -abs(n - sum(row.scores))


def _by_chance(row: Row, n: int) -> float:
    return chance(row.likelihoods, n, Comparator.EQUAL)


def _against(title: str, rows: Rows, small: float, rate: Callable[[Row, int], float]) -> None:
    def areas(some: Rows) -> tuple[float, float]:
        chosen = [r for one in some for r in one if r.n in _AUC_NUMBERS and r.least >= small]
        right = np.array([rate(row, row.n) for row in chosen])
        less = np.array([rate(row, row.n - 1) for row in chosen])
        more = np.array([rate(row, row.n + 1) for row in chosen])
        return _auc(right, less), _auc(right, more)

    n = sum(row.n in _AUC_NUMBERS and row.least >= small for one in rows for row in one)
    less, more = areas(rows)
    low, high = _spread(rows, lambda some: sum(areas(some)) / 2)
    mean = (less + more) / 2
    print(f"  {title}: AUC {mean:.3f} [{low:.3f}–{high:.3f}] ({less:.2f}, {more:.2f}) of {n}")


def _auc(right: np.ndarray, wrong: np.ndarray) -> float:
    if not len(right):
        return float("nan")
    above = (right[:, None] > wrong[None]).mean()
    return float(above + 0.5 * (right[:, None] == wrong[None]).mean())


def _spread(rows: Rows, figure: Callable[[Rows], float]) -> tuple[float, float]:
    random = np.random.default_rng(0)
    picks = (random.integers(0, len(rows), len(rows)) for _ in range(_RESAMPLED))
    values = [figure([rows[i] for i in pick]) for pick in picks]
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return float(low), float(high)
