"""How often audits are wrong: false alarms, power beside the planner's, bounds above the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, chndtr
from scipy.stats import multinomial

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.options import DEFAULT_OPTIONS, AuditOptions
from gencheck.bias.power import needed_people, power
from gencheck.bias.results import AttributeAudit, AuditFinding
from gencheck.deadline import NO_DEADLINE

Shares = NDArray[np.float64]


def audit(counts: NDArray[np.int64], options: AuditOptions = DEFAULT_OPTIONS) -> AttributeAudit:
    """The audit of one table against equal shares."""
    table = CountTable("", "x", {f"c{i:02d}": float(c) for i, c in enumerate(counts)})
    return audit_tables(state_of([table]), {}, options=options, deadline=NO_DEADLINE).audits[0]


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


def print_verdicts(runs: int) -> None:
    """All tables."""
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
    print_power(10 * runs)


def print_power(runs: int) -> None:
    """The share of SKEWED at the planned n, beside the planner's power for that very departure."""
    print("\nPower at the n that the planner asks for (promised: 80 % or more)")
    print("| categories | distance | n | planned | SKEWED |")
    print("|---:|---:|---:|---:|---:|")
    rng, worst = np.random.default_rng(13), 0.0
    for k in (2, 3, 5, 10, 20):
        for distance in (0.05, 0.1, 0.15, 0.2):
            n, truth = needed_people(k, distance), tilted(k, distance)
            options = AuditOptions(effect=distance)
            tables = [_sorted_within(t, k // 2) for t in rng.multinomial(n, truth, size=runs)]
            found = {t: audit(np.array(t), options).finding for t in set(tables)}
            skewed = sum(found[t] is AuditFinding.SKEWED for t in tables) / runs
            planned = _planned(n, truth, distance)
            worst = max(worst, abs(skewed - planned))
            print(f"| {k} | {distance} | {n} | {planned:.1%} | {skewed:.1%} |", flush=True)
    print(f"furthest from the plan: {100 * worst:.1f} points ({runs} runs a line)")


def _planned(n: int, truth: Shares, distance: float) -> float:
    # Of an odd number of categories none has the hardest departure: the planner by its own w.
    k = len(truth)
    if k == 2:
        return power(n, k, distance)
    w_squared = float(((truth - 1 / k) ** 2 * k).sum())
    return 1 - float(chndtr(chdtri(k - 1, 0.05), k - 1, n * w_squared))


def _sorted_within(table: NDArray[np.int64], half: int) -> tuple[int, ...]:
    # Categories of the same true share are alike: the same audit, computed once.
    return (*sorted(map(int, table[:half])), *sorted(map(int, table[half:])))
