"""Clips for the figures: a camera that moves over a photo, real ones, and their files.

Everything goes through a real file that PyAV writes: a check sees what was encoded and decoded.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from artifact_damage import Pixels
from numpy.typing import NDArray

from gencheck.artifact.report import ArtifactReport
from gencheck.artifact.watching import Watch
from gencheck.deadline import NO_DEADLINE
from gencheck.media.decode import decode_parts
from gencheck.media.types import Limits

RATE = 48_000
_CLOCK = 60_000  # MPEG-4 allows no finer one


@dataclass(frozen=True)
class Clip:
    """Frames with their times, and one channel of sound.

    Attributes:
        frames: RGB, all of one size, sides even.
        times: of each frame, seconds.
        sound: ``float32 [n]`` at 48 kHz, or ``None``.
        sound_start: seconds.
    """

    name: str
    frames: list[Pixels] = field(repr=False)
    times: NDArray[np.float64] = field(repr=False)
    sound: NDArray[np.float32] | None = field(default=None, repr=False)
    sound_start: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds to the end of the last frame."""
        return float(self.times[-1] + np.median(np.diff(self.times)))


def at_rate(name: str, frames: list[Pixels], rate: float = 25.0) -> Clip:
    """Frames at a constant rate."""
    return Clip(name, frames, np.arange(len(frames)) / rate)


def camera(name: str, photo: Pixels, *, zoom: bool, count: int = 40) -> Clip:
    """A still scene under a camera that pans (2.2 pixels a frame) or zooms (by a quarter)."""
    height, width = photo.shape[:2]
    size = (width * 5 // 8 // 2 * 2, height * 5 // 8 // 2 * 2)
    frames = []
    for index in range(count):
        share = index / (count - 1)
        scale = 1 + 0.25 * share if zoom else 1.0
        x = (width - size[0]) / 2 if zoom else 4 + 2.0 * index
        y = (height - size[1]) / 2 if zoom else 4 + 0.9 * index
        centre = (x + size[0] / 2, y + size[1] / 2)
        matrix = np.array(
            [
                [scale, 0, size[0] / 2 - scale * centre[0]],
                [0, scale, size[1] / 2 - scale * centre[1]],
            ]
        )
        frames.append(
            cv2.warpAffine(
                photo, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
            )
        )
    return at_rate(name, frames)


def with_sound(clip: Clip) -> Clip:
    """The clip with a tone that swells, as long as the pictures."""
    seconds = np.arange(int(clip.duration * RATE)) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 330 * seconds) * (0.6 + 0.4 * np.sin(2 * np.pi * 1.5 * seconds))
    return replace(clip, sound=tone.astype(np.float32))


def read_clip(path: Path, *, most: int = 60, height: int = 360) -> Clip:
    """The first frames of a real clip, at most so high."""
    frames = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        for frame in container.decode(stream):
            pixels = frame.to_ndarray(format="rgb24")
            ratio = min(1.0, height / pixels.shape[0])
            size = tuple(int(side * ratio) // 2 * 2 for side in pixels.shape[1::-1])
            frames.append(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
            if len(frames) == most:
                break
    return at_rate(path.stem, frames, rate)


def encode(
    clip: Clip, *, codec: str = "libx264", quality: int = 20, pixels: str = "yuv420p"
) -> bytes:
    """The clip as an MP4 with the times that it says, and AAC."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        video = out.add_stream(codec, rate=25, options=_options(codec, quality))
        video.height, video.width = clip.frames[0].shape[:2]
        video.pix_fmt = pixels
        video.time_base = video.codec_context.time_base = Fraction(1, _CLOCK)
        sound = None
        if clip.sound is not None:
            sound = out.add_stream("aac", rate=RATE)
            sound.layout = "mono"
        for picture, moment in zip(clip.frames, clip.times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(moment * _CLOCK), Fraction(1, _CLOCK)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if sound is not None and clip.sound is not None:
            _encode_sound(out, sound, clip.sound, clip.sound_start)
    return file.getvalue()


def watch_clip(clip: Clip, *, codec: str = "libx264", quality: int = 20) -> ArtifactReport:
    """The whole check of the clip's file, part by part as a service does it."""
    watch = Watch()
    data = encode(clip, codec=codec, quality=quality)
    for part in decode_parts(data, Limits().of_streams, name=clip.name):
        watch.see(part, NO_DEADLINE)
    return watch.report()


def _options(codec: str, quality: int) -> dict[str, str]:
    if codec == "libx264":
        return {"crf": str(quality), "preset": "veryfast", "threads": "1"}
    return {"qmin": str(quality), "qmax": str(quality)}


def _encode_sound(
    out: av.container.OutputContainer,
    stream: av.AudioStream,
    samples: NDArray[np.float32],
    start: float,
) -> None:
    first = round(start * RATE)
    for at in range(0, len(samples), 1024):
        block = np.ascontiguousarray(samples[None, at : at + 1024])
        frame = av.AudioFrame.from_ndarray(block, "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, first + at, Fraction(1, RATE)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
