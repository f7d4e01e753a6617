"""Two threads for kernels that go over something long; kernels hold no lock of the interpreter."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

LANES = 2
"""Work is cut into so many, whatever the machine, so that results never depend on it."""

_SHORT = 20_000

T = TypeVar("T")
R = TypeVar("R")


def each(work: Callable[[T], R], parts: Sequence[T], *, short: bool = False) -> list[R]:
    """The result for each part, in order; by threads unless it is a short matter."""
    if short:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(LANES, "lane") as pool:
        return list(pool.map(work, parts))


def halves(n: int) -> list[tuple[int, int]]:
    """``range(n)`` as consecutive parts: begin and end of each."""
    cuts = [n * lane // LANES for lane in range(LANES + 1)]
    return list(itertools.pairwise(cuts))


def is_short(n: int) -> bool:
    """Whether so many items are too few for threads to pay."""
    return n < _SHORT


def in_halves(work: Callable[[int, int], R], n: int) -> list[R]:
    """The results for the consecutive parts of ``range(n)``."""
    return each(lambda part: work(*part), halves(n), short=is_short(n))
