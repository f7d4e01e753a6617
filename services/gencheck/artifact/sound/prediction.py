"""Linear prediction: what of a wave cannot be foretold from the samples before it.

A voice and an instrument are filters that something drives; what a recorder or a join of chunks
does to their wave is foretold by neither (Vaseghi, "Advanced Digital Signal Processing and Noise
Reduction", chapter 13; Godsill and Rayner, "Digital Audio Restoration", chapter 5).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import windows

from gencheck.artifact.sound.page import Wave

ORDER = 16
"""Samples that foretell the next."""

_FRAME_SECONDS = 0.021  # a voice stands still for that long
_WHITE = 1e-6  # share of the energy that is taken for noise: keeps pure tones well conditioned
_SILENT = 1e-9

Correlations: TypeAlias = NDArray[np.float64]
"""``float64 [k, ORDER + 1]``: autocorrelations, lag 0 first and positive."""

Filters: TypeAlias = NDArray[np.float32]
"""``float32 [k, ORDER + 1]``: prediction error filters, the first tap 1."""


def correlations(frames: NDArray[np.floating], order: int = ORDER) -> Correlations:
    """The autocorrelation of each frame, tapered, with a little white noise added.

    Args:
        frames: ``[k, n]`` samples.
        order: the longest lag.

    Returns:
        ``float64 [k, order + 1]``.
    """
    count = frames.shape[1]
    tapered = frames * windows.hann(count, sym=False).astype(np.float32)
    size = fft.next_fast_len(count + order, real=True)
    power = np.square(np.abs(fft.rfft(tapered, size, axis=1)))
    found = fft.irfft(power, size, axis=1)[:, : order + 1].astype(np.float64)
    found[:, 0] = found[:, 0] * (1 + _WHITE) + _SILENT
    return np.asarray(found, np.float64)


def levinson(correlation: Correlations) -> Filters:
    """The filters that leave the least: Levinson and Durbin's recursion for many at once."""
    taps = np.zeros_like(correlation)
    taps[:, 0] = 1.0
    error = correlation[:, 0].copy()
    for lag in range(1, correlation.shape[1]):
        unforeseen = np.einsum("kl,kl->k", taps[:, :lag], correlation[:, lag:0:-1])
        reflection = -unforeseen / error
        taps[:, 1 : lag + 1] += reflection[:, None] * taps[:, lag - 1 :: -1][:, :lag]
        error *= 1 - np.square(reflection)
    return taps.astype(np.float32)


def filtered(frames: NDArray[np.floating], filters: Filters) -> Wave:
    """Each frame through its filter, where all samples that it needs are in the frame.

    Args:
        frames: ``[k, n]``. filters: ``[k, order + 1]``.

    Returns:
        ``float32 [k, n - order]``.
    """
    order = filters.shape[1] - 1
    count = frames.shape[1] - order
    left = frames[:, order:].astype(np.float32)
    part = np.empty_like(left)
    for lag in range(1, order + 1):
        np.multiply(filters[:, lag, None], frames[:, order - lag : order - lag + count], out=part)
        left += part
    return left


def prediction_error(waves: Wave, rate: int) -> Wave:
    """What is not foretold: ``float32 [channels, n]`` of ``float32 [channels, n]``.

    Half of each frame of 21 ms goes through the filter of the whole frame.
    """
    channels, length = waves.shape
    hop = max(2 * ORDER, round(_FRAME_SECONDS * rate / 2))
    count = -(-length // hop)
    before = hop // 2 + ORDER
    padded = np.pad(waves, ((0, 0), (before, (count + 2) * hop - length)))

    def cut(start: int, size: int) -> Wave:
        views = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)
        return views[:, start::hop][:, :count].reshape(channels * count, size)

    filters = levinson(correlations(cut(ORDER, 2 * hop)))
    left = filtered(cut(hop // 2, hop + ORDER), filters)
    return left.reshape(channels, count * hop)[:, :length]
