"""How a video or a sound measures over time, in few enough values to draw."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_VALUES = 240
_FINEST = 1 / 30  # seconds of one value at first


@dataclass(frozen=True, slots=True)
class Track:
    """One quantity over time.

    Attributes:
        check: the check that it belongs to.
        start: time of the first value, seconds.
        step: seconds between two values.
    """

    check: str
    name: str
    unit: str
    start: float
    step: float
    values: tuple[float, ...] = field(repr=False)


class Gauge:
    """Makes a track of a quantity as it goes by, without knowing how long it will be."""

    def __init__(self, check: str, name: str, unit: str, *, total: bool = False) -> None:
        """Args: total: whether a value is the sum over its time; else it is the mean."""
        self._words = (check, name, unit)
        self._total = total
        self._start: float | None = None
        self._step = _FINEST
        self._sums: list[float] = []
        self._counts: list[int] = []

    def add(self, time: float, value: float) -> None:
        """The quantity at a time; times never fall."""
        if self._start is None:
            self._start = time
        while (index := int((time - self._start) / self._step)) >= MAX_VALUES:
            self._halve()
        while len(self._sums) <= index:
            self._sums.append(0.0)
            self._counts.append(0)
        self._sums[index] += value
        self._counts[index] += 1

    def _halve(self) -> None:
        """Two values become one of twice the time."""
        self._step *= 2
        self._sums = [sum(self._sums[i : i + 2]) for i in range(0, len(self._sums), 2)]
        self._counts = [sum(self._counts[i : i + 2]) for i in range(0, len(self._counts), 2)]

    def track(self) -> Track | None:
        """The track; a time without any value has the one before it."""
        if self._start is None:
            return None
        values: list[float] = []
        for total, count in zip(self._sums, self._counts, strict=True):
            if self._total:
                values.append(total)
            else:
                values.append(total / count if count else values[-1])
        return Track(*self._words, self._start, self._step, tuple(values))
