"""CLICK: single jumps of the wave that no instrument makes."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from gencheck.artifact.sound.clipping import clipped_runs
from gencheck.artifact.sound.listener import channel_name, runs
from gencheck.artifact.sound.page import Page
from gencheck.artifact.sound.silence import ZERO
from gencheck.findings import Measurement, Method, TimeSpan

CHECK = "artifact.click"
METHOD = Method(
    "second difference over the local median", "1", "isolated outliers, alone within 20 ms"
)

_RATIO = 30.0  # times the median of |second difference| on the busier side
_ALONE = 3.0  # times any other value nearby: glottal pulses and plucked strings come in rows
_SIDE = 0.006  # seconds a side of which the median is taken
_NEAR = 0.020  # seconds a side in which nothing else may stand out
_CORE = 0.0004  # seconds: the click itself
_FLOOR = 2e-4  # amplitude: below is coding noise around silence
_LEAST = 0.01  # amplitude of the second difference that is heard at all
_EDGE = 0.002  # seconds beside silence and clipping, which have codes of their own
_GAP = 0.015  # seconds of silence from which it has one
_MOST = 400  # candidates looked at closely in one channel of a page
_WINDOW = 60.0  # seconds in which clicks add up


class Clicks:
    """Each click, measured by how many there were in the minute up to it."""

    check = CHECK

    def __init__(self, rate: int, channels: int) -> None:
        """Args: rate: samples a second. channels: how many there are."""
        self._rate = rate
        self._channels = channels
        self._recent: deque[float] = deque()
        self._told = False

    def listen(self, page: Page) -> list[Measurement]:
        """The clicks of this page; those in several channels at once count once."""
        blocked = _blocked(page)
        places = [
            (int(place), channel)
            for channel, wave in enumerate(page.samples)
            for place in find_clicks(wave, page.rate, blocked)
            if page.begin <= place < page.end
        ]
        found = []
        for place, channel in sorted(places):
            time = page.seconds(place)
            if self._recent and time - self._recent[-1] < _NEAR / 2:
                continue
            found.append(self._counted(time, channel))
        return found

    def _counted(self, time: float, channel: int) -> Measurement:
        self._recent.append(time)
        while time - self._recent[0] > _WINDOW:
            self._recent.popleft()
        self._told = True
        detail = f"at {time:.3f} s, {channel_name(channel, self._channels)}"
        span = TimeSpan(time, time + 1 / self._rate)
        return Measurement("CLICK", float(len(self._recent)), CHECK, METHOD, span, detail)

    def finish(self, samples: int) -> list[Measurement]:
        """Nothing more; 0 where there was none."""
        return [] if self._told else [Measurement("CLICK", 0.0, CHECK, METHOD)]


def find_clicks(
    channel: NDArray[np.float32], rate: int, blocked: NDArray[np.bool_] | None = None
) -> NDArray[np.intp]:
    """Samples at which a click stands: ``intp [n]``.

    A candidate's second difference must rise over the median on *both* sides (the attack of a note
    is loud on one) and over every other value nearby (pulses of a voice come in rows).

    Args:
        channel: ``float32 [n]``, full scale ±1.
        blocked: samples at which no click is looked for.
    """
    size = len(channel)
    if size < rate * 4 * _SIDE or size < 16:
        return np.zeros(0, np.intp)
    bend = np.zeros(size, np.float32)
    bend[1:-1] = np.abs(channel[2:] - 2 * channel[1:-1] + channel[:-2])
    near = max(3, int(_NEAR * rate))
    top = maximum_filter1d(bend, 2 * near + 1)
    peaks = (bend >= _LEAST) & (bend == top)
    if blocked is not None:
        peaks &= ~blocked
    candidates = np.flatnonzero(peaks)
    if len(candidates) > _MOST:
        candidates = candidates[np.argsort(-bend[candidates])[:_MOST]]
    kept = [place for place in candidates if _is_click(bend, int(place), rate)]
    return np.asarray(sorted(kept), np.intp)


def _is_click(bend: NDArray[np.float32], place: int, rate: int) -> bool:
    core = max(2, int(_CORE * rate))
    side, near = int(_SIDE * rate), int(_NEAR * rate)
    left = bend[max(0, place - core - near) : max(0, place - core)]
    right = bend[place + core + 1 : place + core + 1 + near]
    if len(left) < side or len(right) < side:
        return False
    height = float(bend[place])
    medians = (float(np.median(left[-side:])), float(np.median(right[:side])))
    others = max(float(left.max()), float(right.max()))
    return height >= _RATIO * max(*medians, _FLOOR) and height >= _ALONE * others


def _blocked(page: Page) -> NDArray[np.bool_]:
    """Samples beside silences and in clipped runs."""
    blocked = np.zeros(page.samples.shape[1], np.bool_)
    reach = int(_EDGE * page.rate)
    silent = runs(np.abs(page.samples).max(axis=0) <= ZERO)
    for start, stop in silent[np.diff(silent, axis=1).ravel() >= _GAP * page.rate]:
        blocked[max(0, start - reach) : start + reach] = True
        blocked[max(0, stop - reach) : stop + reach] = True
    for wave in page.samples:
        for start, stop in clipped_runs(wave):
            blocked[max(0, start - 2) : stop + 2] = True
    return blocked
