"""DC_OFFSET: the wave swings around something else than zero."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.listener import channel_name
from gencheck.artifact.sound.page import Page
from gencheck.findings import Measurement, Method, Outcome, SkipReason, TimeSpan, skipped

CHECK = "artifact.dc_offset"
METHOD = Method("mean of the wave", "1", "the least of the means of five seconds in a row")

# A drum or a bass can have a mean for a second, but not one that stays for five.
_PAGES = 5
_LEAST_SECONDS = 0.25
_LISTED = 0.002  # share of full scale: less is rounding, and nowhere in particular


class Offset:
    """The worst five seconds of the worst channel; a shorter sound as a whole."""

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: how many there are."""
        self._rate = rate
        self._channels = channels
        self._means: deque[NDArray[np.float64]] = deque(maxlen=_PAGES)
        self._worst = 0.0
        self._channel = 0
        self._span = TimeSpan(0.0, 0.0)

    def listen(self, page: Page) -> list[Measurement]:
        """Nothing yet: the worst is known at the end."""
        length = page.end - page.begin
        if page.is_last and (self._means or length < _LEAST_SECONDS * self._rate):
            if len(self._means) < _PAGES:
                self._weigh(page.start)
            return []
        self._means.append(page.core.mean(axis=1, dtype=np.float64))
        if len(self._means) == _PAGES or page.is_last:
            self._weigh(page.origin + page.end)
        return []

    def _weigh(self, end: int) -> None:
        if not self._means:
            return
        means = np.stack(self._means)
        least = np.maximum(means.min(axis=0), -means.max(axis=0))  # negative where signs differ
        channel = int(np.argmax(least))
        if least[channel] > self._worst:
            self._worst, self._channel = float(least[channel]), channel
            stop = end / self._rate
            self._span = TimeSpan(max(0.0, stop - len(means)), stop)

    def finish(self, samples: int) -> list[Measurement] | Outcome:
        """The worst offset, with its five seconds."""
        if not self._means:
            message = f"{samples / self._rate:.2f} s of sound, it needs {_LEAST_SECONDS} s"
            return skipped(CHECK, SkipReason.NOT_APPLICABLE, message)
        value = finite(self._worst, high=1.0)
        if value < _LISTED:
            return [Measurement("DC_OFFSET", value, CHECK, METHOD)]
        name = channel_name(self._channel, self._channels)
        return [Measurement("DC_OFFSET", value, CHECK, METHOD, self._span, name)]
