"""Where somebody speaks, by Silero VAD (Silero Team, MIT).

The network hears 32 ms at a time and keeps a memory of what was before, so chunks follow each other
strictly. Spans are made of its probabilities as Silero's ``get_speech_timestamps`` makes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.hearing.golden import noise, voice
from gencheck.hearing.roles import SpeechSpan
from gencheck.hearing.samples import RATE, Samples, samples_of
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.media.types import Sound

CHUNK = 512
"""Samples that the network hears at a time."""

_CONTEXT = 64
_MEMORY = (2, 1, 128)


@dataclass(frozen=True, slots=True)
class Rules:
    """How probabilities become spans; Silero's own by default.

    Attributes:
        enter: a span begins at a chunk of at least this probability.
        leave: it ends at chunks below this one.
        shortest: seconds; a shorter span is dropped.
        pause: seconds; a shorter silence does not end a span.
        margin: seconds added at each end.
    """

    enter: float = 0.5
    leave: float = 0.35
    shortest: float = 0.25
    pause: float = 0.1
    margin: float = 0.03


class SileroVad:
    """Plays ``SpeechActivity``."""

    def __init__(
        self, backend: InferenceBackend, model: ModelUsed, *, rules: Rules | None = None
    ) -> None:
        self.model = model
        self._backend = backend
        self._rules = rules or Rules()

    async def find(self, sound: Sound, *, deadline: Deadline) -> list[SpeechSpan]:
        """Spans of speech in their order."""
        samples = await asyncio.to_thread(samples_of, sound)
        likely = await self.probabilities(samples, deadline=deadline)
        return spans_of(likely, samples.size, self._rules)

    async def probabilities(self, samples: Samples, *, deadline: Deadline) -> list[float]:
        """The probability of speech in each chunk of 32 ms; the last is filled with zeros."""
        memory = np.zeros(_MEMORY, np.float32)
        chunks = -(-samples.size // CHUNK)
        heard = np.zeros(_CONTEXT + chunks * CHUNK, np.float32)
        heard[_CONTEXT : _CONTEXT + samples.size] = samples
        found = []
        for start in range(0, chunks * CHUNK, CHUNK):
            inputs = {"input": heard[None, start : start + _CONTEXT + CHUNK], "state": memory}
            outputs = await self._backend.infer(self.model.name, inputs, deadline=deadline)
            memory = np.asarray(outputs["stateN"], np.float32)
            found.append(float(outputs["output"].flat[0]))
        return found

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn voice is speech and noise is not."""
        speech = voice(2.0)
        silence = 0.05 * noise(2 * RATE)
        likely = await self.probabilities(np.concatenate([silence, speech]), deadline=deadline)
        half = len(likely) // 2
        quiet, loud = max(likely[: half - 1]), float(np.median(likely[half:]))
        if quiet >= self._rules.leave or loud < self._rules.enter:
            found = f"speech with {quiet:.2f} in noise and {loud:.2f} in a voice"
            raise wrong_answer(self.model.name, self.model.role, found, "speech in the voice alone")


def spans_of(likely: Sequence[float], size: int, rules: Rules) -> list[SpeechSpan]:
    """Spans of speech from the probabilities of chunks, of a sound of ``size`` samples."""
    return _widened(_spans(likely, size, rules), size, round(rules.margin * RATE))


def _spans(likely: Sequence[float], size: int, rules: Rules) -> list[tuple[int, int]]:
    """Starts and ends in samples, without margins."""
    found: list[tuple[int, int]] = []
    start = quiet = -1
    for place, chance in zip(range(0, size, CHUNK), likely, strict=True):
        if chance >= rules.enter:
            quiet = -1
            start = place if start < 0 else start
        elif start >= 0 and chance < rules.leave:
            quiet = place if quiet < 0 else quiet
            if place - quiet >= rules.pause * RATE:
                found.append((start, quiet))
                start = quiet = -1
    if start >= 0:
        found.append((start, size))
    return [(start, end) for start, end in found if end - start > rules.shortest * RATE]


def _widened(spans: list[tuple[int, int]], size: int, margin: int) -> list[SpeechSpan]:
    """With margins, which meet in the middle of a silence that is too short for both."""
    starts = [start for start, _ in spans]
    ends = [end for _, end in spans]
    found = []
    for i, (start, end) in enumerate(spans):
        before = start - ends[i - 1] if i else 2 * max(start, margin)
        after = starts[i + 1] - end if i + 1 < len(spans) else 2 * margin
        first = start - min(margin, before // 2)
        last = end + min(margin, after // 2)
        found.append(SpeechSpan(max(0, first) / RATE, min(size, last) / RATE))
    return found
