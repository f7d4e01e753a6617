"""The pictures of a video one at a time: their time, their small views, the caps on them."""

from __future__ import annotations

import cv2
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded
from gencheck.media.clip import SMALL_HEIGHT, SMALL_WIDTH, TINT_HEIGHT, TINT_WIDTH
from gencheck.media.container import too_long
from gencheck.media.types import Limits

_TIME_BASE = 1_000_000
_RATE_UNKNOWN = 25.0


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The first video stream that is not the cover of a song."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def frame_rate(stream: VideoStream) -> float:
    """Pictures a second, as the container says or guesses; 0 where it does neither."""
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and 0 < rate < 1_000 else 0.0


def origin(container: InputContainer) -> float:
    """When the first stream begins, by the clock of the file, seconds.

    Broadcast files begin anywhere; what begins before 0 is there for the decoder only.
    """
    return max(0.0, (container.start_time or 0) / _TIME_BASE)


class Clock:
    """The time at which a player shows each picture, seconds from the start of the file."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._origin = origin(container)
        self._step = 1.0 / (frame_rate(stream) or _RATE_UNKNOWN)
        self._last: float | None = None

    def time_of(self, frame: VideoFrame) -> float:
        """The time of the next picture. One that comes late is shown at once: it never falls."""
        before = self._last
        if frame.time is None:
            time = 0.0 if before is None else before + self._step
        else:
            time = max(0.0, frame.time - self._origin, before or 0.0)
        self._last = time
        return time


def small_size(frame: VideoFrame) -> tuple[int, int]:
    """Height and width of the small view of a picture, and of all that follow it."""
    scale = min(1.0, SMALL_HEIGHT / frame.height, SMALL_WIDTH / frame.width)
    return max(1, round(frame.height * scale)), max(1, round(frame.width * scale))


def colour(frame: VideoFrame, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """The picture as ``uint8 [h, w, 3]`` RGB of a height and width."""
    view = frame.reformat(width=size[1], height=size[0], format="rgb24").to_ndarray()
    return view.astype(np.uint8, copy=False)


def small_grey(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``uint8 [h, w]`` luma (BT.601) of a small picture."""
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def tint(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``uint8 [18, 32, 3]``: the mean colours of areas of a small picture."""
    size = (TINT_WIDTH, TINT_HEIGHT)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)


def check_header(stream: VideoStream, name: str, limits: Limits) -> None:
    """Raise ``LimitExceeded`` where the header claims too much."""
    pixels = stream.width * stream.height
    if pixels > limits.max_pixels or stream.frames > limits.max_frames:
        raise _too_much(pixels, stream.frames, name, limits)


def check_frame(frame: VideoFrame, before: int, name: str, limits: Limits) -> None:
    """Raise ``LimitExceeded`` where a picture is too large, or one too many."""
    pixels = frame.width * frame.height
    if pixels > limits.max_pixels or before >= limits.max_frames:
        raise _too_much(pixels, before + 1, name, limits)


def check_seconds(seconds: float, name: str, limits: Limits) -> None:
    """Raise ``LimitExceeded`` where a clip lasts too long."""
    if seconds > limits.max_seconds:
        raise too_long(seconds, name, limits)


def _too_much(pixels: int, frames: int, name: str, limits: Limits) -> LimitExceeded:
    return LimitExceeded(
        f"{frames} frames of {pixels} pixels are over the limits of {limits.max_frames} frames "
        f"and {limits.max_pixels} pixels",
        where=name,
        fix="Send a shorter or smaller video.",
        metadata={"frames": str(frames), "pixels": str(pixels)},
    )
