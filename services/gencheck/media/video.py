"""Video: MP4, MOV, WebM, MKV, AVI and MPEG through PyAV."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gencheck.media.container import (
    Decoder,
    announced_seconds,
    decode_sound,
    missing_share,
    open_container,
    stream_seconds,
    undecodable,
)
from gencheck.media.pictures import (
    Clock,
    check_frame,
    check_header,
    check_seconds,
    colour,
    picture_stream,
    small_grey,
    small_size,
)
from gencheck.media.types import Limits, Sound, Video

_FULL_FRAMES = 8
_FULL_BYTES = 256 << 20


def decode_video(data: bytes, name: str, demuxer: str, limits: Limits) -> Video | Sound:
    """All frames small and grey, a few in full, and the sound; a file without pictures is a sound.

    Raises:
        LimitExceeded: over a cap on pixels, frames or seconds.
        DecodeFailed: nothing of it could be decoded.
    """
    with open_container(data, name, demuxer, limits) as container:
        stream = picture_stream(container)
        if stream is None:
            sound = decode_sound(container, name, limits)
            if sound is None:
                raise undecodable(demuxer, name)
            return sound
        if stream.codec_context is None:  # no decoder for it
            raise undecodable(demuxer, name)
        clip = _decode_frames(container, stream, name, limits)
    if not clip.times:
        raise undecodable(demuxer, name)
    with open_container(data, name, demuxer, limits) as container:
        return clip.video(decode_sound(container, name, limits))


@dataclass
class _Clip:
    """What is kept of the frames while they go by; all of the size of the first."""

    codec: str
    announced: float
    clock: Clock
    small: list[NDArray[np.uint8]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    full: list[NDArray[np.uint8]] = field(default_factory=list)
    full_times: list[float] = field(default_factory=list)
    stride: int = 1
    broken: bool = False

    def add(self, frame: VideoFrame) -> None:
        time = self.clock.time_of(frame)
        if len(self.times) % self.stride == 0:
            self._add_full(frame, time)
        size = self.small[0].shape if self.small else small_size(frame)
        self.small.append(small_grey(colour(frame, size)))
        self.times.append(time)

    def _add_full(self, frame: VideoFrame, time: float) -> None:
        """Keep every n-th frame; n doubles when they are too many: no header need be believed."""
        size = self.full[0].shape[:2] if self.full else (frame.height, frame.width)
        self.full.append(colour(frame, size))
        self.full_times.append(time)
        if len(self.full) >= 2 * self._full_wanted():
            del self.full[1::2], self.full_times[1::2]
            self.stride *= 2

    def _full_wanted(self) -> int:
        return max(1, min(_FULL_FRAMES, _FULL_BYTES // self.full[0].nbytes))

    def video(self, sound: Sound | None) -> Video:
        times = np.array(self.times)
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        decoded = float(times[-1] - times[0]) + step
        wanted = min(self._full_wanted(), len(self.full))
        chosen = np.linspace(0, len(self.full) - 1, wanted).round().astype(int)
        return Video(
            small=np.stack(self.small),
            times=times,
            frames=np.stack([self.full[i] for i in chosen]),
            frame_times=np.array(self.full_times)[chosen],
            codec=self.codec,
            sound=sound,
            missing=missing_share(self.announced, decoded, broken=self.broken),
        )


def _decode_frames(
    container: InputContainer, stream: VideoStream, name: str, limits: Limits
) -> _Clip:
    check_header(stream, name, limits)
    # The sound may be longer than the pictures: their own duration counts, where it is known.
    announced = stream_seconds(stream) or announced_seconds(container)
    clip = _Clip(stream.codec_context.name, announced, Clock(container, stream))
    decoder = Decoder(container, stream)
    for frame in decoder.frames():
        assert isinstance(frame, VideoFrame)
        check_frame(frame, len(clip.times), name, limits)
        clip.add(frame)
        check_seconds(clip.times[-1] - clip.times[0], name, limits)
    clip.broken = decoder.broken
    return clip
