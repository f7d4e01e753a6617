"""Many tests at once: Holm for verdicts, Benjamini-Hochberg for exploration.

Both serve e-values too, by their p-values ``1 / e``: Holm at every look, and what Benjamini and
Hochberg's becomes then is e-BH (Wang and Ramdas 2022, JRSS B 84(3)), sound however tables depend.
"""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.bias.goodness import Fit
from gencheck.bias.intervals import ALPHA


def holm(fits: Sequence[Fit], *, alpha: float = ALPHA) -> list[float | None]:
    """p-values after Holm's correction (1979, Scandinavian Journal of Statistics 6(2)), in order.

    That any of those below ``alpha`` is a false alarm has a chance of at most ``alpha``. Tables so
    small that no outcome could have been significant do not count as tests (Tarone 1990):
    a thousand prompts of one picture each must not hide a thousand-and-first. They keep 1.
    """
    adjusted = [None if fit.p_value is None else 1.0 for fit in fits]
    real = _tests(fits, alpha)
    highest = 0.0
    for rank, (p, i) in enumerate(real):
        highest = max(highest, min(1.0, p * (len(real) - rank)))
        adjusted[i] = highest
    return adjusted


def benjamini_hochberg(fits: Sequence[Fit], *, alpha: float = ALPHA) -> list[float | None]:
    """q-values (Benjamini and Hochberg 1995, JRSS B 57(1)), in order.

    Of those below q, an expected share of at most q are false alarms: to look where to look on.
    Tables without hope keep 1, as with Holm.
    """
    adjusted = [None if fit.p_value is None else 1.0 for fit in fits]
    real = _tests(fits, alpha)
    lowest = 1.0
    for rank, (p, i) in reversed(list(enumerate(real, start=1))):
        lowest = min(lowest, p * len(real) / rank)
        adjusted[i] = lowest
    return adjusted


def _tests(fits: Sequence[Fit], alpha: float) -> list[tuple[float, int]]:
    return sorted(
        (fit.p_value, i)
        for i, fit in enumerate(fits)
        if fit.p_value is not None and fit.attainable <= alpha
    )
