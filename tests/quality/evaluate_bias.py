"""Prints how often audits are wrong, by simulation, and what becomes of real faces.

    GENCHECK_DATA=… python tests/quality/evaluate_bias.py [--runs N]

Tables: false alarms of a fair generator, power against known departures, coverage and width of the
intervals (bias_coverage.py); how right skin tones are read of swatches and rendered heads
(bias_tones.py, bias_detector.py); of how many photos, where GENCHECK_DATA and a face model are
there (bias_photos.py).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from math import factorial, prod

import numpy as np
from bias_coverage import print_coverage
from bias_detector import print_detector
from bias_photos import print_photos
from bias_tones import print_tones
from numpy.typing import NDArray
from scipy.stats import multinomial

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.goodness import needed_people
from gencheck.bias.results import AttributeAudit, AuditFinding
from gencheck.deadline import NO_DEADLINE

Shares = NDArray[np.float64]


def audit(counts: NDArray[np.int64]) -> AttributeAudit:
    """The audit of one table against equal shares."""
    table = CountTable("", "x", {f"c{i:02d}": float(c) for i, c in enumerate(counts)})
    return audit_tables(state_of([table]), {}, deadline=NO_DEADLINE).audits[0]


def even(k: int) -> Shares:
    """Equal shares."""
    return np.full(k, 1 / k)


def tilted(k: int, distance: float) -> Shares:
    """Equal shares, half of the categories raised and half lowered, at that distance."""
    signs = np.where(np.arange(k) < k // 2, 1.0, -1.0)
    signs[signs < 0] *= (k // 2) / (k - k // 2)
    return even(k) + signs * distance / (k // 2)


def sorted_tables(n: int, k: int, most: int) -> Iterator[tuple[int, ...]]:
    """All tables of n people in k categories, largest count first."""
    if k == 1:
        if n <= most:
            yield (n,)
        return
    for first in range(min(n, most), -1, -1):
        for rest in sorted_tables(n - first, k - 1, first):
            yield (first, *rest)


def print_false_alarms() -> None:
    """The exact share of false alarms, summed over all tables that a fair generator can make."""
    print("\nA fair generator, exactly (SKEWED is a false alarm, at most 5 %)")
    print("| categories | n | SKEWED | BALANCED | INSUFFICIENT | low > true |")
    print("|---:|---:|---:|---:|---:|---:|")
    for k, n in [(k, n) for k in (2, 3) for n in (8, 30, 100, 400)]:
        found, over = dict.fromkeys(_FINDINGS, 0.0), 0.0
        for table in sorted_tables(n, k, n):
            orders = factorial(k) / prod(factorial(c) for c in Counter(table).values())
            weight = orders * float(multinomial.pmf(table, n, even(k)))
            outcome = audit(np.array(table))
            found[outcome.finding] += weight
            over += weight * (outcome.distance_low > 1e-12)
        shares = " | ".join(f"{found[f]:.2%}" for f in _FINDINGS)
        print(f"| {k} | {n} | {shares} | {over:.2%} |", flush=True)


def print_findings(title: str, cases: list[tuple[str, Shares, int]], runs: int) -> None:
    """How often each finding comes out, and how often the lower bound is above the truth."""
    print(f"\n{title}")
    print("| set | n | runs | SKEWED | BALANCED | INSUFFICIENT | mean distance | low > true |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    rng = np.random.default_rng(7)
    for name, truth, n in cases:
        k = len(truth)
        audits = [audit(rng.multinomial(n, truth)) for _ in range(runs)]
        found = Counter(a.finding for a in audits)
        true_distance = np.abs(truth - 1 / k).sum() / 2
        over = np.mean([a.distance_low > true_distance + 1e-12 for a in audits])
        shares = " | ".join(f"{found[f] / runs:.1%}" for f in _FINDINGS)
        mean = np.mean([a.distance for a in audits])
        print(f"| {name} | {n} | {runs} | {shares} | {mean:.3f} | {over:.1%} |")


_FINDINGS = (AuditFinding.SKEWED, AuditFinding.BALANCED, AuditFinding.INSUFFICIENT)


def main() -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="simulated sets a line")
    runs = parser.parse_args().runs
    print_false_alarms()
    print_findings(
        "A fair generator, simulated (SKEWED is a false alarm, at most 5 %)",
        [("10 even", even(10), n) for n in (8, 30, 100, 400)],
        runs,
    )
    print_findings(
        "Known departures (SKEWED is right)",
        [("90/10", np.array([0.9, 0.1]), n) for n in (8, 15, 30, 100)]
        + [
            (f"{k} at distance {d}", tilted(k, d), n)
            for k in (2, 3, 10)
            for d, n in ((0.15, needed_people(k)), (0.15, 400), (0.3, needed_people(k)))
        ],
        runs,
    )
    print_coverage(runs)
    print_tones()
    print_detector()
    return print_photos()


if __name__ == "__main__":
    sys.exit(main())
