"""From an object detector's scores to probabilities, by what was fitted for each model.

``models/calibration.toml`` holds the figures as data; ``calibrate_objects.py --write`` of
tests/quality fits them on coco128/train2017. Scores enter as log-odds (Platt 1999).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gencheck.inference.store import shipped_models

CALIBRATION_FILE = "calibration.toml"
LEAST_SCORE = 0.01
"""A detector tells of nothing below this score; what it does not tell of enters with it."""
OTHER = "other"
"""The entry of a detector that has none of its own: fitted on all the others together."""
_LEAST_SHARE = 0.001  # of the picture: sizes below are alike
MOST = 12
"""The largest number that is told from the next; it stands for itself and all beyond."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of logistic regressions on log-odds of scores, the constant first.

    Attributes:
        glance: whether a class is in the picture, by its best score; as likely as not beforehand.
        closer: the same, by the best score in the whole picture and that in crops of it.
        box: whether a box of a score has a thing of its class in it (IoU of at least 0.5).
        best: whether the centre of a class's best box lies in one, where there is any.
        more: whether there are more than k ≥ 1 things of a class, where there are k: by
            :func:`more_row`.
        falling: the share of pictures with n of a class, where there is any, falls as n^-falling.
        centre: standard deviation of a right box's centre, in sides of the box.
    """

    glance: tuple[float, ...]
    closer: tuple[float, ...]
    box: tuple[float, ...]
    best: tuple[float, ...]
    more: tuple[float, ...]
    falling: float
    centre: float

    def presence(self, score: float, closer: float | None) -> float:
        """Probability that a class is in a picture, 0..1, as likely as not beforehand.

        Args:
            score: best in the whole picture; 0 where nothing was found.
            closer: best in crops; ``None``: not looked at.
        """
        if closer is None:
            return _logistic(self.glance, [log_odds(score)])
        return _logistic(self.closer, [log_odds(score), log_odds(closer)])

    def right(self, score: float) -> float:
        """Probability that a box of this score has a thing of its class in it."""
        return _logistic(self.box, [log_odds(score)])

    def found(self, score: float) -> float:
        """Probability that the best box of a class is centred on one, where there is any."""
        return _logistic(self.best, [log_odds(score)])

    def counts(self, scores: Sequence[float], share: float) -> list[float]:
        """Likelihood of each number 1..``MOST`` beside that of there being any at all.

        A chain of "is there one more?" (continuation ratios, Agresti 2010, ch. 4) gives each number
        its probability among pictures of the fitting; the share that the number has there is
        divided out, since a prompt for three makes three more likely than it is on photos.

        Args:
            scores: of the boxes of a class in the whole picture.
            share: of the picture that the best of them covers; 0 where there is none.
        """
        shares = falling_shares(self.falling)
        likelihoods, left = [], 1.0
        for k in range(1, MOST):
            more = _logistic(self.more, more_row(k, scores, share))
            likelihoods.append(left * (1.0 - more) / shares[k - 1])
            left *= more
        return [*likelihoods, left / shares[MOST - 1]]


def more_row(k: int, scores: Sequence[float], share: float) -> list[float]:
    """What tells whether there is one more than k.

    The scores of the boxes that would be number k + 1 and number k, k itself, and how large the
    best is: of large things fewer are missed.
    """
    ranked = [*sorted(scores, reverse=True), *[0.0] * (k + 1)]
    size = math.log(share + _LEAST_SHARE)
    return [log_odds(ranked[k]), math.log1p(k), log_odds(ranked[k - 1]), size]


def falling_shares(falling: float) -> list[float]:
    """Shares of the numbers 1..``MOST`` that fall as a power of the number."""
    raw = [n**-falling for n in range(1, MOST + 1)]
    return [share / sum(raw) for share in raw]


def log_odds(score: float) -> float:
    """log(s / (1 - s)), within the least score and its mirror image."""
    within = min(max(score, LEAST_SCORE), 1.0 - LEAST_SCORE)
    return math.log(within / (1.0 - within))


def calibration_of(model: str) -> Calibration:
    """What was fitted for a model, else for all together. Args: model: its name."""
    table = _table()
    return table.get(model, table[OTHER])


@cache
def _table() -> Mapping[str, Calibration]:
    text = (shipped_models() / CALIBRATION_FILE).read_text(encoding="utf-8")
    return {name: _entry(row) for name, row in tomllib.loads(text).items()}


def _entry(row: Mapping[str, Any]) -> Calibration:
    weights = {key: tuple(row[key]) for key in ("glance", "closer", "box", "best", "more")}
    return Calibration(**weights, falling=row["falling"], centre=row["centre"])


def _logistic(weights: Sequence[float], row: Sequence[float]) -> float:
    total = weights[0] + sum(w * x for w, x in zip(weights[1:], row, strict=True))
    return 1.0 / (1.0 + math.exp(-total))
