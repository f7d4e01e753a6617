"""Mel spectrograms as librosa makes them by default (Slaney's scale and area norm, Hann window)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gencheck.hearing.samples import RATE, Samples

_SIZE = 321
_HOP = 160
_BANDS = 120
_LEAST_POWER = 1e-10
_RANGE_DB = 80.0
_BREAK_HZ, _HZ_A_MEL = 1000.0, 200.0 / 3
_LOG_STEP = np.log(6.4) / 27


def relative_mel(samples: Samples) -> NDArray[np.float32]:
    """The mel spectrogram that DNSMOS P.808 takes, ``float32 [frames, 120]``.

    Power in dB below the loudest cell, at most 80, as ``(dB + 40) / 40``; 321 samples a frame,
    160 from one to the next, the first centred on the first sample.
    """
    padded = np.pad(samples, _SIZE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)[::_HOP]
    spectrum = np.fft.rfft(frames * _window(), axis=1)
    power = (np.abs(spectrum) ** 2) @ _filters().T
    decibels = 10 * np.log10(np.maximum(power, _LEAST_POWER))
    relative = np.maximum(decibels - decibels.max(), -_RANGE_DB)
    return np.asarray((relative + 40) / 40, np.float32)


@cache
def _window() -> NDArray[np.float64]:
    """A periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SIZE) / _SIZE), np.float64)


@cache
def _filters() -> NDArray[np.float64]:
    """Triangles of equal area between neighbours on the mel scale, ``[bands, frequencies]``."""
    bins = np.fft.rfftfreq(_SIZE, 1 / RATE)
    corners = _hertz(np.linspace(0.0, _mel(RATE / 2), _BANDS + 2))
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    return np.asarray(triangles * 2 / (right - left), np.float64)


def _mel(hertz: float) -> float:
    """Linear up to 1 kHz, logarithmic above (Slaney's Auditory Toolbox)."""
    if hertz < _BREAK_HZ:
        return hertz / _HZ_A_MEL
    return float(_BREAK_HZ / _HZ_A_MEL + np.log(hertz / _BREAK_HZ) / _LOG_STEP)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _BREAK_HZ / _HZ_A_MEL
    above = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mels, knee) - knee))
    return np.asarray(np.where(mels < knee, mels * _HZ_A_MEL, above), np.float64)
