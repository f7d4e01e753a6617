"""CLICK: single jumps of the wave, and hard cuts, that no instrument and no voice makes."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from gencheck.artifact.sound.clipping import clipped_runs
from gencheck.artifact.sound.cuts import find_cuts
from gencheck.artifact.sound.dropout import DELAY, Dropouts
from gencheck.artifact.sound.listener import channel_name, runs
from gencheck.artifact.sound.page import Page, Wave
from gencheck.artifact.sound.prediction import (
    ORDER,
    Filters,
    correlations,
    filtered,
    levinson,
    prediction_error,
)
from gencheck.artifact.sound.silence import ZERO
from gencheck.findings import Measurement, Method, TimeSpan

CHECK = "artifact.click"
METHOD = Method(
    "outliers of linear prediction",
    "3",
    "Vaseghi 2008, chapter 13; told from attacks by what the sound is before and after",
)

_LEAST = 0.015  # amplitude: what is quieter is hardly heard
_OVER_MEDIAN = 7.0  # times what is usual within 5 ms
_BLOCK = 0.005  # seconds of which a median is taken …
_SPARSE = 3  # … of every third sample
_PEAK = 0.001  # seconds a side of which a candidate is the highest
_BEFORE, _AFTER = 0.0004, 0.0012  # seconds around it that belong to the click
_NEAR = 0.006  # seconds a side that tell how loud the sound is
_FAR = 0.020  # seconds a side in which nothing else may stand out
_CONTEXT = 0.035  # seconds beside a page that are needed
_MOST = 200  # candidates looked at closely in one channel of a page
_APART = 0.01  # seconds within which clicks are one
_OF_A_GAP = 0.003  # seconds beside the edge of a gap
_EDGE = 0.002  # seconds beside silence and clipping, which have codes of their own
_GAP = 0.005  # seconds of silence from which it has one
_WINDOW = 60.0  # seconds in which clicks add up
_TINY = 1e-5

# Logistic regression on 247 pieces of speech and 92 of music (spoken Czech, synthetic English,
# instruments, real drums; 28 minutes), clean and with single samples, pairs and bursts of up to
# 1 ms at 0.05 to 0.5 over the RMS of the sound. In the order of ``Candidates.features``.
_WEIGHTS = np.array([1.10, 0.47, 0.86, -0.40, -0.60, -0.26], np.float32)
_BIAS = -5.1
_SURE = 1.0
_CUT_ALONE = 0.5  # log2 over the next highest: what stands out less is looked at no closer


@dataclass(frozen=True, slots=True)
class Candidates:
    """Places where the wave is not foretold, and what is around each; all ``float32 [k]``.

    Attributes:
        channels: where each stands, ``intp [k]``.
        places: samples, ``intp [k]``.
        height: of what is not foretold.
        alone: log2 of it over the next highest within 20 ms.
        over: log2 of it over the median within 6 ms, of the louder side.
        loud: log2 of it over the RMS of the sound, of the louder side.
        swell: log2 of the sound's RMS after it over before, where positive: an attack.
        rise: the same of the medians of what is not foretold.
        novel: log2 of how much worse the side behind is foretold by the one before than by itself.
    """

    channels: NDArray[np.intp]
    places: NDArray[np.intp]
    height: Wave = field(repr=False)
    alone: Wave = field(repr=False)
    over: Wave = field(repr=False)
    loud: Wave = field(repr=False)
    swell: Wave = field(repr=False)
    rise: Wave = field(repr=False)
    novel: Wave = field(repr=False)

    def features(self) -> Wave:
        """``float32 [k, 6]``, each held to the range in which it tells something."""
        columns = (
            np.clip(self.alone, -2, 3),
            np.clip(self.over, 2, 7),
            np.clip(self.loud, -1.5, 3),
            np.clip(self.swell, 0, 4),
            np.clip(self.rise, 0, 4),
            np.clip(self.novel, 0, 3),
        )
        return np.stack(columns, axis=1)

    def scores(self) -> Wave:
        """Log odds that it is a click, ``float32 [k]``."""
        return np.asarray(self.features() @ _WEIGHTS + _BIAS, np.float32)


def find_clicks(waves: Wave, rate: int) -> list[tuple[int, int]]:
    """Samples and channels of the clicks and cuts in ``float32 [channels, n]``, rising.

    None is looked for in the first and the last 21 ms, of which one side is not known.
    """
    found = candidates(waves, rate)
    sure = found.scores() >= _SURE
    clicks = zip(found.places[sure].tolist(), found.channels[sure].tolist(), strict=True)
    rest = ~sure & (found.alone >= _CUT_ALONE)
    return sorted([*clicks, *find_cuts(waves, found.channels[rest], found.places[rest], rate)])


def candidates(waves: Wave, rate: int) -> Candidates:
    """Where the waves, ``float32 [channels, n]``, are not foretold by far."""
    channels, places = _peaks(np.abs(prediction_error(waves, rate)), rate)
    before, after = max(2, round(_BEFORE * rate)), max(ORDER + 2, round(_AFTER * rate))
    far, near = round(_FAR * rate), round(_NEAR * rate)
    around = far + before + ORDER
    reach = np.arange(around + after + far)
    parts = waves[channels[:, None], (places - around)[:, None] + reach]
    past, future = parts[:, : ORDER + far], parts[:, -far:]
    models = [correlations(side) for side in (past, future)]
    # The click is in neither side: what foretells both is not bent by it.
    both, before_it, behind_it = np.split(levinson(np.concatenate([sum(models), *models])), 3)
    error = np.abs(filtered(parts, both))
    left, right, core = error[:, :far], error[:, -far:], error[:, far : far + before + after]
    height = core[:, : before + before].max(axis=1, initial=0.0)
    medians = [np.median(left[:, -near:], axis=1), np.median(right[:, :near], axis=1)]
    levels = [np.sqrt(np.square(side).mean(axis=1)) for side in (past[:, -near:], future[:, :near])]
    return Candidates(
        channels,
        places,
        height,
        alone=_ratio(height, np.maximum(left.max(axis=1), right.max(axis=1))),
        over=_ratio(height, np.maximum(*medians)),
        loud=_ratio(height, np.maximum(*levels)),
        swell=_ratio(levels[1], levels[0]),
        rise=_ratio(medians[1], medians[0]),
        novel=_ratio(_power(future, before_it), _power(future, behind_it)),
    )


def _peaks(error: Wave, rate: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Channels and samples, ``intp [k]``, that stand out of what is usual around them."""
    channels, length = error.shape
    block = max(_SPARSE, round(_BLOCK * rate))
    whole = length // block
    margin = round((_FAR + _AFTER) * rate) + 2 * ORDER
    none = np.zeros(0, np.intp)
    if whole == 0 or length <= 2 * margin:
        return none, none
    blocks = error[:, : whole * block].reshape(channels, whole, block)[:, :, ::_SPARSE]
    usual = np.repeat(np.median(blocks, axis=2), block, axis=1)
    usual = np.pad(usual, ((0, 0), (0, length - whole * block)), mode="edge")
    high = error >= np.maximum(_OVER_MEDIAN * usual, _LEAST)
    high[:, :margin] = high[:, -margin:] = False
    if not high.any():
        return none, none
    top = maximum_filter1d(error, 2 * max(2, round(_PEAK * rate)) + 1, axis=1)
    at, places = np.nonzero(high & (error == top))
    if len(places) > _MOST * channels:
        ratio = error[at, places] / (usual[at, places] + _TINY)
        kept = np.argsort(-ratio, kind="stable")[: _MOST * channels]
        at, places = at[kept], places[kept]
    return at, places


