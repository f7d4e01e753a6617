"""Precision, recall, density and coverage from nearest neighbours among features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gencheck.consistency.metrics.features import blocks, pair_of
from gencheck.errors import InvalidArgument

_BLOCK_CELLS = 1 << 23  # distances held at a time: 64 MiB
_ROUNDING = 1e-12
"""Share of the largest squared norm by which a squared distance may be off: copies are near."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prdc:
    """How much of one set lies near the other; a row is near within the k-th neighbour's distance.

    Attributes:
        precision: share of generated rows near a real one, 0..1: are they real enough?
        recall: share of real rows near a generated one, 0..1: is all the variety there?
        density: real neighbourhoods that a generated row lies in, on average, over k. Above 1
            where generated rows crowd together; one real outlier cannot lift it as it does
            precision.
        coverage: share of real rows with a generated one near them, 0..1, by the neighbourhoods of
            real rows: generated outliers cannot lift it as they do recall.
        k: neighbours that were taken.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    k: int


def prdc(real: ArrayLike, generated: ArrayLike, *, k: int = 5) -> Prdc:
    """Improved precision and recall, density and coverage.

    Precision and recall: Kynkäänniemi et al. 2019, arXiv:1904.06991, who take k = 3. Density and
    coverage: Naeem et al. 2020, arXiv:2002.09797, who take k = 5. Balls are closed. All four depend
    on n, m and k: compare at equal ones only.

    Args:
        real: features ``[n, d]``, n > k.
        generated: features ``[m, d]`` of the same model, m > k.
        k: neighbours, at least 1; a row is not its own neighbour.

    Raises:
        InvalidArgument: k or fewer rows, other widths, NaN or infinity.
    """
    if k < 1:
        raise InvalidArgument(f"{k} is no number of neighbours", where="k")
    one, other = pair_of(real, generated, least=k + 1)
    # Distances are the same from any origin, and differences of large squares lose digits.
    middle = one.mean(axis=0, dtype=np.float64)
    x, y = one - middle, other - middle
    slack = _ROUNDING * max(_squares(x).max(), _squares(y).max())
    near_real, near_generated = _radii(x, k) + slack, _radii(y, k) + slack
    inside = np.zeros(len(y), np.int64)
    recalled, covered = np.zeros(len(x), np.bool_), np.zeros(len(x), np.bool_)
    for part, distances in _distances(x, y):
        held = distances <= near_real[part, None]
        inside += np.count_nonzero(held, axis=0)
        covered[part] = held.any(axis=1)
        recalled[part] = (distances <= near_generated).any(axis=1)
    return Prdc(
        precision=float((inside > 0).mean()),
        recall=float(recalled.mean()),
        density=float(inside.mean() / k),
        coverage=float(covered.mean()),
        k=k,
    )


def _radii(x: Values, k: int) -> Values:
    """Squared distance of each row to its k-th neighbour."""
    radii = np.empty(len(x))
    for part, distances in _distances(x, x):
        own = np.arange(part.start, part.stop)
        distances[own - part.start, own] = np.inf
        distances.partition(k - 1, axis=1)
        radii[part] = distances[:, k - 1]
    return radii


def _distances(x: Values, y: Values) -> Iterator[tuple[slice, Values]]:
    """Squared distances of a few rows of x at a time to all of y."""
    # |x|² - 2 x·y + |y|² as one product: to pass over the distances again takes longer than it.
    right = np.column_stack([y, np.ones(len(y)), _squares(y)]).T
    for part, rows in blocks(x, max(1, _BLOCK_CELLS // len(y))):
        yield part, np.column_stack([-2.0 * rows, _squares(rows), np.ones(len(rows))]) @ right


def _squares(x: Values) -> Values:
    return np.asarray(np.einsum("nd,nd->n", x, x))
