"""Pictures and sound of one clip as it goes by: the one way in which clips are checked.

Whoever reads a file in chunks (a stream, the check of a whole file) or has a clip in memory hands
its parts to a ``Watch``: the answers are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact import truncated
from gencheck.artifact.report import ArtifactReport, with_summary
from gencheck.artifact.video.panel import VideoPanel, VideoReport
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, judged
from gencheck.media.animation import CODECS
from gencheck.media.clip import (
    TINT_HEIGHT,
    TINT_WIDTH,
    Chunk,
    ClipEnd,
    ClipHead,
    ClipPart,
    Frames,
    SoundBlock,
    Span,
)
from gencheck.media.types import Video

if TYPE_CHECKING:
    from gencheck.artifact.sound.panel import SoundPanel


class Watch:
    """Takes the parts of a clip one by one. Each call belongs to one clip and one thread."""

    def __init__(self) -> None:
        self._video: VideoPanel | None = None
        self._sound: SoundPanel | None = None
        self._end = ClipEnd()

    def see(self, part: ClipPart, deadline: Deadline) -> list[Measurement]:
        """What a part made certain, each once; ``report`` has them too.

        Raises:
            DeadlineExceeded, Cancelled: between two pictures.
        """
        match part:
            case ClipHead():
                animated = part.codec in CODECS
                self._video = VideoPanel(animated=animated) if part.has_pictures else None
            case Chunk():
                return self._chunk(part, deadline)
            case ClipEnd():
                self._end = part
        return []

    def _chunk(self, chunk: Chunk, deadline: Deadline) -> list[Measurement]:
        found: list[Measurement] = []
        if chunk.frames is not None and self._video is not None:
            found += self._video.see(chunk.frames, deadline)
        if chunk.sound is not None:
            deadline.check()
            found += self._panel_of(chunk.sound).hear(chunk.sound.samples)
        return found

    def _panel_of(self, sound: SoundBlock) -> SoundPanel:
        if self._sound is None:
            # Half a second of scipy.signal, for which a check of pictures should not wait.
            from gencheck.artifact.sound.panel import SoundPanel  # noqa: PLC0415

            pictures = self._video is not None
            self._sound = SoundPanel(sound.rate, len(sound.samples), with_pictures=pictures)
        return self._sound

    def report(self) -> ArtifactReport:
        """What was found in all of it. Nothing may be seen after it."""
        end = self._end
        seen = VideoReport((), (), ()) if self._video is None else self._video.finish(end)
        heard = None if self._sound is None else self._sound.finish(end.missing_sound)
        span = end.sound if self._video is None else end.pictures
        missing = end.missing_sound if self._video is None else end.missing
        torn = truncated.measure_tail(missing, 0.0 if span is None else span.end - span.start)
        both = (seen,) if heard is None else (seen, heard)
        return ArtifactReport(
            (*(found for part in both for found in part.measurements), torn),
            with_summary([*(o for part in both for o in part.outcomes), judged(truncated.CHECK)]),
            tuple(timing for part in both for timing in part.timings),
            timeline=tuple(track for part in both for track in part.timeline),
        )


def check_video(video: Video, *, deadline: Deadline) -> ArtifactReport:
    """All detectors of video over a clip in memory, and those of sound over its sound.

    Raises:
        DeadlineExceeded, Cancelled: between two pictures.
    """
    watch = Watch()
    for part in parts_of(video):
        watch.see(part, deadline)
    return watch.report()


def parts_of(video: Video) -> Iterator[ClipPart]:
    """A clip that is in memory as parts. Its colours are known in its full frames only."""
    small = video.small
    sound = video.sound
    yield ClipHead(video.codec, 0, 0, 0.0, video.duration, True, sound is not None)
    if len(small):
        yield Chunk(Frames(small, _grey_tint(video), video.times, video.frames, video.frame_times))
    span = None
    if sound is not None and sound.samples.size:
        yield Chunk(sound=SoundBlock(sound.samples, sound.rate))
        span = Span(0.0, sound.duration)
    first = float(video.times[0]) if len(small) else 0.0
    yield ClipEnd(
        codec="" if sound is None else sound.codec,
        pictures=Span(first, first + video.duration),
        sound=span,
        missing=video.missing,
        missing_sound=0.0 if sound is None else sound.missing,
    )


def _grey_tint(video: Video) -> NDArray[np.uint8]:
    size = (TINT_WIDTH, TINT_HEIGHT)
    tint = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in video.small]
    return np.repeat(np.stack(tint)[..., None], 3, axis=3)
