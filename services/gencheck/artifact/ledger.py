"""What is reported of a long medium: of each code the first places, then only worse ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gencheck.findings import Measurement, Outcome, judged

LISTED = 24
"""Places of one code that are told of as they come."""

_WORSE = 1.25  # times the worst so far: after these only what is worse by so much


class Ledger:
    """Keeps a list bounded without ever taking back what was told.

    The worst place is on it, or one nearly as bad.
    """

    def __init__(self) -> None:
        self.listed: list[Measurement] = []
        self._counts: dict[str, int] = {}
        self._worst: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def enter(self, measurements: Iterable[Measurement]) -> list[Measurement]:
        """Those of the measurements that are reported."""
        fresh = []
        for one in measurements:
            count, worst = self._counts.get(one.code, 0), self._worst.get(one.code, 0.0)
            if count >= LISTED and one.value < _WORSE * worst:
                self._left_out[one.check] = self._left_out.get(one.check, 0) + 1
                continue
            self._counts[one.code] = count + 1
            self._worst[one.code] = max(worst, one.value)
            fresh.append(one)
        self.listed += fresh
        return fresh

    def outcome(self, check: str) -> Outcome:
        """Judged; with how many places are not listed."""
        left_out = self._left_out.get(check, 0)
        if not left_out:
            return judged(check)
        return replace(judged(check), message=f"{left_out} more places are not listed")
