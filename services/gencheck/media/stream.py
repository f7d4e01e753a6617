"""Video and sound chunk after chunk: one pass over the file, the memory of a chunk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gencheck.media.audio import missing_of_wav, nothing_heard
from gencheck.media.clip import Chunk, ClipEnd, ClipHead, ClipPart, Frames, SoundBlock, Span
from gencheck.media.container import (
    Decoder,
    SoundReader,
    announced_seconds,
    missing_share,
    open_container,
    sound_stream,
    stream_seconds,
    undecodable,
)
from gencheck.media.pictures import (
    Clock,
    check_frame,
    check_header,
    check_seconds,
    colour,
    frame_rate,
    origin,
    picture_stream,
    small_grey,
    small_size,
    tint,
)
from gencheck.media.sniff import Sniffed
from gencheck.media.types import Limits, MediaKind

_FRAMES = 32  # of a chunk
_SOUND_SECONDS = 4.0  # of a chunk
_FULL_BYTES = 24 << 20  # of a chunk: two pictures of 4K
_SAMPLE_SOON, _SAMPLE_SECONDS = 0.5, 2.0
_SAMPLE_GROWTH = 0.05  # of the time so far: an hour has about 110 pictures, four have 140


def stream_clip(data: bytes, name: str, sniffed: Sniffed, limits: Limits) -> Iterator[ClipPart]:
    """A head, chunks, an end.

    Args:
        limits: of the whole medium; for a long one ``limits.of_streams``.

    Raises:
        LimitExceeded: over a cap, also in the midst.
        DecodeFailed: nothing of it could be decoded.
    """
    with open_container(data, name, sniffed.format, limits) as container:
        pictures = picture_stream(container) if sniffed.kind is MediaKind.VIDEO else None
        reader = _Reader(container, pictures, sound_stream(container), name, limits)
        yield reader.head()
        yield from reader.chunks()
        end = reader.end(missing_of_wav(data) if sniffed.format == "wav" else 0.0)
        if end.pictures is None and (end.sound is None or pictures is not None):
            raise nothing_heard(data, sniffed.format, name)
        yield end


@dataclass
class _Pending:
    """What the next chunk will hold."""

    small: list[NDArray[np.uint8]] = field(default_factory=list)
    tint: list[NDArray[np.uint8]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    full: list[NDArray[np.uint8]] = field(default_factory=list)
    full_times: list[float] = field(default_factory=list)
    sound: list[NDArray[np.float32]] = field(default_factory=list)

    def is_ripe(self, rate: int) -> bool:
        return (
            len(self.times) >= _FRAMES
            or sum(frame.nbytes for frame in self.full) >= _FULL_BYTES
            or sum(block.shape[1] for block in self.sound) >= _SOUND_SECONDS * max(rate, 1)
        )

    def chunk(self, rate: int) -> Chunk:
        frames = sound = None
        if self.times:
            shape = self.full[0].shape if self.full else (1, 1, 3)
            frames = Frames(
                np.stack(self.small),
                np.stack(self.tint),
                np.array(self.times),
                np.stack(self.full) if self.full else np.zeros((0, *shape), np.uint8),
                np.array(self.full_times),
            )
        if self.sound:
            sound = SoundBlock(np.concatenate(self.sound, axis=1), rate)
        return Chunk(frames, sound)


class _Reader:
    """One pass over a container."""

    def __init__(
        self,
        container: InputContainer,
        pictures: VideoStream | None,
        sound: AudioStream | None,
        name: str,
        limits: Limits,
    ) -> None:
        if pictures is not None and pictures.codec_context is None:  # no decoder for it
            raise undecodable(container.format.name, name)
        if pictures is not None:
            check_header(pictures, name, limits)
        elif sound is None:
            raise undecodable(container.format.name, name)
        self._container = container
        self._pictures, self._sound = pictures, sound
        self._name, self._limits = name, limits
        self._decoder = Decoder(container, *(s for s in (pictures, sound) if s is not None))
        self._shown = None if pictures is None else _Shown(container, pictures, name, limits)
        self._heard = SoundReader(name, limits)
        self._slip = _Slip(origin(container))

    def head(self) -> ClipHead:
        stream = self._pictures
        shown = stream or self._sound
        assert shown is not None
        return ClipHead(
            codec=shown.codec_context.name,
            width=stream.width if stream else 0,
            height=stream.height if stream else 0,
            rate=frame_rate(stream) if stream else 0.0,
            seconds=stream_seconds(shown) or announced_seconds(self._container),
            has_pictures=stream is not None,
            has_sound=self._sound is not None,
        )

    def chunks(self) -> Iterator[Chunk]:
        pending = _Pending()
        for frame in self._decoder.frames():
            if isinstance(frame, VideoFrame):
                assert self._shown is not None
                self._shown.add(frame, pending)
            else:
                self._hear(frame, pending)
            if pending.is_ripe(self._heard.rate):
                yield pending.chunk(self._heard.rate)
                pending = _Pending()
        if pending.times or pending.sound:
            yield pending.chunk(self._heard.rate)

    def _hear(self, frame: AudioFrame, pending: _Pending) -> None:
        self._slip.look(frame, self._heard.seconds)
        pending.sound += self._heard.take(frame)

    def end(self, missing_of_file: float) -> ClipEnd:
        shown, heard, sound = self._shown, self._heard, self._sound
        span = None
        if sound is not None and heard.length:
            start = self._slip.start or 0.0
            span = Span(start, start + heard.seconds, self._slip.most)
        return ClipEnd(
            codec=sound.codec_context.name if span and sound is not None else "",
            pictures=shown.span() if shown is not None else None,
            sound=span,
            missing=0.0 if shown is None else self._missing(self._pictures, shown.seconds()),
            missing_sound=max(missing_of_file, self._missing(sound, heard.seconds))
            if span
            else 0.0,
        )

    def _missing(self, stream: VideoStream | AudioStream | None, decoded: float) -> float:
        if stream is None:
            return 0.0
        broken = self._decoder.is_broken(stream)
        if stream is self._sound:
            broken |= self._heard.broken
        announced = stream_seconds(stream) or announced_seconds(self._container)
        return missing_share(announced, decoded, broken=broken)


class _Slip:
    """How far the time stamps of the sound stray from the count of its samples."""

    def __init__(self, zero: float) -> None:
        self._zero = zero
        self.start: float | None = None
        self.most = 0.0

    def look(self, frame: AudioFrame, seconds: float) -> None:
        if frame.time is None:
            return
        time = frame.time - self._zero
        if self.start is None:
            self.start = max(0.0, time - seconds)
        self.most = max(self.most, abs(time - self.start - seconds))


class _Shown:
    """The pictures so far: their size, their times, when the next is kept in full."""

    def __init__(
        self, container: InputContainer, stream: VideoStream, name: str, limits: Limits
    ) -> None:
        self._clock = Clock(container, stream)
        self._rate = frame_rate(stream)
        self._name, self._limits = name, limits
        self._small: tuple[int, int] | None = None
        self._full: tuple[int, int] = (0, 0)
        self._count = 0
        self._first = self._last = 0.0
        self._next_full = 0.0

    def add(self, frame: VideoFrame, pending: _Pending) -> None:
        check_frame(frame, self._count, self._name, self._limits)
        time = self._clock.time_of(frame)
        if self._small is None:
            self._small, self._full = small_size(frame), (frame.height, frame.width)
            self._first = self._next_full = time
        self._count, self._last = self._count + 1, time
        check_seconds(time - self._first, self._name, self._limits)
        small = colour(frame, self._small)
        pending.small.append(small_grey(small))
        pending.tint.append(tint(small))
        pending.times.append(time)
        if time >= self._next_full:
            pending.full.append(colour(frame, self._full))
            pending.full_times.append(time)
            self._next_full = time + self._pause(time - self._first)

    def _pause(self, seconds: float) -> float:
        """Seconds until the next picture to keep: a short clip has few, a long one many."""
        pause = _SAMPLE_SOON if seconds < _SAMPLE_SECONDS else _SAMPLE_SECONDS
        return max(pause, _SAMPLE_GROWTH * seconds)

    def seconds(self) -> float:
        if self._count < 2:
            return 0.0 if self._count == 0 else 1.0 / (self._rate or 25.0)
        return (self._last - self._first) * self._count / (self._count - 1)

    def span(self) -> Span | None:
        if self._count == 0:
            return None
        return Span(self._first, self._first + self.seconds())
