"""Sound as the models take it: one channel at 16 kHz."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import InvalidArgument
from gencheck.media.types import Sound

RATE = 16_000

Samples = NDArray[np.float32]
"""``float32 [n]`` at 16 kHz, full scale is ±1."""


def samples_of(sound: Sound) -> Samples:
    """The mean of the channels at 16 kHz, by a polyphase filter (``scipy.signal``).

    Raises:
        InvalidArgument: there is no sample.
    """
    if sound.samples.size == 0:
        raise InvalidArgument("the sound is empty", fix="Send a sound with samples.")
    mono = np.asarray(sound.samples.mean(axis=0, dtype=np.float32), np.float32)
    if sound.rate == RATE:
        return mono
    from scipy.signal import resample_poly  # noqa: PLC0415 - 0.2 s that other rates need

    shared = math.gcd(RATE, sound.rate)
    up, down = RATE // shared, sound.rate // shared
    return np.asarray(resample_poly(mono, up, down), np.float32)
