"""TRUNCATED, as it is heard: a sound that stops in the middle."""

from __future__ import annotations

import numpy as np

from gencheck.artifact.sound.page import Page
from gencheck.findings import Measurement, Method, TimeSpan

CHECK = "artifact.ending"
METHOD = Method("level at the end", "1", "the last 3 ms as loud as the last 200 ms")

_LAST, _BEFORE = 0.003, 0.2  # seconds
_KEPT = 0.35  # of the loudest before: a sound that dies away or is faded out has less
_AUDIBLE = 0.03
_SILENT = 1e-3
_PADDING = 0.06  # seconds of silence that a codec may add
_UNKNOWN = 0.001  # share: something is missing, and nobody knows how much


class Ending:
    """Whether the sound was cut off."""

    check = CHECK

    def __init__(self, rate: int) -> None:
        """Args: rate: samples a second."""
        self._rate = rate
        self._found: list[Measurement] = []

    def listen(self, page: Page) -> list[Measurement]:
        """Nothing yet: only the last page tells, and the end whether it is asked."""
        if page.is_last:
            self._found = self._cut_off(page)
        return []

    def _cut_off(self, page: Page) -> list[Measurement]:
        loudest = np.abs(page.samples[:, : page.end]).max(axis=0)
        heard = np.flatnonzero(loudest >= _SILENT)
        if len(heard) == 0 or page.end - heard[-1] > _PADDING * self._rate:
            return []
        stop = int(heard[-1]) + 1
        last = float(loudest[max(0, stop - round(_LAST * self._rate)) : stop].max())
        before = float(loudest[max(0, stop - round(_BEFORE * self._rate)) : stop].max())
        if last < _AUDIBLE or last < _KEPT * before:
            return []
        end = page.seconds(page.end)
        span = TimeSpan(page.seconds(stop), end)
        detail = f"stops at {100 * last / before:.0f} % of its level"
        return [Measurement("TRUNCATED", _UNKNOWN, CHECK, METHOD, span, detail)]

    def finish(self, samples: int) -> list[Measurement]:
        """The place where it stops; 0 where it comes to an end."""
        return self._found or [Measurement("TRUNCATED", 0.0, CHECK, METHOD)]
