"""BLACK_FRAMES: a picture that is not there."""

from __future__ import annotations

import numpy as np

from gencheck.artifact.reading import Grey
from gencheck.artifact.video.watcher import Kind, Moment
from gencheck.findings import Measurement, Method

CHECK = "artifact.black_frames"
METHOD = Method("share of dark pixels", "2", "as ffmpeg's blackdetect: 98 % of a frame dark")
KIND = Kind("BLACK_FRAMES", CHECK, METHOD)

DARK = 26
"""Luma level up to which a pixel is dark, as blackdetect's 10 %."""

_DARK_SHARE = 0.98
_OF_A_FADE = 1.0  # seconds at either end that belong to fading in or out


def is_dark(small: Grey) -> bool:
    """Whether a picture is black."""
    return bool(np.count_nonzero(small <= DARK) >= _DARK_SHARE * small.size)


class Black:
    """Watches for stretches of black. At the ends of a clip a second of it belongs to a fade."""

    check = CHECK
    needs_motion = False

    def __init__(self) -> None:
        self._start: float | None = None
        self._from_start = False
        self._frames = 0
        self._last = 0.0
        self._step = 0.0
        self._found = False

    def see(self, moment: Moment) -> list[Measurement]:
        """Seconds of black, when they end."""
        self._last, self._step = moment.time, moment.step
        if moment.is_dark:
            if self._start is None:
                self._start, self._from_start, self._frames = moment.time, moment.index == 0, 0
            self._frames += 1
            return []
        if self._start is None:
            return []
        return self._measured(self._start, moment.time, _OF_A_FADE if self._from_start else 0.0)

    def finish(self) -> list[Measurement]:
        """The black at the end; a clip of nothing else has no fade."""
        found: list[Measurement] = []
        if self._start is not None:
            end = self._last + self._step
            found = self._measured(self._start, end, 0.0 if self._from_start else _OF_A_FADE)
        return found if found or self._found else [KIND.overall(0.0)]

    def _measured(self, start: float, end: float, of_a_fade: float) -> list[Measurement]:
        self._start = None
        seconds = end - start - of_a_fade
        if seconds <= 0:
            return []
        self._found = True
        detail = f"from {start:.2f} s, {self._frames} frames"
        if of_a_fade:
            detail += f", {of_a_fade:g} s of them not counted, as at an end of the clip"
        return [KIND.at(seconds, start, end, detail)]
