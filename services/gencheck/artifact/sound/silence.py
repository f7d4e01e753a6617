"""SILENCE: samples that are not there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.listener import runs
from gencheck.artifact.sound.page import Page
from gencheck.findings import Measurement, Method, TimeSpan

CHECK = "artifact.silence"
METHOD = Method("digital silence", "2", "runs of samples below half a 16-bit step")

ZERO = 1.6e-5  # of full scale: half a step of 16 bits
_TORN_SECONDS = 1.0  # a shorter gap torn into the sound is a DROPOUT
_BESIDE = 0.0008  # seconds before and after a silence in which the sound is audible …
_AUDIBLE = 0.01  # … at this amplitude where it is torn and not faded
# What recordings have that are gated between sentences, and before and after all of it.
_USUAL_PAUSE = 1.0
_USUAL_END = 2.0


class Silences:
    """Each silence on all channels at once, in seconds beyond what is usual there."""

    check = CHECK

    def __init__(self, rate: int) -> None:
        """Args: rate: samples a second."""
        self._rate = rate
        self._start: int | None = None  # of the silence that goes on
        self._torn = False  # whether the sound was audible right before it
        self._told = False

    def listen(self, page: Page) -> list[Measurement]:
        """The silences that end in this page."""
        found: list[Measurement] = []
        loudest = np.abs(page.samples).max(axis=0)
        near = max(2, round(_BESIDE * self._rate))
        silent = runs(loudest[page.begin : page.end] <= ZERO) + page.begin
        if self._start is not None and (len(silent) == 0 or silent[0, 0] != page.begin):
            found += self._ended(page, page.begin, loudest[page.begin : page.begin + near])
        for start, stop in silent:
            if self._start is None:
                self._start = int(page.origin + start)
                self._torn = _is_audible(loudest[max(0, start - near) : start])
            if stop < page.end:
                found += self._ended(page, int(stop), loudest[stop : stop + near])
        return found

    def _ended(self, page: Page, stop: int, after: NDArray[np.float32]) -> list[Measurement]:
        assert self._start is not None
        start, self._start = self._start, None
        torn = self._torn and _is_audible(after)
        seconds = (page.origin + stop - start) / self._rate
        if torn:
            usual, kind = (seconds if seconds < _TORN_SECONDS else 0.0), "torn into the sound"
        elif start == 0:
            usual, kind = _USUAL_END, "at the beginning"
        else:
            usual, kind = _USUAL_PAUSE, "a pause"
        return self._measured(start, seconds, usual, kind)

    def finish(self, samples: int) -> list[Measurement]:
        """The silence at the end, or all of it."""
        found: list[Measurement] = []
        if self._start is not None:
            seconds = (samples - self._start) / self._rate
            usual, kind = (_USUAL_END, "at the end") if self._start else (0.0, "throughout")
            found = self._measured(self._start, seconds, usual, kind)
        return found if found or self._told else [Measurement("SILENCE", 0.0, CHECK, METHOD)]

    def _measured(self, start: int, seconds: float, usual: float, kind: str) -> list[Measurement]:
        value = finite(seconds - usual)
        if value <= 0:
            return []
        self._told = True
        span = TimeSpan(start / self._rate, start / self._rate + seconds)
        detail = f"{kind}, {seconds:.3f} s from {span.start:.3f} s"
        return [Measurement("SILENCE", value, CHECK, METHOD, span, detail)]


def _is_audible(beside: NDArray[np.float32]) -> bool:
    return bool(len(beside) and beside.max() >= _AUDIBLE)
