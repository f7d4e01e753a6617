"""LOW_SPEECH_QUALITY: how speech sounds, by a model that estimates what listeners would say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gencheck.artifact.reading import finite
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Method, TimeSpan
from gencheck.hearing.roles import SpeechActivity, SpeechQuality, SpeechSpan
from gencheck.media.types import Sound

CHECK = "artifact.low_speech_quality"
METHOD = Method("5 minus DNSMOS overall", "1", "ITU-T P.835; DNSMOS P.835, arXiv:2110.01763")
LEAST = 2.0
"""Seconds of speech that can be judged: the model hears nine, and a short sound is repeated."""

_BEST = 5.0
_WINDOW = 9.02  # seconds: what the model hears at once, and not a second more
_EXCERPT = 10.0  # seconds
_MOST_EXCERPTS = 4
_PAUSE = 1.0  # seconds: who pauses for breath goes on with one stretch


async def measure_speech(
    sound: Sound, activity: SpeechActivity, quality: SpeechQuality, *, deadline: Deadline
) -> list[Measurement]:
    """One measurement for the longest stretch of speech in each excerpt; none without speech.

    A sound is heard in at most four excerpts of ten seconds, so that an hour of it takes no longer
    than a minute.
    """
    found = []
    for start, excerpt in excerpts(sound):
        deadline.check()
        stretches = stretches_of(await activity.find(excerpt, deadline=deadline))
        longest = max(stretches, key=lambda span: span.end - span.start, default=None)
        if longest is None or longest.end - longest.start < LEAST:
            continue
        end = min(longest.end, longest.start + _WINDOW)
        scores = await quality.rate(window_of(excerpt, longest.start, end), deadline=deadline)
        detail = (
            f"overall {scores.overall:.2f}, voice {scores.signal:.2f}, "
            f"background {scores.background:.2f} of 5"
        )
        region = TimeSpan(start + longest.start, start + end)
        value = finite(_BEST - scores.overall)
        found.append(Measurement("LOW_SPEECH_QUALITY", value, CHECK, METHOD, region, detail))
    return found


def excerpts(sound: Sound) -> list[tuple[float, Sound]]:
    """The parts that are heard, evenly spread, with their starts in seconds."""
    count = min(_MOST_EXCERPTS, math.ceil(sound.duration / _EXCERPT))
    if count <= 1:
        return [(0.0, sound)]
    step = (sound.duration - _EXCERPT) / (count - 1)
    starts = [index * step for index in range(count)]
    return [(start, _part(sound, start, start + _EXCERPT)) for start in starts]


def stretches_of(spans: Sequence[SpeechSpan]) -> list[SpeechSpan]:
    """Spans of speech, joined over short pauses: the model was made for speech as it flows."""
    found: list[SpeechSpan] = []
    for span in spans:
        if found and span.start - found[-1].end < _PAUSE:
            found[-1] = SpeechSpan(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def window_of(sound: Sound, start: float, end: float) -> Sound:
    """A part, repeated until it fills one window of the model: more would cost, and say no more."""
    part = _part(sound, start, end)
    wanted = round(_WINDOW * sound.rate)
    times = -(-wanted // max(1, part.samples.shape[1]))
    return replace(part, samples=np.tile(part.samples, (1, times))[:, :wanted])


def _part(sound: Sound, start: float, end: float) -> Sound:
    first, last = round(start * sound.rate), round(end * sound.rate)
    return replace(sound, samples=sound.samples[:, first:last])
