"""CLIPScore (Hessel et al. 2021, arXiv:2104.08718) from embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gencheck.consistency.metrics.features import Real, rows_of
from gencheck.errors import InvalidArgument

WEIGHT = 2.5
"""The paper's w, which stretches CLIP's cosines (rarely over 0.4) to about 0..1."""


@dataclass(frozen=True, slots=True)
class ClipScores:
    """How well each picture fits its text, in the order given.

    Attributes:
        raw: cosines, ``float64 [n]``, -1..1.
        scores: ``2.5 × max(cosine, 0)``, ``float64 [n]``, 0..2.5: the paper's CLIPScore.
        mean: of ``scores``. torchmetrics prints ``100 × max(raw.mean(), 0)`` under the same name.
    """

    raw: NDArray[np.float64]
    scores: NDArray[np.float64]
    mean: float


def clip_score(pictures: ArrayLike, texts: ArrayLike) -> ClipScores:
    """The CLIPScore of pairs of picture and text.

    No probability, and only comparable between embeddings of one model and one preprocessing. CLIP
    reads 77 tokens: cut texts are judged by their beginning.

    Args:
        pictures: embeddings ``[n, d]``, of any length; row i belongs to row i of the texts.
        texts: embeddings ``[n, d]`` of the same model.

    Raises:
        InvalidArgument: other shapes, NaN or infinity, or a row of zeros, which has no direction.
    """
    one, other = rows_of(pictures, "pictures"), rows_of(texts, "texts")
    if one.shape != other.shape:
        raise InvalidArgument(
            f"shape {other.shape}, the pictures have {one.shape}",
            where="texts",
            fix="Give one text for each picture, from the same model.",
        )
    cosines = np.einsum("nd,nd->n", _unit(one, "pictures"), _unit(other, "texts"))
    raw = np.clip(cosines, -1.0, 1.0)
    scores = WEIGHT * np.maximum(raw, 0.0)
    return ClipScores(raw, scores, float(scores.mean()))


def _unit(rows: Real, where: str) -> NDArray[np.float64]:
    # Divided by the largest first: no square over- or underflows.
    scaled = rows.astype(np.float64)
    largest = np.abs(scaled).max(axis=1, keepdims=True)
    if not largest.all():
        raise InvalidArgument(f"row {int(largest.argmin())} is zero throughout", where=where)
    scaled /= largest
    unit: NDArray[np.float64] = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return unit
