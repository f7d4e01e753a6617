"""Whether probabilities are what they say: calibration error and conformal coverage by claim type.

Right and wrong claims weigh the same, for counts those of each number: a probability here is of a
claim that is as likely right as wrong beforehand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.consistency.check import ClaimResult
from gencheck.consistency.claims import CountClaim

_BINS = 10
_LEVEL = 0.9
_RESAMPLED = 400

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """A claim that is known to be right or wrong; ``kind``: its class in ``claims``."""

    prompt: str
    kind: type
    true: bool
    group: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A case and what became of its claim; ``None``: the prompt was not understood so."""

    case: Case
    result: ClaimResult | None


def print_calibration(title: str, train: Sequence[Asked], asked: Sequence[Asked]) -> None:
    """Expected calibration error, and the coverage of sets fixed on the training photos."""
    print(f"Probabilities with {title}")
    print(
        f"  {'claims':8} {'n':>5} {'ECE':>6} {'by chance':>10}   conformal at {_LEVEL:.0%}: "
        "coverage, of right, of wrong; decided"
    )
    fitted = _by_kind(train)
    for kind, (p, true, weight) in sorted(_by_kind(asked).items()):
        error = _error(p, true, weight)
        chance = _chance(p, weight)
        sides = _conformal(fitted[kind], p, true)
        print(f"  {kind:8} {len(p):5} {error:6.3f} {chance:10.3f}   {sides}")
    print()


def _by_kind(asked: Sequence[Asked]) -> dict[str, tuple[Floats, NDArray[np.bool_], Floats]]:
    rows: dict[str, list[tuple[float, bool, int]]] = defaultdict(list)
    for one in asked:
        result = one.result
        shown_twice = one.case.group.endswith(("n+1", "n−1"))
        if result is None or result.probability is None or shown_twice:
            continue
        number = result.claim.claim.n if isinstance(result.claim.claim, CountClaim) else 0
        rows[result.claim.kind].append((result.probability, one.case.true, number))
    return {kind: _weighed(found) for kind, found in rows.items()}


def _weighed(rows: Sequence[tuple[float, bool, int]]) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Probabilities, what is true, and weights that make both sides of each number the same."""
    p, true, number = (np.array(column) for column in zip(*rows, strict=True))
    weight = np.zeros(len(p))
    for n in np.unique(number):
        sides = [(number == n) & (true == side) for side in (True, False)]
        if all(side.any() for side in sides):
            for side in sides:
                weight[side] = (number == n).sum() / side.sum()
    return p, true, weight / weight.sum()


def _error(p: Floats, true: NDArray[np.bool_], weight: Floats) -> float:
    """Expected calibration error (Naeini et al. 2015): mean gap over bins of equal width."""
    bins = np.minimum((p * _BINS).astype(int), _BINS - 1)
    return float(sum(abs((weight * (p - true))[bins == b].sum()) for b in range(_BINS)))


def _chance(p: Floats, weight: Floats) -> float:
    """The mean error of claims that come true just as often as they should: small sets have one."""
    random = np.random.default_rng(0)
    draws = (random.random(len(p)) < p for _ in range(_RESAMPLED))
    return float(np.mean([_error(p, draw, weight) for draw in draws]))


def _conformal(
    fitted: tuple[Floats, NDArray[np.bool_], Floats], p: Floats, true: NDArray[np.bool_]
) -> str:
    """Split conformal sets by class (Vovk et al. 2005): right, wrong, both or neither.

    "Right" is in the set where the probability is not below nearly all of right training claims,
    "wrong" where it is not above nearly all of wrong ones.
    """
    known, side, _ = fitted
    least_right = np.quantile(known[side], 1.0 - _LEVEL)
    most_wrong = np.quantile(known[~side], _LEVEL)
    right, wrong = p >= least_right, p <= most_wrong
    of_right, of_wrong = right[true].mean(), wrong[~true].mean()
    decided = np.mean(right != wrong)
    both = (of_right + of_wrong) / 2
    return f"{both:.3f}, {of_right:.3f}, {of_wrong:.3f}; {decided:.3f}"
