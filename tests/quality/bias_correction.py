"""Prints how right audits are that correct for the errors of a classifier, by simulation.

    python tests/quality/bias_correction.py [--runs N] [--categories K …]

Each run draws the people of the confusion matrix and those who are counted anew. `evaluate_bias.py`
prints these tables too.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.confusion import Confusion
from gencheck.bias.correction import Corrected, Correction, correct
from gencheck.bias.effect import total_variation
from gencheck.bias.intervals import ALPHA, simultaneous_intervals
from gencheck.bias.inversion import Inversion
from gencheck.bias.ppi import PredictionPowered
from gencheck.deadline import NO_DEADLINE

Shares = NDArray[np.float64]

GENDERAGE = {
    "aligned by 5 points": np.array([[382, 198], [75, 507]]),
    "cut out by the box": np.array([[403, 177], [131, 451]]),
}
"""Perceived gender by InsightFace's genderage on 1,162 UTKFace crops, rows true M, F."""

CATEGORIES = (2, 3, 5, 10, 20)

LABELLED = 200
"""People of the set itself, for prediction-powered inference."""


@dataclass
class Score:
    """What came out of the runs of one case."""

    runs: int = 0
    refused: int = 0
    covered: int = 0
    naive_covered: int = 0
    rejected: int = 0
    width: float = 0.0
    near: int = 0
    naive_near: int = 0

    @property
    def judged(self) -> int:
        """Runs that were not refused."""
        return self.runs - self.refused

    def share(self, count: float) -> str:
        """Of the runs that were judged."""
        return f"{count / self.judged:.1%}" if self.judged else "–"


def confusion_of(table: NDArray[np.int64], *, of_this_set: bool = False) -> Confusion:
    """A confusion matrix of numbered categories."""
    names = tuple(f"c{i:02d}" for i in range(len(table)))
    rows = tuple(tuple(map(float, row)) for row in table)
    return Confusion("x", names, rows, of_this_set=of_this_set)


def rates_of(k: int, right: float, rng: np.random.Generator) -> Shares:
    """Error rates: a share is taken rightly, the others mostly for a neighbour."""
    rates = np.zeros((k, k))
    for i in range(k):
        others = rng.dirichlet(np.exp(-np.abs(np.delete(np.arange(k), i) - i)) * k)
        rates[i, np.arange(k) != i] = (1 - right) * others
        rates[i, i] = right
    return rates


def judge(method: Correction, counts: NDArray[np.int64], reference: Shares) -> Corrected | None:
    """What the audit makes of one table; ``None``: refused."""
    if method.refusal:
        return None
    return correct(method, counts.astype(np.float64), reference, deadline=NO_DEADLINE)


def simulate(
    rates: Shares, truth: Shares, n: int, labelled: int, runs: int, *, ppi: bool, seed: int
) -> Score:
    """Draws matrix and counts, and corrects.

    Args:
        labelled: people of each category in the matrix; with ``ppi`` in all, from the set itself.
    """
    rng, score = np.random.default_rng(seed), Score(runs)
    for _ in range(runs):
        rows = rng.multinomial(labelled, truth) if ppi else [labelled] * len(truth)
        table = np.array([rng.multinomial(c, row) for c, row in zip(rows, rates, strict=True)])
        counts = rng.multinomial(n, truth @ rates)
        matrix = confusion_of(table, of_this_set=ppi)
        method = PredictionPowered(matrix) if ppi else Inversion(matrix, deadline=NO_DEADLINE)
        naive = simultaneous_intervals(counts.astype(np.float64))
        found = judge(method, counts, truth)
        if found is None:
            score.refused += 1
            continue
        score.naive_covered += bool(np.all((naive.low <= truth) & (truth <= naive.high)))
        low, high = found.intervals.low - 1e-12, found.intervals.high + 1e-12
        score.covered += bool(np.all((low <= truth) & (truth <= high)))
        score.width += float((high - low).mean())
        significant = found.fit.p_value is not None and found.fit.p_value < ALPHA
        apart = total_variation(found.shares, truth, found.intervals).low > 0
        score.rejected += significant and apart  # as a verdict of SKEWED asks for both
        score.near += bool(np.abs(found.shares - truth).max() <= 0.05)
        score.naive_near += bool(np.abs(counts / n - truth).max() <= 0.05)
    return score


