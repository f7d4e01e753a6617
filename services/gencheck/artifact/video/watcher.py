"""What a detector of video is to the panel, and what several of them share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import Grey
from gencheck.artifact.video.motion import Change
from gencheck.findings import Measurement, Method, Outcome, TimeSpan


@dataclass(frozen=True, slots=True)
class Moment:
    """One picture of a clip, and how it came out of the one before.

    Attributes:
        time: seconds.
        step: seconds since the picture before; 0 for the first.
        luma: mean luma, 0..255.
        is_dark: whether there is nothing but black.
        small: ``uint8 [h, w]`` grey.
        tint: ``uint8 [18, 32, 3]`` RGB, means of areas.
        change: from the picture before; ``None`` for the first.
    """

    index: int
    time: float
    step: float
    luma: float
    is_dark: bool
    small: Grey = field(repr=False)
    tint: NDArray[np.uint8] = field(repr=False)
    change: Change | None = field(repr=False)


class Watcher(Protocol):
    """Sees a clip picture by picture in bounded memory, and says what it finds once it is sure.

    Attributes:
        check: its name in outcomes and timings, such as ``artifact.frozen``.
        needs_motion: whether it can say nothing of pictures too small to see motion in.
    """

    check: str
    needs_motion: bool

    def see(self, moment: Moment) -> list[Measurement]:
        """What this picture made certain, with the time span of each."""
        ...

    def finish(self) -> list[Measurement] | Outcome:
        """What only the end makes certain, or why nothing can be said.

        One measurement without a region where nothing stood out. Measurements that ``see`` returned
        are not repeated.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What the measurements of one detector have in common."""

    code: str
    check: str
    method: Method

    def at(self, value: float, start: float, end: float, detail: str = "") -> Measurement:
        """A measurement of a stretch of time."""
        span = TimeSpan(start, max(start, end))
        return Measurement(self.code, float(value), self.check, self.method, span, detail)

    def overall(self, value: float) -> Measurement:
        """A measurement of the whole clip, in which nothing stood out."""
        return Measurement(self.code, float(value), self.check, self.method)


@dataclass
class Episodes:
    """Stretches in which a value that is measured over and over stands out.

    Attributes:
        kind: of the measurements.
        floor: from this value on it stands out.
        pause: seconds below the floor that end a stretch.
        longest: seconds after which a stretch is told of, and the next begins.
        most: largest value of all.
        found: whether any stretch was told of.
    """

    kind: Kind
    floor: float
    pause: float = 0.5
    longest: float = 10.0
    most: float = 0.0
    found: bool = False
    _start: float | None = None
    _end: float = 0.0
    _peak: float = 0.0
    _detail: str = ""

    def add(self, value: float, start: float, end: float, detail: str = "") -> list[Measurement]:
        """Takes the value of the time from ``start`` to ``end``, which goes on; what that ends."""
        self.most = max(self.most, value)
        ended: list[Measurement] = []
        if self._start is not None and (
            end - self._end > self.pause or end - self._start > self.longest
        ):
            ended = self.close()
        if value >= self.floor:
            if self._start is None:
                # What went before the episode that was just told of is not told of twice.
                self._start, self._peak = (max(start, self._end) if self.found else start), 0.0
            self._end = end
            if value > self._peak:
                self._peak, self._detail = value, detail
        return ended

    def close(self) -> list[Measurement]:
        """The stretch that is open, if any."""
        if self._start is None:
            return []
        start, self._start, self.found = self._start, None, True
        return [self.kind.at(self._peak, start, self._end, self._detail)]

    def finish(self) -> list[Measurement]:
        """The stretch that is open; a measurement of all where there never was one."""
        return self.close() or ([] if self.found else [self.kind.overall(self.most)])
