"""Latencies in HDR histograms: mergeable, three digits at every size (hdrhistogram.org)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import GencheckError

_HIGHEST = 600_000_000  # 10 minutes in microseconds


class Latencies:
    """A histogram of latencies in seconds, held in whole microseconds."""

    def __init__(self, seconds: NDArray[np.float64] | None = None) -> None:
        """Raises ``GencheckError`` where the extra ``loadtest`` is not installed."""
        try:
            from hdrh.histogram import HdrHistogram
        except ImportError:
            raise GencheckError(
                "load tests need HDR histograms", fix='Add them: pip install "gencheck[loadtest]".'
            ) from None
        self._histogram = HdrHistogram(1, _HIGHEST, 3)
        if seconds is not None:
            micros = np.clip(np.rint(seconds * 1e6), 1, _HIGHEST).astype(np.int64)
            for value, count in zip(*np.unique(micros, return_counts=True), strict=True):
                self._histogram.record_value(int(value), int(count))

    @property
    def count(self) -> int:
        """Latencies recorded."""
        return int(self._histogram.get_total_count())

    def at(self, percentile: float) -> float | None:
        """Seconds that so many percent do not exceed; ``None`` for an empty histogram."""
        if not self.count:
            return None
        return float(self._histogram.get_value_at_percentile(percentile)) / 1e6

    @property
    def maximum(self) -> float | None:
        """Seconds."""
        return float(self._histogram.get_max_value()) / 1e6 if self.count else None

    def encoded(self) -> str:
        """The V2 format with base64, which every implementation of HdrHistogram reads."""
        return str(self._histogram.encode().decode("ascii"))
