"""All detectors of sound over one sound, heard block by block."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from gencheck.artifact.ledger import Ledger
from gencheck.artifact.sound.clicks import Clicks
from gencheck.artifact.sound.clipping import Clipping
from gencheck.artifact.sound.dropout import Dropouts
from gencheck.artifact.sound.ending import CHECK as ENDING
from gencheck.artifact.sound.ending import Ending
from gencheck.artifact.sound.hum import Hum
from gencheck.artifact.sound.listener import Listener
from gencheck.artifact.sound.loudness import Loudness
from gencheck.artifact.sound.offset import Offset
from gencheck.artifact.sound.page import Page, Pager, Wave
from gencheck.artifact.sound.phase import Phase
from gencheck.artifact.sound.silence import Silences
from gencheck.artifact.sound.track import LevelTrack
from gencheck.artifact.timeline import Track
from gencheck.findings import Measurement, Outcome, SkipReason, Timing, skipped

MIN_SAMPLES = 1024
MIN_RATE, MAX_RATE = 4_000, 768_000
"""Samples a second that are judged, both inclusive."""

MAX_CHANNELS = 64

_HIGHEST = 64.0  # of full scale: 36 dB over it


@dataclass(frozen=True, slots=True)
class SoundReport:
    """What the detectors measured on one sound.

    Attributes:
        measurements: those that ``hear`` returned, and those that the end made certain.
        outcomes: one for each detector.
        timeline: peak and RMS over time.
    """

    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    timings: tuple[Timing, ...]
    timeline: tuple[Track, ...] = field(default=(), repr=False)


class SoundPanel:
    """Hears a sound in blocks of any size; what it finds does not depend on their sizes.

    Memory is bounded, however long the sound is. Each call belongs to one sound and one thread.
    """

    def __init__(self, rate: int, channels: int, *, with_pictures: bool = False) -> None:
        """Args: rate: samples a second. channels: rows of every block.

        with_pictures: whether it is the sound of a clip, which may stop where the pictures do.
        """
        self._with_pictures = with_pictures
        self._obstacle = _obstacle(rate, channels)
        self._pager = Pager(rate, channels)
        # Only names are asked of those that cannot listen, and no form makes them fail.
        self._listeners = make_listeners(*((MIN_RATE, 1) if self._obstacle else (rate, channels)))
        self._seconds = dict.fromkeys((one.check for one in self._listeners), 0.0)
        self._track = LevelTrack(rate)
        self._ledger = Ledger()

    def hear(self, block: Wave) -> list[Measurement]:
        """Takes the next samples, ``float32 [channels, n]`` with full scale ±1.

        Returns:
            What became certain by them, each once; ``finish`` has them too.
        """
        if self._obstacle:
            return []
        return self._heard(self._pager.add(_bounded(np.asarray(block, np.float32))))

    def finish(self, missing: float = 0.0) -> SoundReport:
        """What was found in all of it. Nothing may be heard after it.

        Args:
            missing: share of the announced duration that could not be decoded, 0..1.
        """
        obstacle = self._obstacle
        if not obstacle and self._pager.heard < MIN_SAMPLES:
            obstacle = f"{self._pager.heard} samples could be decoded, it needs {MIN_SAMPLES}"
        if obstacle:
            none = [skipped(one.check, SkipReason.TOO_SMALL, obstacle) for one in self._listeners]
            return SoundReport((), tuple(none), ())
        self._heard(self._pager.rest())
        outcomes = []
        for one in self._listeners:
            started = time.perf_counter()
            if one.check == ENDING and (missing > 0 or self._with_pictures):
                why = "the file is cut off" if missing > 0 else "a clip may stop at any time"
                outcomes.append(skipped(ENDING, SkipReason.NOT_APPLICABLE, why))
                continue
            answer = one.finish(self._pager.heard)
            self._seconds[one.check] += time.perf_counter() - started
            if isinstance(answer, Outcome):
                outcomes.append(answer)
                continue
            self._ledger.enter(answer)
            outcomes.append(self._ledger.outcome(one.check))
        timings = tuple(Timing(check, seconds) for check, seconds in self._seconds.items())
        listed = tuple(self._ledger.listed)
        return SoundReport(listed, tuple(outcomes), timings, self._track.finish())

    def _heard(self, pages: Iterable[Page]) -> list[Measurement]:
        found: list[Measurement] = []
        for page in pages:
            self._track.listen(page)
            for one in self._listeners:
                started = time.perf_counter()
                found += self._ledger.enter(one.listen(page))
                self._seconds[one.check] += time.perf_counter() - started
        return found


def make_listeners(rate: int, channels: int) -> tuple[Listener, ...]:
    """Every detector of sound, in the order of the outcomes."""
    dropouts = Dropouts(rate, channels)
    return (
        Clipping(rate, channels),
        dropouts,
        Clicks(rate, channels, dropouts),
        Silences(rate),
        Offset(rate, channels),
        Hum(rate, channels),
        Phase(rate, channels),
        Loudness(rate, channels),
        Ending(rate),
    )


def _bounded(block: Wave) -> Wave:
    """The block without NaN, and without values that no float format of sound is written for."""
    if float(np.abs(block).max(initial=0.0)) <= _HIGHEST:  # false for NaN too
        return block
    return np.clip(np.nan_to_num(block, nan=0.0), -_HIGHEST, _HIGHEST)


def _obstacle(rate: int, channels: int) -> str:
    """Why a sound of that form is not judged; empty where it is."""
    if not MIN_RATE <= rate <= MAX_RATE:
        return f"{rate} samples a second, it needs {MIN_RATE} to {MAX_RATE}"
    if not 1 <= channels <= MAX_CHANNELS:
        return f"{channels} channels, it needs 1 to {MAX_CHANNELS}"
    return ""
