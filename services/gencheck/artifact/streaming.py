"""Clips that are judged while they are read: what a service says of them on the way."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.report import ArtifactReport
from gencheck.artifact.watching import Watch
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Timing
from gencheck.media.clip import Chunk, ClipEnd, ClipHead, ClipPart
from gencheck.media.types import Sound, Video

T = TypeVar("T")

_GLIMPSES = 8  # frames
_GLIMPSE_BYTES = 128 << 20
_GLIMPSE_SECONDS = 120.0  # of the sound


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a clip is, and what became certain since the last word.

    Attributes:
        seconds: of the clip that were looked at.
        total: its duration by its own account, seconds; 0 where it gives none.
    """

    seconds: float
    total: float
    found: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip that has gone by.

    Attributes:
        glimpses: a few frames and the first two minutes of the sound, for models to look at; every
            frame is in the report only.
        timing: of reading and decoding, as far as it was waited for.
    """

    report: ArtifactReport
    glimpses: Video | Sound
    timing: Timing


class Threads(Protocol):
    """Where pure functions run that take a deadline."""

    async def run(self, function: Callable[..., T], *args: object, deadline: Deadline) -> T:
        """``function(*args, deadline=deadline)``."""
        ...


Parts: TypeAlias = AsyncGenerator[ClipPart, None]


class Clips:
    """Takes clips part by part: the detectors see each part before the next is taken."""

    def __init__(self, cpu: Threads) -> None:
        """Args: cpu: where the detectors run."""
        self._cpu = cpu

    async def check(self, parts: Parts, *, reading: float, deadline: Deadline) -> Watched:
        """A whole clip; see :meth:`watch`."""
        async with aclosing(self.watch(parts, reading=reading, deadline=deadline)) as events:
            async for event in events:
                if isinstance(event, Watched):
                    return event
        raise AssertionError("a clip ends")

    async def watch(
        self, parts: Parts, *, reading: float, deadline: Deadline
    ) -> AsyncGenerator[Progress | Watched, None]:
        """Progress part by part, at last the report.

        Args:
            parts: closed at the end.
            reading: seconds that it took until there were any.

        Raises:
            GencheckError: what decoding raises, also in the midst.
        """
        watch, glimpses = Watch(), _Glimpses()
        waited, since = reading, time.perf_counter()
        async with aclosing(parts):
            async for part in parts:
                waited += time.perf_counter() - since
                glimpses.take(part)
                found = await self._cpu.run(_see, watch, part, deadline=deadline)
                yield Progress(glimpses.seconds, glimpses.total, tuple(found))
                since = time.perf_counter()
        report = await self._cpu.run(_report, watch, deadline=deadline)
        yield Watched(report, glimpses.media(), Timing("decode", waited))


def _see(watch: Watch, part: ClipPart, *, deadline: Deadline) -> list[Measurement]:
    return watch.see(part, deadline)


def _report(watch: Watch, *, deadline: Deadline) -> ArtifactReport:
    deadline.check()
    return watch.report()


@dataclass
class _Glimpses:
    """What is kept of a clip for models: bounded, however long it is."""

    seconds: float = 0.0
    total: float = 0.0
    _head: ClipHead | None = None
    _end: ClipEnd = field(default_factory=ClipEnd)
    _frames: list[NDArray[np.uint8]] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)
    _seen: int = 0
    _stride: int = 1
    _sound: list[NDArray[np.float32]] = field(default_factory=list)
    _rate: int = 0
    _heard: int = 0

    def take(self, part: ClipPart) -> None:
        match part:
            case ClipHead():
                self._head, self.total = part, part.seconds
            case ClipEnd():
                self._end = part
            case Chunk():
                self._take(part)

    def _take(self, chunk: Chunk) -> None:
        if chunk.frames is not None:
            for frame, moment in zip(chunk.frames.full, chunk.frames.full_times, strict=True):
                self._keep(frame, float(moment))
            self.seconds = max(self.seconds, float(chunk.frames.times[-1]))
        if chunk.sound is not None:
            samples, self._rate = chunk.sound.samples, chunk.sound.rate
            if self._heard < _GLIMPSE_SECONDS * self._rate:
                self._sound.append(samples.copy())
            self._heard += samples.shape[1]
            if self._head is None or not self._head.has_pictures:
                self.seconds = self._heard / self._rate

    def _keep(self, frame: NDArray[np.uint8], moment: float) -> None:
        """Every n-th of them; n doubles when they are too many."""
        self._seen += 1
        if (self._seen - 1) % self._stride:
            return
        self._frames.append(frame.copy())  # and not the chunk that it is a part of
        self._times.append(moment)
        most = max(1, min(_GLIMPSES, _GLIMPSE_BYTES // max(1, frame.nbytes)))
        if len(self._frames) > most:
            del self._frames[1::2], self._times[1::2]
            self._stride *= 2

    def media(self) -> Video | Sound:
        """A video without its small frames, or a sound."""
        sound = None
        if self._sound:
            samples = np.concatenate(self._sound, axis=1)
            samples = samples[:, : round(_GLIMPSE_SECONDS * self._rate)]
            sound = Sound(samples, self._rate, self._end.codec)
        if sound is not None and (self._head is None or not self._head.has_pictures):
            return sound
        frames = np.stack(self._frames) if self._frames else np.zeros((0, 1, 1, 3), np.uint8)
        small = np.zeros((0, 1, 1), np.uint8)
        codec = "" if self._head is None else self._head.codec
        times = np.array(self._times)
        return Video(small, np.zeros(0), frames, times, codec, sound)
