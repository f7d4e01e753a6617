"""What moves a mesh, as far as checks ask: skins and animations, in columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _whole() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


def _real() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, slots=True)
class Motion:
    """Skinned parts, one row each; then animations, one row each, in the order of the file.

    Attributes:
        part: ``int32 [S]`` a row of ``Appearance.parts``.
        joints: ``int32 [S]`` that its skin has.
        influences: ``int32 [S]`` the most joints that move one vertex: weights above 0.
        astray: ``int32 [S]`` vertices whose weights do not sum to 1 within 0.01.
        first_astray: ``int32 [S]`` the first of them, counted in the part; -1 for none.
        posed: ``float64 [S, 6]`` the smallest and the largest x, y, z of its vertices where the
            joints put them, before any animation; NaN where that is not known.
        seconds: ``float64 [A]`` the time of the last keyframe.
        channels: ``int32 [A]`` things that are moved.
        still: ``int32 [A]`` channels whose keyframes are all equal.
    """

    part: NDArray[np.int32] = field(default_factory=_whole, repr=False)
    joints: NDArray[np.int32] = field(default_factory=_whole, repr=False)
    influences: NDArray[np.int32] = field(default_factory=_whole, repr=False)
    astray: NDArray[np.int32] = field(default_factory=_whole, repr=False)
    first_astray: NDArray[np.int32] = field(default_factory=_whole, repr=False)
    posed: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 6)), repr=False)
    seconds: NDArray[np.float64] = field(default_factory=_real, repr=False)
    channels: NDArray[np.int32] = field(default_factory=_whole, repr=False)
    still: NDArray[np.int32] = field(default_factory=_whole, repr=False)