def _power(frames: Wave, filters: Filters) -> Wave:
    """RMS of what is left of each frame, ``float32 [k]``."""
    return np.asarray(np.sqrt(np.square(filtered(frames, filters)).mean(axis=1)), np.float32)


def _ratio(over: Wave, under: Wave) -> Wave:
    return np.asarray(np.log2((over + _TINY) / (under + _TINY)), np.float32)


class Clicks:
    """Each click, measured by how many there were in the minute up to it.

    The edges of a gap click too; they are the gap's. So a click is told when it is known of none.
    """

    check = CHECK

    def __init__(self, rate: int, channels: int, dropouts: Dropouts) -> None:
        """Args: rate: samples a second. channels: how many there are.

        dropouts: hears each page before this does.
        """
        self._rate = rate
        self._channels = channels
        self._dropouts = dropouts
        self._waiting: deque[tuple[float, int]] = deque()  # seconds and channels
        self._recent: deque[float] = deque()
        self._told = False

    def listen(self, page: Page) -> list[Measurement]:
        """The clicks up to a second before the end of this page."""
        margin = round(_CONTEXT * page.rate)
        low, high = max(0, page.begin - margin), page.end + margin
        places = [
            (low + place, channel)
            for place, channel in find_clicks(page.samples[:, low:high], page.rate)
            if page.begin <= low + place < page.end
        ]
        if places:
            blocked = _blocked(page)
            places = [(place, channel) for place, channel in places if not blocked[place]]
        self._waiting += [(page.seconds(place), channel) for place, channel in sorted(places)]
        return self._settled(page.seconds(page.end) - DELAY)

    def _settled(self, until: float) -> list[Measurement]:
        """The clicks up to a time; those in several channels at once count once."""
        found = []
        edges = np.array([edge for gap in self._dropouts.gaps for edge in (gap.start, gap.end)])
        while self._waiting and self._waiting[0][0] < until:
            time, channel = self._waiting.popleft()
            if self._recent and time - self._recent[-1] < _APART:
                continue
            if not (np.abs(edges - time) < _OF_A_GAP).any():
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
        """The last of them; 0 where there was none."""
        found = self._settled(math.inf)
        return found if self._told else [Measurement("CLICK", 0.0, CHECK, METHOD)]


def _blocked(page: Page) -> NDArray[np.bool_]:
    """Samples beside silences and in clipped runs."""
    blocked = np.zeros(page.samples.shape[1], np.bool_)
    reach = int(_EDGE * page.rate)
    for wave in page.samples:
        silent = runs(np.abs(wave) <= ZERO)
        for start, stop in silent[np.diff(silent, axis=1).ravel() >= _GAP * page.rate]:
            blocked[max(0, start - reach) : start + reach] = True
            blocked[max(0, stop - reach) : stop + reach] = True
        for start, stop in clipped_runs(wave):
            blocked[max(0, start - 2) : stop + 2] = True
    return blocked
