"""PHASE_INVERSION: two channels of which one is the other turned over."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.page import Page
from gencheck.artifact.sound.stretch import Stretches, Trouble
from gencheck.findings import Measurement, Method, Outcome, SkipReason, skipped

CHECK = "artifact.phase_inversion"
METHOD = Method(
    "share of the sound that a mono sum loses",
    "1",
    "−2 Re⟨L,R⟩ / (⟨L,L⟩ + ⟨R,R⟩) over three seconds, the mean of the octaves from 100 Hz",
)

# An octave alone may cancel: a microphone apart from the other delays it by half a period. A
# channel that was turned over cancels in all of them.
_EDGES = (100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)  # Hz
_PAGES = 3
_QUIET = 1e-5  # mean square: -50 dBFS
_HEARD = 1e-3  # share of the strongest octave's power
_TOLD = 0.2


class Phase:
    """Stretches in which the first two channels cancel each other."""

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: how many there are."""
        self._channels = channels
        self._size = fft.next_fast_len(rate, real=True)
        edges = np.searchsorted(fft.rfftfreq(self._size, 1 / rate), _EDGES)
        last = self._size // 2
        self._edges = np.unique(np.minimum(edges, last))
        self._powers: deque[NDArray[np.float64]] = deque(maxlen=_PAGES)
        self._starts: deque[float] = deque(maxlen=_PAGES)
        self._stretches = Stretches()
        self._heard = 0
        self._worst = 0.0
        self._told = False

    def listen(self, page: Page) -> list[Measurement]:
        """The stretches that ended."""
        if self._channels < 2:
            return []
        pair = page.core[:2]
        if float(np.square(pair).mean()) < _QUIET * min(1.0, pair.shape[1] / page.rate):
            self._powers.clear()
            self._starts.clear()
            return self._findings(self._stretches.close())
        self._heard += 1
        self._powers.append(self._octaves(pair))
        self._starts.append(page.seconds(page.begin))
        if len(self._powers) < _PAGES and not page.is_last:
            return []
        value = _cancelled(np.sum(self._powers, axis=0))
        self._worst = max(self._worst, value)
        end = page.seconds(page.end)
        trouble = Trouble(self._starts[0], end, value) if value >= _TOLD else None
        return self._findings(self._stretches.add(trouble))

    def _octaves(self, pair: NDArray[np.float32]) -> NDArray[np.float64]:
        """Powers of left and right and of what they share: ``float64 [3, octaves]``."""
        low, high = self._edges[0], self._edges[-1]
        left, right = fft.rfft(pair, self._size, axis=1)[:, low:high]
        parts = np.stack(
            [np.square(np.abs(left)), np.square(np.abs(right)), (left * right.conj()).real]
        )
        sums = np.add.reduceat(parts, self._edges[:-1] - low, axis=1)
        return np.asarray(sums, np.float64)

    def finish(self, samples: int) -> list[Measurement] | Outcome:
        """The stretch that the end closes; the highest value where there was none."""
        if self._channels < 2:
            return skipped(CHECK, SkipReason.NOT_APPLICABLE, "one channel alone has no other")
        if not self._heard:
            return skipped(CHECK, SkipReason.NOT_APPLICABLE, "nothing in it is over -50 dBFS")
        found = self._findings(self._stretches.close())
        if found or self._told:
            return found
        return [Measurement("PHASE_INVERSION", finite(self._worst, high=1.0), CHECK, METHOD)]

    def _findings(self, ended: list[Trouble]) -> list[Measurement]:
        self._told = self._told or bool(ended)
        return [
            Measurement(
                "PHASE_INVERSION",
                finite(one.value, high=1.0),
                CHECK,
                METHOD,
                one.span,
                f"a mono sum loses {100 * one.value:.0f} % of the power",
            )
            for one in ended
        ]


def _cancelled(powers: NDArray[np.float64]) -> float:
    """Mean over the octaves that are heard; -1 for two equal channels, 1 for opposite ones."""
    total = powers[0] + powers[1]
    heard = total >= _HEARD * max(float(total.max()), 1e-12)
    return float((-2 * powers[2][heard] / total[heard]).mean()) if heard.any() else 0.0
