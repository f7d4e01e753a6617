"""True peaks: where the wave between the samples goes over full scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin

from gencheck.artifact.sound.page import Wave

UP = 4
"""Points that are looked at for each sample (ITU-R BS.1770-5, annex 2)."""

_TAPS = 12  # for each phase
_NEAR = 0.6  # of full scale: beside lower samples no wave below a third of the rate goes over it
# A wave at full scale measures up to this much over it between the samples of a 16-bit file.
_TOLERANCE = 10 ** (0.1 / 20)


class TruePeaks:
    """Interpolates by the standard's filter: 4 phases of 12 taps."""

    def __init__(self) -> None:
        taps = firwin(UP * _TAPS - 1, 1.0 / UP, window=("kaiser", 5.0)) * UP
        padded = np.append(taps, 0.0).astype(np.float32)
        # column p gives the wave p quarters of a sample behind the middle of the window
        self._phases = np.ascontiguousarray(padded.reshape(_TAPS, UP)[::-1])

    def over(self, wave: Wave, begin: int, end: int) -> tuple[NDArray[np.intp], int, float]:
        """Samples near which the wave goes over full scale.

        Args:
            wave: ``float32 [n]``.
            begin: first sample to look at.
            end: the sample after the last.

        Returns:
            The samples (``intp [k]``), the number of the 4 times oversampled points over full
            scale, and the highest point, of full scale.
        """
        core = np.abs(wave[begin:end])
        highest = float(core.max(initial=0.0))
        near = np.flatnonzero(core >= _NEAR) + begin
        if len(near) == 0:
            return np.zeros(0, np.intp), 0, highest
        padded = np.pad(wave, _TAPS)
        windows = np.lib.stride_tricks.sliding_window_view(padded, _TAPS)
        points = np.abs(windows[near + _TAPS - _TAPS // 2] @ self._phases)
        above = points > _TOLERANCE
        places = np.asarray(near[above.any(axis=1)], np.intp)
        return places, int(above.sum()), max(highest, float(points.max()))
