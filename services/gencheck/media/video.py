"""Video: MP4, MOV, WebM, MKV, AVI and MPEG through PyAV."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded
from gencheck.media.container import (
    AV_ERRORS,
    announced_seconds,
    decode_sound,
    missing_share,
    open_container,
    too_long,
    undecodable,
)
from gencheck.media.types import Limits, Sound, Video

_SMALL_HEIGHT = 180
_SMALL_WIDTH = 320
_FULL_FRAMES = 8


def decode_video(data: bytes, name: str, demuxer: str, limits: Limits) -> Video | Sound:
    """All frames small and grey, a few in full, and the sound; a file without pictures is a sound.

    Raises:
        LimitExceeded: over a cap on pixels, frames or seconds.
        DecodeFailed: nothing of it could be decoded.
    """
    with open_container(data, name, demuxer, limits) as container:
        if not container.streams.video:
            sound = decode_sound(container, name, limits)
            if sound is None:
                raise undecodable(demuxer, name)
            return sound
        frames = _decode_frames(container, name, demuxer, limits)
    with open_container(data, name, demuxer, limits) as container:
        return frames.video(decode_sound(container, name, limits))


@dataclass
class _Frames:
    """What is kept of the frames while they go by."""

    codec: str
    announced: float
    keep: frozenset[int]
    small: list[NDArray[np.uint8]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    full: list[NDArray[np.uint8]] = field(default_factory=list)
    full_times: list[float] = field(default_factory=list)
    broken: bool = False

    def add(self, frame: VideoFrame) -> None:
        time = frame.time if frame.time is not None else float(len(self.times))
        scale = min(1.0, _SMALL_HEIGHT / frame.height, _SMALL_WIDTH / frame.width)
        width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        grey = _bytes(frame.reformat(width=width, height=height, format="gray").to_ndarray())
        shape = self.small[0].shape if self.small else grey.shape
        if grey.shape != shape:
            return  # the picture changes its size in mid-stream: frames of one size are compared
        if len(self.times) in self.keep:
            self.full.append(_bytes(frame.to_ndarray(format="rgb24")))
            self.full_times.append(time)
        self.small.append(grey)
        self.times.append(time)

    def video(self, sound: Sound | None) -> Video:
        times = np.array(self.times)
        step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        decoded = float(times[-1] - times[0]) + step
        return Video(
            small=np.stack(self.small),
            times=times,
            frames=np.stack([f for f in self.full if f.shape == self.full[0].shape]),
            frame_times=np.array(self.full_times),
            codec=self.codec,
            sound=sound,
            missing=missing_share(self.announced, decoded, broken=self.broken),
        )


def _bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    return array.astype(np.uint8, copy=False)


def _decode_frames(container: InputContainer, name: str, demuxer: str, limits: Limits) -> _Frames:
    stream = container.streams.video[0]
    pixels = stream.width * stream.height
    if pixels > limits.max_pixels or stream.frames > limits.max_frames:
        raise _too_much(pixels, stream.frames, name, limits)
    seconds = announced_seconds(container)
    estimate = stream.frames or round(seconds * float(stream.average_rate or 25)) or 1
    keep = frozenset(int(i) for i in np.linspace(0, max(0, estimate - 1), _FULL_FRAMES))
    frames = _Frames(stream.codec_context.name, _stream_seconds(container), keep)
    try:
        for frame in container.decode(stream):
            if frame.width * frame.height > limits.max_pixels:
                raise _too_much(frame.width * frame.height, 0, name, limits)
            frames.add(frame)
            if len(frames.times) > limits.max_frames:
                raise _too_much(pixels, len(frames.times), name, limits)
            if frames.times[-1] - frames.times[0] > limits.max_seconds:
                raise too_long(frames.times[-1] - frames.times[0], name, limits)
    except AV_ERRORS:
        frames.broken = True
    if not frames.times or not frames.full:
        raise undecodable(demuxer, name)
    return frames


def _stream_seconds(container: InputContainer) -> float:
    """The duration that the pictures claim: the sound may be longer."""
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return announced_seconds(container)


def _too_much(pixels: int, frames: int, name: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"{frames} frames of {pixels} pixels are over the limits of {limits.max_frames} frames "
        f"and {limits.max_pixels} pixels",
        where=name,
        fix="Send a shorter or smaller video.",
        metadata={"frames": str(frames), "pixels": str(pixels)},
    )
