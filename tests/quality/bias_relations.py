"""How often what an audit says of sizes, prompts and pairs is wrong."""

from __future__ import annotations

import numpy as np
from bias_coverage import shapes
from numpy.typing import NDArray

from gencheck.bias.association import Association, associations
from gencheck.bias.counts import CountTable, state_of
from gencheck.bias.magnitude import cramers_v, earth_movers_distance
from gencheck.bias.pairs import compare_pairs
from gencheck.bias.pooling import pooled_shares
from gencheck.deadline import NO_DEADLINE

Shares = NDArray[np.float64]


def print_relations(runs: int) -> None:
    """All tables."""
    print_sizes(runs)
    print_associations(runs)
    print_pairs(runs)
    print_pooling(runs)


def print_sizes(runs: int) -> None:
    """Coverage of the intervals of effects; expected counts are 5 or more for Cramér's V."""
    print("\nIntervals of effects against equal shares: coverage (nominal 95 %)")
    print("| true shares | n | Cramér's V | earth mover's distance |")
    print("|---|---:|---:|---:|")
    rng = np.random.default_rng(23)
    for k, n in ((3, 60), (5, 100), (10, 400)):
        even = np.full(k, 1 / k)
        for name, truth in shapes(k).items():
            true_v = np.sqrt(((truth - even) ** 2 / even).sum() / (k - 1))
            true_emd = np.abs(np.cumsum(truth - even)[:-1]).sum()
            held = np.zeros(2)
            for table in rng.multinomial(n, truth, size=runs).astype(float):
                for i, (effect, true) in enumerate(
                    (
                        (cramers_v(table, even), true_v),
                        (earth_movers_distance(table, even), true_emd),
                    )
                ):
                    held[i] += effect.low - 1e-9 <= true <= effect.high + 1e-9
            v, emd = held / runs
            print(f"| {k} {name} | {n} | {v:.1%} | {emd:.1%} |", flush=True)


def print_associations(runs: int) -> None:
    """False alarms of prompts that are alike, and one of them that is not."""
    print("\nPrompts that are all alike: associations found, and drivers told (at most 5 %)")
    print("| prompts | people of each | shares | found | drivers | one at 80 % instead of 50 % |")
    print("|---:|---:|---|---:|---:|---:|")
    rng = np.random.default_rng(29)
    for prompts, n in ((2, 20), (10, 8), (10, 40), (40, 40)):
        for name in ("even", "55 % in one"):
            truth = shapes(4)[name]
            alike = [_associate(rng.multinomial(n, truth, size=prompts)) for _ in range(runs)]
            found = np.mean([any(a.p_adjusted < 0.05 for a in one) for one in alike])
            drivers = np.mean([any(a.drivers for a in one) for one in alike])
            told = np.mean([_finds_the_odd_one(rng, prompts, n) for _ in range(runs)])
            print(f"| {prompts} | {n} | {name} | {found:.1%} | {drivers:.1%} | {told:.1%} |")


def _finds_the_odd_one(rng: np.random.Generator, prompts: int, n: int) -> bool:
    counts = rng.multinomial(n, [0.5, 0.5], size=prompts)
    counts[0] = rng.multinomial(n, [0.8, 0.2])
    return any(d.prompt == "p0" for a in _associate(counts) for d in a.drivers)


def _associate(counts: NDArray[np.int64]) -> tuple[Association, ...]:
    tables = [
        CountTable(f"p{i}", "x", {f"c{j}": float(c) for j, c in enumerate(row)})
        for i, row in enumerate(counts)
    ]
    return associations(state_of(tables), minimum_people=8, deadline=NO_DEADLINE)


def print_pairs(runs: int) -> None:
    """How often all intervals of the differences hold at once."""
    print("\nTwo prompts: the intervals of all differences hold at once (nominal 95 %)")
    print("| first and second | " + " | ".join(f"n {n}" for n in (10, 30, 100)) + " |")
    print("|---|---:|---:|---:|")
    rng = np.random.default_rng(31)
    for k in (2, 4, 10):
        for a, b in (("even", "even"), ("even", "55 % in one"), ("90 % in one", "geometric")):
            first, second = shapes(k)[a], shapes(k)[b]
            row = [f"{_pair_coverage(rng, first, second, n, runs):.1%}" for n in (10, 30, 100)]
            print(f"| {k} {a}, {b} | {' | '.join(row)} |", flush=True)


def _pair_coverage(
    rng: np.random.Generator, first: Shares, second: Shares, n: int, runs: int
) -> float:
    held, names = 0, [f"c{j}" for j in range(len(first))]
    true = dict(zip(names, first - second, strict=True))
    for _ in range(runs):
        draws = (rng.multinomial(n, shares).astype(float) for shares in (first, second))
        state = state_of(
            CountTable(prompt, "x", dict(zip(names, draw, strict=True)))
            for prompt, draw in zip("ab", draws, strict=True)
        )
        (pair,) = compare_pairs(state, [("a", "b")], deadline=NO_DEADLINE)
        held += all(d.low <= true[d.category] <= d.high for d in pair.differences)
    return held / runs


def print_pooling(runs: int) -> None:
    """How far pooled shares are from the truth, by plain ones' distance."""
    print("\nPartial pooling of 40 prompts, 4 categories: squared error by that of plain shares")
    print("| prompts differ (concentration) | " + " | ".join(f"n {n}" for n in (8, 30, 100)) + " |")
    print("|---|---:|---:|---:|")
    rng = np.random.default_rng(37)
    centre = shapes(4)["linear"]
    for concentration in (2, 10, 100):
        row = []
        for n in (8, 30, 100):
            errors = np.zeros(2)
            for _ in range(max(1, runs // 10)):
                truth = rng.dirichlet(concentration * centre, 40)
                tables = np.array([rng.multinomial(n, shares) for shares in truth]).astype(float)
                pooled = pooled_shares(tables, tables.sum(axis=0) / tables.sum())
                errors += ((pooled - truth) ** 2).sum(), ((tables / n - truth) ** 2).sum()
            row.append(f"{errors[0] / errors[1]:.2f}")
        print(f"| {concentration} | {' | '.join(row)} |")
