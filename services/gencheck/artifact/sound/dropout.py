"""DROPOUT: gaps torn into the sound, to nothing or to noise."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.listener import channel_name
from gencheck.artifact.sound.page import Page, Wave
from gencheck.findings import Measurement, Method, TimeSpan

CHECK = "artifact.dropout"
METHOD = Method(
    "gap between two edges",
    "1",
    "the peak falls by 20 dB within a millisecond, stays level and comes back as fast",
)

SHORTEST = 0.004  # seconds
LONGEST = 1.0  # seconds; a longer one is a SILENCE
DELAY = LONGEST + 0.02
"""Seconds after its start at which a gap is known at the latest."""

_STEP = 0.0005  # seconds of one value of the envelope
_SHORTEST_STEPS = round(SHORTEST / _STEP)
_EDGE = 4  # values on each side of an edge
_DEPTH = 0.1  # of the sound beside it: 20 dB
_AUDIBLE = 0.02  # amplitude beside a gap
_BESIDE = 20  # values beside a gap in which the sound must go on …
_HOLDS = 0.7  # … for this share: pulses with nothing between them are no sound that is torn
_FAINT = 0.02  # of the level at an edge: what is less is no sound
_LEVEL = 3.0  # times: a sound that dies away is louder in the first milliseconds than later
_LEVEL_FLOOR = 3e-4
_REMEMBERED = 1000  # gaps: more than there are in three seconds
_KEPT = 0.15  # of the loudest beside it, right at the edge: a sound that fades is not torn


class Dropouts:
    """Each gap, in seconds; gaps in several channels at once count once.

    Attributes:
        gaps: the latest of them, seconds; one is known at the latest ``DELAY`` after its start.
    """

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: how many there are."""
        self._rate = rate
        self._step = max(1, round(_STEP * rate))
        self._reach = round(LONGEST * rate / self._step) + 3 * _BESIDE
        self._samples: Wave = np.zeros((channels, 0), np.float32)  # of a value that is not whole
        self._envelope: Wave = np.zeros((channels, 0), np.float32)
        self._origin = 0  # place of its first value
        self._decided = 0  # place of the first value of which it is not known whether a gap ends
        self._told = False
        self.gaps: deque[TimeSpan] = deque(maxlen=_REMEMBERED)

    def listen(self, page: Page) -> list[Measurement]:
        """The gaps that end in this page, or a little before it."""
        samples = np.concatenate([self._samples, page.core], axis=1)
        whole = samples.shape[1] // self._step
        cut = whole * self._step
        values = np.abs(samples[:, :cut]).reshape(len(samples), whole, self._step)
        fresh = values.max(axis=2, initial=0.0)
        self._samples = samples[:, cut:].copy()
        self._envelope = np.concatenate([self._envelope, fresh], axis=1)
        found = self._gaps()
        keep = max(0, self._envelope.shape[1] - self._reach)
        self._envelope = self._envelope[:, keep:].copy()
        self._origin += keep
        return found

    def _gaps(self) -> list[Measurement]:
        """Those that end before the last values, of which what follows is not known."""
        known = self._origin + self._envelope.shape[1] - _BESIDE - 1
        first = self._decided - self._origin
        gaps = [
            (start, stop, channel)
            for channel, envelope in enumerate(self._envelope)
            for start, stop in find_gaps(envelope, self._longest())
            if first <= stop < known - self._origin
        ]
        self._decided = max(self._decided, known)
        found: list[Measurement] = []
        last = -1
        for start, stop, channel in sorted(gaps, key=lambda gap: (gap[1], gap[0], gap[2])):
            if start >= last:
                found.append(self._measured(start, stop, channel))
                last = stop
        self._told = self._told or bool(found)
        return found

    def _longest(self) -> int:
        return round(LONGEST * self._rate / self._step)

    def _measured(self, start: int, stop: int, channel: int) -> Measurement:
        second = self._step / self._rate
        span = TimeSpan((self._origin + start) * second, (self._origin + stop) * second)
        self.gaps.append(span)
        seconds = span.end - span.start
        name = channel_name(channel, len(self._envelope))
        detail = f"{1000 * seconds:.1f} ms from {span.start:.3f} s, {name}"
        return Measurement("DROPOUT", finite(seconds), CHECK, METHOD, span, detail)

    def finish(self, samples: int) -> list[Measurement]:
        """Nothing more; 0 where there was none."""
        return [] if self._told else [Measurement("DROPOUT", 0.0, CHECK, METHOD)]


