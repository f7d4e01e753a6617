"""sRGB and linear light (IEC 61966-2-1), as tables that kernels look up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import inlined

_STEPS = 1 << 13


def to_linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light, 0..1, of sRGB values 0..255."""
    share = np.asarray(srgb, np.float64) / 255.0
    linear: NDArray[np.float64] = np.where(
        share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4
    )
    return linear


def to_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """SRGB values 0..255 of linear light; what is brighter than 1 is 255."""
    clipped = np.clip(linear, 0.0, 1.0)
    share = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.asarray(share * 255.0)


LINEAR: NDArray[np.float32] = to_linear(np.arange(256.0)).astype(np.float32)
"""``float32 [256]``: linear light of an sRGB byte."""

SRGB: NDArray[np.uint8] = np.rint(to_srgb((np.arange(_STEPS) + 0.5) / _STEPS)).astype(np.uint8)
"""``uint8``: the sRGB byte of linear light in equal steps; within one of the true one."""


@inlined
def srgb_byte(table: NDArray[np.uint8], linear: float) -> int:
    """The byte by the table ``SRGB``."""
    return int(table[max(0, min(int(linear * len(table)), len(table) - 1))])
