"""Prediction-powered inference: some of the audited people were labelled, all were classified.

Where the labelled people are a random part of the audited set, they tell its shares on their own,
and the classifier's counts of all the others sharpen that (PPI++: Angelopoulos, Duchi and Zrnic
2023, arXiv:2311.01453, section 6). No classifier is too bad: one that tells nothing gets the weight
0. The published intervals are normal ones; here the two samples are melded (``melding.py``), which
holds for few people too and is the same for many.
"""

from __future__ import annotations

import numpy as np

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Drawer, Spread
from gencheck.bias.melding import Draws, Floats
from gencheck.findings import Method

POWERED = Method("melded-ppi++", "1", "Angelopoulos, Duchi and Zrnic 2023, arXiv:2311.01453")
_SEED = 20_240_119
_CELLS = 800_000


class PredictionPowered:
    """Corrects the counts of one attribute; :class:`~gencheck.bias.correction.Correction`.

    Args:
        confusion: of people that were drawn at random from the audited set, and are not among the
            counts.
    """

    method = POWERED
    refusal = ""

    def __init__(self, confusion: Confusion) -> None:
        self.confusion = confusion
        table = confusion.table()
        k = len(table)
        self._people = float(table.sum())
        self._true, self._taken = table.sum(axis=1), table.sum(axis=0)
        self._right = np.diag(table)
        # What a labelled person of each cell is, and was taken for: float64 [k, k * k].
        self._is = np.repeat(np.eye(k), k, axis=1)
        self._as = np.tile(np.eye(k), k)
        self._cells = table.ravel()
        size = max(2_000, min(5_000, _CELLS // table.size))
        self._labelled = Draws(self._cells, size, np.random.default_rng(_SEED))
        self._size = size

    def weight(self, counts: Floats) -> float:
        """How much the classifier is trusted, 0..1: what makes the summed variance smallest."""
        n, more = self._people, float(counts.sum())
        together = self._right.sum() / n - (self._true * self._taken).sum() / n**2
        pooled = (self._taken + counts) / (n + more)
        variance = (pooled * (1 - pooled)).sum() * (n + more) / max(n + more - 1, 1)
        if not variance:
            return 0.0
        return float(np.clip(together / ((1 + n / more) * variance), 0, 1))

    def shares(self, counts: Floats) -> Floats:
        """See :meth:`~gencheck.bias.correction.Correction.shares`."""
        weight = self.weight(counts)
        labelled = (self._true - weight * self._taken) / self._people
        return np.asarray(labelled + weight * counts / counts.sum(), np.float64)

    def drawer(self, counts: Floats) -> Drawer:
        """See :meth:`~gencheck.bias.correction.Correction.drawer`."""
        weight = self.weight(counts)
        people = Draws(counts, self._size, np.random.default_rng(_SEED + 1))
        others = np.arange(len(counts))

        def draw(j: int, low: bool) -> Floats:
            cells = self._is[j] - weight * self._as[j]
            person = int((others != j).argmax()) if low else j
            labelled = self._labelled.pushed(int(cells.argmin() if low else cells.argmax()))
            return np.asarray(labelled @ cells + weight * people.pushed(person)[:, j], np.float64)

        return draw

    def spread(self, counts: Floats, reference: Floats) -> Spread:
        """See :meth:`~gencheck.bias.correction.Correction.spread`."""
        del reference
        weight = self.weight(counts)
        counted = counts / counts.sum()
        each = self._is - weight * self._as
        shares = self._cells / self._people
        centred = each - (each @ shares)[:, None]
        labelled = (centred * shares) @ centred.T / self._people
        person = weight**2 * (np.diag(counted) - np.outer(counted, counted))
        return Spread(np.asarray(person, np.float64), np.asarray(labelled, np.float64))
