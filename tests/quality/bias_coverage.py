"""How often all intervals of an audit hold at once, and how wide they are beside Sison-Glaz's.

Coverage of the audit's intervals is exact: given the counts' sum, multinomial counts are Poisson
counts (Levin 1981, Annals of Statistics 9(5)), so the chance that each lies where its interval
holds is a convolution. Sison-Glaz's is simulated, as are the widths of both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bias_peers import sison_glaz
from numpy.typing import NDArray
from scipy.stats import poisson

from gencheck.bias.intervals import own_intervals, simultaneous_intervals

Shares = NDArray[np.float64]

CATEGORIES = (2, 3, 5, 10, 20)
PEOPLE = (8, 20, 50, 100, 400, 1000, 2000)
COVERS = 0.94
_SEED = 11


@dataclass(frozen=True)
class Cell:
    """One true distribution and size."""

    k: int
    n: int
    shape: str
    covered: float
    width: float
    peer_covered: float
    peer_width: float

    @property
    def ratio(self) -> float:
        """The mean width beside Sison-Glaz's."""
        return self.width / self.peer_width


def shapes(k: int) -> dict[str, Shares]:
    """True shares: even, and skewed in several ways."""
    steps, halves = np.arange(1.0, k + 1), 0.6 ** np.arange(k)
    found = {
        "even": np.full(k, 1 / k),
        "linear": steps / steps.sum(),
        "geometric": halves / halves.sum(),
        "55 % in one": np.r_[0.55, np.full(k - 1, 0.45 / (k - 1))],
        "90 % in one": np.r_[0.9, np.full(k - 1, 0.1 / (k - 1))],
    }
    if k > 3:
        found["45 % in two"] = np.r_[0.45, 0.45, np.full(k - 2, 0.1 / (k - 2))]
    return found


def exact_coverage(truth: Shares, n: int) -> float:
    """The chance that all intervals of a table of n people hold."""
    everyone = np.arange(n + 1)
    low, high = own_intervals(everyone.astype(np.float64), n, len(truth))
    total = np.array([1.0])
    for share in truth:
        holds = (low <= share) & (share <= high)
        total = np.convolve(total, poisson.pmf(everyone, n * share) * holds)[: n + 1]
    return float(total[n] / poisson.pmf(n, n)) if len(total) > n else 0.0


def measure(k: int, n: int, shape: str, truth: Shares, runs: int) -> Cell:
    """Coverage and mean width of both methods."""
    tables = np.random.default_rng([_SEED, k, n]).multinomial(n, truth, size=runs).astype(float)
    width = peer_width = held = 0.0
    with np.errstate(all="ignore"):
        for table in tables:
            own = simultaneous_intervals(table)
            low, high = sison_glaz(table)
            width += float(np.mean(own.high - own.low)) / runs
            peer_width += float(np.mean(high - low)) / runs
            held += bool(np.all((low <= truth) & (truth <= high))) / runs
    return Cell(k, n, shape, exact_coverage(truth, n), width, held, peer_width)


def print_coverage(runs: int) -> None:
    """The table, then the figures asked for."""
    print("\nSimultaneous intervals: exact coverage (nominal 95 %) and mean width, by Sison-Glaz's")
    print("| categories | true shares | " + " | ".join(f"n {n}" for n in PEOPLE) + " |")
    print("|---:|---|" + "---|" * len(PEOPLE))
    cells: list[Cell] = []
    for k in CATEGORIES:
        for shape, truth in shapes(k).items():
            row = [measure(k, n, shape, truth, runs) for n in PEOPLE]
            cells += row
            print(f"| {k} | {shape} | " + " | ".join(map(_words, row)) + " |", flush=True)
    worst = min(cells, key=lambda cell: cell.covered)
    print(f"\nleast coverage {worst.covered:.2%} (k {worst.k}, n {worst.n}, {worst.shape})")
    covers = [cell for cell in cells if cell.peer_covered >= COVERS]
    wide = [cell for cell in covers if cell.ratio > 1.1]
    print(
        f"Sison-Glaz covers {COVERS:.0%} in {len(covers)} of {len(cells)} cells, least "
        f"{min(cell.peer_covered for cell in cells):.0%}; of those, {len(covers) - len(wide)} with "
        f"a width of ours of at most 1.1 of its, median "
        f"{np.median([cell.ratio for cell in covers]):.2f}"
    )
    for cell in wide:
        print(f"- wider: k {cell.k}, n {cell.n}, {cell.shape}: {cell.ratio:.2f}")


def _words(cell: Cell) -> str:
    mark = "" if cell.peer_covered >= COVERS else f" (it covers {cell.peer_covered:.0%})"
    return f"{cell.covered:.1%}, {cell.ratio:.2f}{mark}"
