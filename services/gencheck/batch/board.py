"""What a worker is checking, in memory that outlives it.

A message for each asset would cost more than many a check of a small picture. A few shared numbers
cost nothing, and are still there when the worker is not.
"""

from __future__ import annotations

import time
from multiprocessing.context import SpawnContext


class Board:
    """The rows that are being checked and how many were; written by a worker, read by its parent.

    It crosses to a process only as an argument of its start.
    """

    def __init__(self, context: SpawnContext, slots: int) -> None:
        """Args: slots: rows that may be checked at a time."""
        # [rows finished] and for each slot [row + 1 or 0, nanoseconds of the monotonic clock]
        self._cells = context.RawArray("q", 1 + 2 * slots)

    def begin(self, number: int) -> None:
        """This row is being checked from now on."""
        place = next(i for i in self._places() if not self._cells[i])
        self._cells[place + 1] = time.monotonic_ns()
        self._cells[place] = number + 1

    def end(self, number: int) -> None:
        """It no longer is."""
        for place in self._places():
            if self._cells[place] == number + 1:
                self._cells[place] = 0
        self._cells[0] += 1

    def clear(self) -> None:
        """Forget everything; for the parent, while the worker has nothing to do."""
        for place in (0, *self._places()):
            self._cells[place] = 0

    @property
    def finished(self) -> int:
        """Rows that were begun and ended."""
        return int(self._cells[0])

    @property
    def rows(self) -> set[int]:
        """Rows that are being checked, or were when the worker died."""
        return {int(self._cells[i]) - 1 for i in self._places() if self._cells[i]}

    @property
    def longest(self) -> float:
        """Seconds since the oldest of them was begun; 0 where there is none."""
        begun = [int(self._cells[i + 1]) for i in self._places() if self._cells[i]]
        return (time.monotonic_ns() - min(begun)) / 1e9 if begun else 0.0

    def _places(self) -> range:
        return range(1, len(self._cells), 2)
