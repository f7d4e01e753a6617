"""Hard cuts: where a sound goes on at another place of itself, or as another sound.

Right at a cut the wave behind it is not foretold by the one before, nor the wave before by the one
behind, and on both sides nothing else comes near it. An attack is unforeseen for longer than that:
what drives it goes on for milliseconds.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.sound.page import Wave
from gencheck.artifact.sound.prediction import ORDER, Filters, correlations, filtered, levinson

_SIDE = 0.020  # seconds a side that foretell the wave at the joint
_AFTER = 0.0012  # seconds behind a place that tell of a cut or of an attack
_EARLIER, _LATER = ORDER + 4, 5  # samples around the place that stands out, in which the cut is

# Fixed on 22 minutes of speech and 52 of music (songs, loops, real drums) by `tune_cuts.py`.
LEAST = 0.06
"""Amplitude that neither side foretells."""

OVER = 2.0
"""Times whatever else is not foretold within 20 ms."""

Places: TypeAlias = NDArray[np.intp]


def find_cuts(waves: Wave, channels: Places, places: Places, rate: int) -> list[tuple[int, int]]:
    """First samples behind the cuts, and their channels, among places where the wave is unforeseen.

    See :func:`joints`.
    """
    found, height, rest = joints(waves, channels, places, rate)
    sure = (height >= LEAST) & (height >= OVER * rest)
    return list(zip(found[sure].tolist(), channels[sure].tolist(), strict=True))


def joints(waves: Wave, channels: Places, places: Places, rate: int) -> tuple[Places, Wave, Wave]:
    """The likeliest cut near each place.

    Args:
        waves: ``float32 [channels, n]``.
        channels: where each place stands, ``intp [k]``.
        places: samples, ``intp [k]``, at least 21 ms and 32 samples from both ends.
        rate: samples a second.

    Returns:
        First samples behind the cuts, ``intp [k]``; what neither side foretells there, and the most
        of all else that is not foretold, amplitudes, ``float32 [k]`` each.
    """
    if len(places) == 0:
        return places, np.zeros(0, np.float32), np.zeros(0, np.float32)
    side = round(_SIDE * rate) + ORDER
    before, behind = side + _EARLIER, side + max(_EARLIER, round(_AFTER * rate))
    parts = waves[channels[:, None], places[:, None] + np.arange(-before, behind)]
    sides = [correlations(parts[:, :side]), correlations(parts[:, -side:])]
    past, future = np.split(levinson(np.concatenate(sides)), 2)
    onward, back = _unforeseen(parts, past), _unforeseen(parts[:, ::-1], future)[:, ::-1]
    # What the first sample behind a cut is to those before, and the last before to those behind.
    near = slice(side, before + _LATER)
    joint = np.minimum(onward[:, near], back[:, near.start - 1 : near.stop - 1])
    at = joint.argmax(axis=1) + side
    rest = np.where(np.arange(parts.shape[1]) < at[:, None], onward, back).max(axis=1)
    return places - before + at, joint.max(axis=1), rest


def _unforeseen(parts: Wave, filters: Filters) -> Wave:
    """What each filter leaves of its part, as long as it; 0 where samples before it are unknown."""
    return np.pad(np.abs(filtered(parts, filters)), ((0, 0), (ORDER, 0)))
