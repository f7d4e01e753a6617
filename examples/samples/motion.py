"""A video and a sound, each whole and damaged."""

import wave
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samples.pictures import photo

FRAMES_PER_SECOND = 24
SECONDS = 4
SAMPLE_RATE = 48_000  # hertz


def pan(width: int = 320, height: int = 240) -> Iterator[NDArray[np.uint8]]:
    """A camera that moves over a photo, 2 pixels a frame: [height,width,3] RGB frames."""
    scene = photo("coffee").resize((540, 360), Image.Resampling.LANCZOS)
    for index in range(SECONDS * FRAMES_PER_SECOND):
        left, top = 2 * index, index
        yield np.asarray(scene.crop((left, top, left + width, top + height)))


def damaged_pan() -> Iterator[NDArray[np.uint8]]:
    """The pan stands still from 1.0 to 2.25 s, and is black from there to 3.5 s."""
    still, black = range(24, 54), range(54, 84)
    shown: NDArray[np.uint8] | None = None
    for index, frame in enumerate(pan()):
        if shown is None or index not in still:
            shown = frame
        yield np.zeros_like(frame) if index in black else shown


def write_video(path: Path, frames: Iterable[NDArray[np.uint8]]) -> None:
    """H.264 in MP4, the same bytes each time: one thread, and no macroblock tree, which varies."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.time_base = Fraction(1, FRAMES_PER_SECOND)
        stream.options = {"crf": "16", "threads": "1", "x264-params": "mbtree=0"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


def melody() -> NDArray[np.float64]:
    """Four chords on a soft string: SECONDS of mono samples within -1..1, the peak near -9 dBFS."""
    a_major = (220.0, 277.18, 329.63)
    b_minor = (246.94, 293.66, 369.99)
    g_major = (196.0, 246.94, 293.66)
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    envelope = np.minimum(time / 0.03, 1) * np.exp(-1.2 * time) * np.minimum((1 - time) / 0.05, 1)
    beats = []
    for chord in (a_major, b_minor, g_major, a_major):
        tones = [np.sin(2 * np.pi * f * k * time) / k**2 for f in chord for k in (1, 2, 3, 4)]
        beats.append(envelope * np.sum(tones, axis=0))
    samples: NDArray[np.float64] = np.concatenate(beats)
    # A little room noise: real recordings have no digital zeros.
    samples += np.random.default_rng(11).normal(0, 2e-4, len(samples))
    samples *= 0.35 / np.abs(samples).max()
    return samples


def damaged_melody() -> NDArray[np.float64]:
    """The first chord too loud, clicks in the second, a hole in the third."""
    samples = melody()
    samples[:SAMPLE_RATE] = np.clip(samples[:SAMPLE_RATE] * 8, -1, 1)
    for at in (1.15, 1.37, 1.58, 1.81):
        samples[int(at * SAMPLE_RATE)] += 0.6
    samples[int(2.3 * SAMPLE_RATE) : int(2.6 * SAMPLE_RATE)] = 0
    return samples


def write_sound(path: Path, samples: NDArray[np.float64]) -> None:
    """16-bit mono WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def motion(out: Path) -> None:
    """Both videos, both sounds."""
    write_video(out / "pan.mp4", pan())
    write_video(out / "pan_damaged.mp4", damaged_pan())
    write_sound(out / "melody.wav", melody())
    write_sound(out / "melody_damaged.wav", damaged_melody())
