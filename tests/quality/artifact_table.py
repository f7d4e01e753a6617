"""One line of figures a damage: the same columns for pictures, clips and sounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from artifact_statistics import auroc, auroc_interval, rank_correlation, rises

from gencheck.findings import Severity

HEADER = (
    f"{'code':<18}{'damage':<19}{'moderate':<17}{'n':>3}  mild  mod. [95 %]        strong"
    " MINOR MAJOR  box mask   rho rises"
)


@dataclass(frozen=True)
class Told:
    """What was said of one code about one medium.

    Attributes:
        value: the worst, in the code's unit.
        severity: the worst by the policy, 0 for none.
        box: intersection over union of the best box, or time span, with the true one.
        mask: the same of what is marked with the exact mask.
    """

    value: float
    severity: int
    box: float = float("nan")
    mask: float = float("nan")


Row: TypeAlias = list[Told | None]
"""Of one medium and one damage: as it is, the sham, then mild, moderate and strong."""


class Titled(Protocol):
    """What a line says of a damage."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def steps(self) -> tuple[float, float, float]: ...


def line(damage: Titled, rows: list[Row]) -> str:
    """The figures of one damage; media that it has no place in, or are not judged, are left out."""
    whole = [row for row in rows if all(told is not None for told in row[1:])]
    title = f"{damage.code:<18}{damage.name:<19}{damage.steps[1]:>4g} {damage.unit:<11}"
    if not whole:
        return f"{title} not judged on any of {len(rows)}"
    negative = [told.value for row in whole for told in row[:2] if told is not None]
    columns = [[row[index].value for row in whole] for index in (2, 3, 4)]
    mild, moderate, strong = (auroc(negative, column) for column in columns)
    low, high = auroc_interval(moderate, len(whole), len(whole))
    middle = [row[3] for row in whole]
    minor, major = (
        np.mean([t.severity >= least for t in middle]) for least in (Severity.MINOR, Severity.MAJOR)
    )
    series = [[told.value for told in row[1:]] for row in whole]
    order = np.median([rank_correlation(range(4), values) for values in series])
    return (
        f"{title}{len(whole):>4} {mild:>5.3f} {moderate:>5.3f} [{low:.3f}–{high:.3f}] "
        f"{strong:>5.3f} {minor:>5.0%} {major:>5.0%} {_median(t.box for t in middle)} "
        f"{_median(t.mask for t in middle)} {order:>5.2f} "
        f"{np.mean([rises(values) for values in series]):>5.0%}"
    )


def _median(values: Iterable[float]) -> str:
    known = [value for value in values if np.isfinite(value)]
    return f"{np.median(known):>4.2f}" if known else "   -"