def find_gaps(envelope: Wave, longest: int) -> list[tuple[int, int]]:
    """Half-open gaps in an envelope of half milliseconds, ``float32 [n]``.

    Args:
        longest: values that a gap has at most.
    """
    if len(envelope) < 2 * _BESIDE:
        return []
    ahead, behind = _next_highest(envelope), _next_highest(envelope[::-1])[::-1]
    falls = np.flatnonzero((behind >= _AUDIBLE) & (ahead <= _DEPTH * behind))
    falls = falls[_goes_on(envelope, falls, -1, behind)]
    rises = np.flatnonzero((ahead >= _AUDIBLE) & (behind <= _DEPTH * ahead))
    rises = rises[_goes_on(envelope, rises, 1, ahead)]
    found: list[tuple[int, int]] = []
    for rise in rises:
        # An edge of a millisecond is several rises in a row: the first that fits is enough.
        if found and rise <= found[-1][1] + 2 * _EDGE:
            continue
        near = falls[(falls >= rise - longest) & (falls <= rise - _SHORTEST_STEPS)][::-1]
        for fall in near[near > near[:1] - 2 * _EDGE]:  # the edge right before it, no farther one
            ceiling = _DEPTH * min(behind[fall], ahead[rise])
            if envelope[fall + 1 : rise].max() <= ceiling and _is_torn(envelope, fall, rise):
                found.append(_widened(envelope, int(fall) + 1, int(rise), ceiling))
                break
    return found


def _goes_on(envelope: Wave, edges: NDArray[np.intp], way: int, level: Wave) -> NDArray[np.bool_]:
    """Whether there is sound beside each edge and not only a pulse: a cheap sieve."""
    places = edges[:, None] + way * np.arange(1, _BESIDE + 1)
    beside = envelope[np.clip(places, 0, len(envelope) - 1)]
    share = (beside >= _FAINT * level[edges, None]).mean(axis=1)
    return np.asarray(share >= _HOLDS, np.bool_)


def _widened(envelope: Wave, start: int, stop: int, ceiling: float) -> tuple[int, int]:
    """The gap with the values beside it that are as quiet."""
    while start > 0 and envelope[start - 1] <= ceiling:
        start -= 1
    while stop < len(envelope) and envelope[stop] <= ceiling:
        stop += 1
    return start, stop


def _next_highest(envelope: Wave) -> Wave:
    """The highest of the values right behind each, the value itself left out."""
    padded = np.pad(envelope, (0, _EDGE + 1))
    top = maximum_filter1d(padded, _EDGE, origin=-(_EDGE // 2))
    return np.asarray(top[1 : len(envelope) + 1], np.float32)


def _is_torn(envelope: Wave, fall: np.intp, rise: np.intp) -> bool:
    """Whether the sound goes on up to the gap and behind it, and the gap is level."""
    gap = envelope[fall + 1 : rise]
    edge = _EDGE
    later = gap[edge:].max(initial=0.0)
    if gap[:edge].max() > _LEVEL * max(later, _LEVEL_FLOOR):
        return False
    before, after = envelope[max(0, fall - _BESIDE) : fall + 1], envelope[rise : rise + _BESIDE + 1]
    limit = max(_LEVEL * float(gap.max()), _LEVEL_FLOOR)
    for side, near in ((before, before[-3:]), (after, after[:3])):
        if len(side) < _BESIDE // 2 or float((side >= limit).mean()) < _HOLDS:
            return False
        if near.max() < _KEPT * side.max():
            return False
    return True
