"""What a detector of sound is to the panel, and what all of them share."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.sound.page import Page
from gencheck.findings import Measurement, Outcome


class Listener(Protocol):
    """Hears a sound page by page in bounded memory, and says what it finds as soon as it is sure.

    Attributes:
        check: its name in outcomes and timings, such as ``artifact.click``.
    """

    check: str

    def listen(self, page: Page) -> list[Measurement]:
        """What this page made certain, with the time span of each."""
        ...

    def finish(self, samples: int) -> list[Measurement] | Outcome:
        """What only the end of the sound makes certain, or why nothing can be said.

        One measurement without a region where nothing stands out. Measurements that ``listen``
        returned are not repeated.

        Args:
            samples: length of the sound a channel.
        """
        ...


def runs(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Half-open runs of true values: ``[n, 2]``."""
    padded = np.zeros(len(flags) + 2, np.int8)
    padded[1:-1] = flags
    edges = np.flatnonzero(np.diff(padded))
    return edges.reshape(-1, 2)


def channel_name(channel: int, channels: int) -> str:
    """A channel in words: those of stereo have names."""
    if channels == 1:
        return "mono"
    if channels == 2:
        return ("left", "right")[channel]
    return f"channel {channel + 1}"
