"""Pages in a row with the same trouble, told of as one stretch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gencheck.findings import TimeSpan

_LONGEST = 10  # pages, after which a stretch is told of though the trouble goes on


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one page has of it.

    Attributes:
        start: of the first place, seconds.
        end: of the last place, seconds.
        value: how bad it is, higher is worse.
        places: how many there are.
        channel: the channel that ``value`` is of.
        level: a further quantity of which the highest is kept.
    """

    start: float
    end: float
    value: float
    places: int = 1
    channel: int = 0
    level: float = 0.0

    @property
    def span(self) -> TimeSpan:
        """From the first place to the last."""
        return TimeSpan(self.start, self.end)


class Stretches:
    """Joins the troubles of pages in a row; a stretch is as bad as its worst page."""

    def __init__(self) -> None:
        self._open: Trouble | None = None
        self._pages = 0

    def add(self, trouble: Trouble | None) -> list[Trouble]:
        """The stretch that ended with the page before this one, or with it, if any did."""
        if trouble is None:
            return self.close()
        self._open = _joined(self._open, trouble)
        self._pages += 1
        return self.close() if self._pages >= _LONGEST else []

    def close(self) -> list[Trouble]:
        """The stretch that is still open, if any."""
        closed = [self._open] if self._open else []
        self._open, self._pages = None, 0
        return closed


def _joined(first: Trouble | None, second: Trouble) -> Trouble:
    if first is None:
        return second
    worse = max(first, second, key=lambda one: one.value)
    return replace(
        worse,
        start=min(first.start, second.start),
        end=max(first.end, second.end),
        places=first.places + second.places,
        level=max(first.level, second.level),
    )
