"""How often a set is looked at decides how it is tested: once, or again and again as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.goodness import Fit, goodness_of_fit
from gencheck.bias.intervals import Intervals, intervals_of_all
from gencheck.bias.options import AuditOptions
from gencheck.bias.power import needed_people, power
from gencheck.bias.sequential import (
    confidence_sequence,
    look,
    needed_at_any_look,
    power_at_any_look,
)
from gencheck.deadline import Deadline

Floats = NDArray[np.float64]


class Looks(Protocol):
    """The statistics of one table, and the planner that goes with them."""

    @property
    def effect(self) -> float:
        """The departure that matters, as total variation distance."""

    def intervals(self, tables: Sequence[Floats]) -> list[Intervals]:
        """Simultaneous intervals of the shares of each table, of counts ``float64 [k]``."""

    def fit(self, counts: Floats, reference: Floats, deadline: Deadline) -> Fit:
        """The test against the reference, ``float64 [k]``."""

    def needed(self, categories: int) -> int:
        """The people that show the departure that matters with a power of 0.8."""

    def power(self, n: int, categories: int) -> float:
        """The chance that so many people show it."""


def looks_of(options: AuditOptions) -> Looks:
    """The statistics that fit what is asked."""
    return ManyLooks(options.effect) if options.repeated_looks else OneLook(options.effect)


@dataclass(frozen=True, slots=True)
class OneLook:
    """The set is audited once, at a size that was fixed before."""

    effect: float

    def intervals(self, tables: Sequence[Floats]) -> list[Intervals]:
        """Exact intervals."""
        return intervals_of_all(tables)

    def fit(self, counts: Floats, reference: Floats, deadline: Deadline) -> Fit:
        """An exact test, its limit, or a simulated one."""
        return goodness_of_fit(counts, reference, deadline=deadline)

    def needed(self, categories: int) -> int:
        """By the power of that test."""
        return needed_people(categories, self.effect)

    def power(self, n: int, categories: int) -> float:
        """Of that test."""
        return power(n, categories, self.effect)


@dataclass(frozen=True, slots=True)
class ManyLooks:
    """The set is audited at every look while it grows."""

    effect: float

    def intervals(self, tables: Sequence[Floats]) -> list[Intervals]:
        """Intervals that hold at all looks together."""
        return [confidence_sequence(counts, self.effect) for counts in tables]

    def fit(self, counts: Floats, reference: Floats, deadline: Deadline) -> Fit:
        """An e-value."""
        deadline.check()
        return look(counts, reference, self.effect)

    def needed(self, categories: int) -> int:
        """By the power of one look at the e-value."""
        return needed_at_any_look(categories, self.effect)

    def power(self, n: int, categories: int) -> float:
        """Of one look."""
        return power_at_any_look(n, categories, self.effect)
