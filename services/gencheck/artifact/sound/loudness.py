"""LOUDNESS: integrated loudness and loudness range (EBU R 128)."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.page import Page
from gencheck.findings import Measurement, Method, Outcome, SkipReason, TimeSpan, skipped

CHECK = "artifact.loudness"
METHOD = Method("integrated loudness", "1", "ITU-R BS.1770-5; EBU R 128, Tech 3342")

TARGET = -23.0
"""LUFS: EBU R 128."""

_PIECE = 0.1  # seconds: blocks of 0.4 s and of 3 s begin at each
_BLOCK, _LONG = 4, 30  # pieces in a block of the loudness, and in one of its range
_ABSOLUTE_GATE = -70.0  # LUFS
_GATE, _RANGE_GATE = -10.0, -20.0  # LU under what is louder than the gate before
_STEP = 0.01  # LU: width of a bin in which blocks are counted
_HIGHEST = 40.0  # LUFS
_BINS = round((_HIGHEST - _ABSOLUTE_GATE) / _STEP)
_SURROUND = 1.41
_WEIGHTS = {5: (1.0, 1.0, 1.0, _SURROUND, _SURROUND), 6: (1.0, 1.0, 1.0, 0.0, _SURROUND, _SURROUND)}


class Loudness:
    """Gated loudness from counted blocks: nothing grows with the sound."""

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: 5 and 6 are taken for 5.0 and 5.1."""
        self._rate = rate
        self._piece = max(1, round(_PIECE * rate))
        self._weights = np.array(_WEIGHTS.get(channels, (1.0,) * channels))
        self._filter = k_weighting(rate)
        self._state = np.zeros((len(self._filter), channels, 2))
        self._samples: NDArray[np.float64] = np.zeros((channels, 0))
        self._pieces: deque[float] = deque(maxlen=_LONG)
        self._blocks = _Counted()
        self._long = _Counted()

    def listen(self, page: Page) -> list[Measurement]:
        """Nothing yet: the integrated loudness is known at the end."""
        weighted, self._state = sosfilt(self._filter, page.core, axis=1, zi=self._state)
        samples = np.concatenate([self._samples, weighted], axis=1)
        whole = samples.shape[1] // self._piece
        cut = whole * self._piece
        pieces = np.square(samples[:, :cut]).reshape(len(samples), whole, self._piece).mean(axis=2)
        for power in self._weights @ pieces:
            self._pieces.append(float(power))
            if len(self._pieces) >= _BLOCK:
                self._blocks.add(float(np.mean(list(self._pieces)[-_BLOCK:])))
            if len(self._pieces) == _LONG:
                self._long.add(float(np.mean(self._pieces)))
        self._samples = samples[:, cut:].copy()
        return []

    def integrated(self) -> float | None:
        """LUFS, or ``None`` where no block is over the absolute gate."""
        return self._blocks.gated(_GATE)

    def range(self) -> float | None:
        """LU between the quiet and the loud parts, or ``None`` for less than 3 s."""
        return self._long.spread(_RANGE_GATE)

    def finish(self, samples: int) -> list[Measurement] | Outcome:
        """How far the sound is from the target of EBU R 128."""
        loudness = self.integrated()
        if loudness is None:
            message = f"no 0.4 s of it are over {_ABSOLUTE_GATE:g} LUFS"
            return skipped(CHECK, SkipReason.NOT_APPLICABLE, message)
        spread = self.range()
        words = "" if spread is None else f", range {spread:.1f} LU"
        detail = f"{loudness:.1f} LUFS{words}; target {TARGET:g} LUFS"
        value = finite(abs(loudness - TARGET))
        span = TimeSpan(0.0, samples / self._rate)
        return [Measurement("LOUDNESS", value, CHECK, METHOD, span, detail)]


class _Counted:
    """Blocks counted by their loudness, with their powers summed."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, np.int64)
        self._powers = np.zeros(_BINS)

    def add(self, power: float) -> None:
        loudness = lufs(power)
        if loudness < _ABSOLUTE_GATE:
            return
        index = min(int((loudness - _ABSOLUTE_GATE) / _STEP), _BINS - 1)
        self._counts[index] += 1
        self._powers[index] += power

    def gated(self, gate: float) -> float | None:
        first = self._first(gate)
        if first is None:
            return None
        return lufs(float(self._powers[first:].sum() / self._counts[first:].sum()))

    def spread(self, gate: float) -> float | None:
        """From the 10th to the 95th percentile."""
        first = self._first(gate)
        if first is None:
            return None
        ranks = np.cumsum(self._counts[first:])
        last = int(ranks[-1]) - 1
        low, high = (int(np.argmax(ranks > share * last)) for share in (0.10, 0.95))
        return (high - low) * _STEP

    def _first(self, gate: float) -> int | None:
        """The first bin over the relative gate."""
        count = int(self._counts.sum())
        if not count:
            return None
        limit = lufs(float(self._powers.sum() / count)) + gate
        return max(0, round((limit - _ABSOLUTE_GATE) / _STEP))


def lufs(power: float) -> float:
    """Loudness of a K-weighted mean square, summed over the channels (BS.1770-5, equation 2)."""
    return float(-0.691 + 10 * np.log10(max(power, 1e-12)))


def k_weighting(rate: int) -> NDArray[np.float64]:
    """The two filters of BS.1770-5 at any rate: second order sections, ``float64 [2, 6]``.

    The standard prints coefficients for 48 kHz; these are the analogue filters behind them
    (De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement", AES 2018).
    """
    shelf = _section(rate, 1681.974450955533, 0.7071752369554196, 3.999843853973347)
    return np.stack([shelf, _section(rate, 38.13547087602444, 0.5003270373238773, None)])


def _section(
    rate: int, frequency: float, quality: float, gain: float | None
) -> NDArray[np.float64]:
    """A high shelf of ``gain`` dB, or a high-pass without one, by the bilinear transform."""
    warped = np.tan(np.pi * min(frequency, 0.49 * rate) / rate)
    below = 1 + warped / quality + warped * warped
    poles = [1.0, 2 * (warped * warped - 1) / below, (1 - warped / quality + warped**2) / below]
    if gain is None:
        return np.array([1.0, -2.0, 1.0, *poles])
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    zeros = [
        (high + band * warped / quality + warped**2) / below,
        2 * (warped**2 - high) / below,
        (high - band * warped / quality + warped**2) / below,
    ]
    return np.array([*zeros, *poles])
