"""Inception Score (Salimans et al. 2016, arXiv:1606.03498) from class probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import rel_entr

from gencheck.consistency.metrics.features import Real, rows_of
from gencheck.errors import InvalidArgument

_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class InceptionScore:
    """The score, 1 to the number of classes, higher is better.

    Attributes:
        mean: over the splits.
        std: over the splits, of the population (ddof 0), as in torch-fidelity; torchmetrics takes
            ddof 1.
    """

    mean: float
    std: float


def inception_score(probabilities: ArrayLike, *, splits: int = 10, seed: int = 0) -> InceptionScore:
    """``exp`` of the mean divergence of each picture's classes from those of its split.

    It sees no real picture: it rewards clear and varied classes of the model that gave them, and
    nothing else. Small splits lower it: compare at equal n and splits only.

    Args:
        probabilities: ``[n, classes]``, each row sums to 1 (softmax, not logits).
        splits: parts of nearly equal size, n at most.
        seed: of the shuffle before rows are split; sets often come sorted by prompt.

    Raises:
        InvalidArgument: too few rows for the splits, NaN, negative, or rows that do not sum to 1.
    """
    if splits < 1:
        raise InvalidArgument(f"{splits} is no number of splits", where="splits")
    rows = rows_of(probabilities, "probabilities", least=splits)
    if rows.min() < 0 or np.abs(rows.sum(axis=1) - 1).max() > _SUM_TOLERANCE:
        raise InvalidArgument(
            "the rows are no probabilities: negative, or their sum is not 1",
            where="probabilities",
            fix="Give the softmax of the logits.",
        )
    order = np.random.default_rng(seed).permutation(len(rows))
    edges = [i * len(rows) // splits for i in range(splits + 1)]
    scores = [_score(rows[order[start:end]]) for start, end in pairwise(edges)]
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def _score(part: Real) -> float:
    values = part.astype(np.float64)
    return float(np.exp(rel_entr(values, values.mean(axis=0)).sum(axis=1).mean()))
