"""Shares by inversion of the confusion matrix.

With M the error rates (row: what people are, column: what they were taken for), the shares as
counted tend to q = Mᵀp; so p = M⁻ᵀq. For two categories this is the estimate of Rogan and Gladen
(1978, Am. J. Epidemiol. 107(1)), and the melded bounds are those of Bayer, Fay and Graubard (2023,
Stat. Med. 42(11)) without survey weights. It holds where the audited people are mistaken as often
as those of the matrix, category by category; how many of each there are may differ.
"""

from __future__ import annotations

import numpy as np

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Drawer, Spread
from gencheck.bias.intervals import ALPHA
from gencheck.bias.melding import Draws, Floats
from gencheck.deadline import Deadline
from gencheck.findings import Method

INVERSION = Method(
    "melded-confusion-inversion", "1", "Rogan and Gladen 1978; Fay, Proschan and Brittain 2015"
)
_SEED = 20_240_118
_CELLS = 800_000
"""Cells of drawn matrices, at most, but 2,000 matrices at least."""


class Inversion:
    """Corrects the counts of one attribute; :class:`~gencheck.bias.correction.Correction`."""

    method = INVERSION

    def __init__(self, confusion: Confusion, *, deadline: Deadline) -> None:
        self.confusion = confusion
        table = confusion.table()
        self.rates: Floats = table / table.sum(axis=1, keepdims=True)
        self._size = max(2_000, min(5_000, _CELLS // table.size))
        rows = Draws(table, self._size, np.random.default_rng(_SEED))
        self.refusal = _refusal(confusion, self.rates, rows)
        if self.refusal:
            return
        self._inverse: Floats = np.linalg.inv(self.rates.T)
        # More people taken for l lower share j the more, the greater the weight of l in it.
        self._weights = [
            tuple(_inverse_row(rows, j, int(m), deadline) for m in (row.argmax(), row.argmin()))
            for j, row in enumerate(self._inverse)
        ]

    def shares(self, counts: Floats) -> Floats:
        """See :meth:`~gencheck.bias.correction.Correction.shares`."""
        return np.asarray(self._inverse @ (counts / counts.sum()), np.float64)

    def drawer(self, counts: Floats) -> Drawer:
        """See :meth:`~gencheck.bias.correction.Correction.drawer`."""
        people = Draws(counts, self._size, np.random.default_rng(_SEED + 1))

        def draw(j: int, low: bool) -> Floats:
            row = self._inverse[j]
            shares = people.pushed(int(row.argmin() if low else row.argmax()))
            weights = self._weights[j][0 if low else 1]
            return np.asarray((weights * shares).sum(axis=1), np.float64)

        return draw

    def spread(self, counts: Floats, reference: Floats) -> Spread:
        """See :meth:`~gencheck.bias.correction.Correction.spread`."""
        del counts
        table = self.confusion.table()
        # One person more, spread evenly: a cell of 0 is no proof that nobody is ever so mistaken.
        rates = (table + 1 / len(table)) / (table.sum(axis=1, keepdims=True) + 1)
        rows = sum(
            share**2 * _covariance(row) / people
            for share, row, people in zip(reference, rates, table.sum(axis=1), strict=True)
        )
        person = _covariance(reference @ rates)
        inverse = self._inverse
        return Spread(inverse @ person @ inverse.T, inverse @ np.asarray(rows) @ inverse.T)


def _covariance(shares: Floats) -> Floats:
    """Of the categories of one person."""
    return np.asarray(np.diag(shares) - np.outer(shares, shares), np.float64)


def _inverse_row(rows: Draws, j: int, worst: int, deadline: Deadline) -> Floats:
    """Row j of the transposed inverses of drawn matrices, ``float64 [draws, k]``."""
    deadline.check()
    matrices = rows.pushed(worst)
    unit = np.zeros((*matrices.shape[:2], 1))
    unit[:, j] = 1
    return np.asarray(np.linalg.solve(matrices, unit)[..., 0], np.float64)


def _refusal(confusion: Confusion, rates: Floats, rows: Draws) -> str:
    """The people of the matrix leave open that it tells some categories not apart."""
    sign = np.sign(np.linalg.det(rates))
    turned = np.mean(np.sign(np.linalg.det(rows.plain())) != sign) if sign else 1.0
    if turned <= ALPHA / 2:
        return ""
    gaps = np.abs(rates[:, None] - rates[None]).sum(axis=2) / 2 + 2 * np.eye(len(rates))
    first, second = sorted(divmod(int(gaps.argmin()), len(rates)))
    a, b = confusion.categories[first], confusion.categories[second]
    return (
        f"The confusion matrix cannot be inverted with confidence: people of '{a}' and '{b}' are "
        f"taken for much the same ({gaps[first, second]:.0%} apart). Label more people for the "
        "matrix, join the two categories, or use a better classifier."
    )