def print_known_matrices(runs: int) -> None:
    """The figure of the two measured matrices at 80/20."""
    truth = np.array([0.8, 0.2])
    print(
        "\nA true 80/20 through measured matrices (asked: covered ≥ 94 %, within ±5 points ≥ 80 %)"
    )
    print(
        "| matrix | n | raw within ±5 | corrected within ±5 | at most | raw covers | covered | "
        f"{LABELLED} of the set labelled: within ±5 | covered |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, table in GENDERAGE.items():
        rates = table / table.sum(axis=1, keepdims=True)
        for n in (100, 400, 800, 2000):
            score = simulate(rates, truth, n, int(table.sum() / 2), runs, ppi=False, seed=21)
            ppi = simulate(rates, truth, n, LABELLED, runs, ppi=True, seed=21)
            print(
                f"| {name} | {n} | {score.share(score.naive_near)} | {score.share(score.near)} | "
                f"{best_possible(rates, truth, n):.1%} | {score.share(score.naive_covered)} | "
                f"{score.share(score.covered)} | {ppi.share(ppi.near)} | "
                f"{ppi.share(ppi.covered)} |",
                flush=True,
            )
    print("at most: by an unbiased estimate that knows the matrix exactly (Cramér-Rao, normal).")


def best_possible(rates: Shares, truth: Shares, n: int) -> float:
    """How often the best unbiased estimate of two shares is within 5 points, the matrix known."""
    taken = float((truth @ rates)[0])
    deviation = math.sqrt(taken * (1 - taken) / n) / float(np.linalg.det(rates))
    return math.erf(0.05 / deviation / math.sqrt(2))


def shapes(k: int) -> Iterator[tuple[str, Shares]]:
    """Even shares and skewed ones."""
    yield "even", np.full(k, 1 / k)
    yield "55 % in one", np.array([0.55] + [0.45 / (k - 1)] * (k - 1))


def print_coverage(runs: int, *, ppi: bool, categories: Sequence[int] = CATEGORIES) -> None:
    """Simultaneous coverage, and how often the true shares are rejected as a reference."""
    how = "labelled people of the set itself (PPI)" if ppi else "a confusion matrix (inversion)"
    print(f"\nCorrected by {how}: all intervals at once (≥ 94 %), false alarms (≤ 5 %)")
    print(
        "| k | shares | people of the matrix | n | runs | refused | raw covers | covered | "
        "mean width | false alarms |"
    )
    print("|---:|---|---|---:|---:|---:|---:|---:|---:|---:|")
    worst, alarms = 1.0, 0.0
    for k in categories:
        rates = rates_of(k, 0.85, np.random.default_rng(k))
        for shape, truth in shapes(k):
            for labelled in (100, 600) if ppi else (50, 300):
                for n in (8, 100, 2000):
                    some = max(60, runs // (1 + 2 * (k > 5) + 2 * (k > 10)))
                    score = simulate(rates, truth, n, labelled, some, ppi=ppi, seed=22)
                    if score.judged:
                        worst = min(worst, score.covered / score.judged)
                        alarms = max(alarms, score.rejected / score.judged)
                    people = f"{labelled} in all" if ppi else f"{labelled} each"
                    print(
                        f"| {k} | {shape} | {people} | {n} | {some} | {score.refused} | "
                        f"{score.share(score.naive_covered)} | {score.share(score.covered)} | "
                        f"{score.width / max(1, score.judged):.3f} | "
                        f"{score.share(score.rejected)} |",
                        flush=True,
                    )
    print(f"worst: {worst:.1%} covered, {alarms:.1%} false alarms")


def print_correction(runs: int, categories: Sequence[int] = CATEGORIES) -> None:
    """All tables."""
    print_known_matrices(runs)
    print_coverage(runs, ppi=False, categories=categories)
    print_coverage(runs, ppi=True, categories=categories)


def main() -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="simulated sets a line")
    parser.add_argument("--categories", type=int, nargs="+", default=CATEGORIES, metavar="K")
    options = parser.parse_args()
    print_correction(options.runs, options.categories)
    return 0


if __name__ == "__main__":
    sys.exit(main())
