"""Damage with known truth, made on clean media, for ``evaluate_artifact.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Box, TimeSpan
from gencheck.media.types import Sound, Video

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Damaged:
    """What goes to the check, and where the damage is (``None``: everywhere)."""

    media: tuple[Any, ...]
    place: Box | TimeSpan | None = None


@dataclass(frozen=True)
class Damage:
    """A way to damage a medium, the code that should find it, and how."""

    name: str
    code: str
    make: Callable[[Any, np.random.Generator], Damaged | None]


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _whole(change: Callable[[Pixels, np.random.Generator], Pixels]) -> Callable[..., Damaged]:
    return lambda pixels, rng: Damaged((change(pixels, rng),))


def _patch(change: Callable[[Pixels, np.random.Generator], Pixels], share: float = 0.4):  # noqa: ANN202
    """The change within a rectangle of that share of each side, at a random place."""

    def make(pixels: Pixels, rng: np.random.Generator) -> Damaged:
        height, width = pixels.shape[:2]
        h, w = int(height * share), int(width * share)
        y, x = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
        out = pixels.copy()
        out[y : y + h, x : x + w] = change(np.ascontiguousarray(pixels[y : y + h, x : x + w]), rng)
        return Damaged((out,), Box(x, y, w, h))

    return make


def _blur(pixels: Pixels, sigma: float) -> Pixels:
    return cv2.GaussianBlur(pixels, (0, 0), sigma)


def _noise(pixels: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    noisy = pixels + rng.normal(0, sigma, pixels.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _gradient(pixels: Pixels, bits: int, rng: np.random.Generator) -> Damaged:
    """A smooth sky-like gradient over the upper half, quantised without dither."""
    height, width = pixels.shape[:2]
    half = height // 2
    angle = rng.uniform(-0.6, 0.6)
    y, x = np.mgrid[:half, :width]
    ramp = (y * np.cos(angle) + x * np.sin(angle)) / height
    sky = np.stack([90 + 110 * ramp, 120 + 100 * ramp, 190 + 50 * ramp], axis=2)
    step = 2 ** (8 - bits)
    out = pixels.copy()
    out[:half] = np.clip(np.rint(sky / step) * step, 0, 255).astype(np.uint8)
    return Damaged((out,), Box(0, 0, width, half))


def _posterise(pixels: Pixels, bits: int) -> Pixels:
    """The photo itself, smoothed as a generator's sky or skin would be, quantised."""
    smooth = cv2.bilateralFilter(cv2.GaussianBlur(pixels, (0, 0), 3), 9, 40, 9)
    step = 2 ** (8 - bits)
    return np.clip(np.rint(smooth / step) * step, 0, 255).astype(np.uint8)


def _checkerboard(pixels: Pixels, period: int, amplitude: float) -> Pixels:
    height, width = pixels.shape[:2]
    wave = np.cos(2 * np.pi * np.arange(max(height, width)) / period)
    pattern = amplitude * (wave[:height, None] + wave[None, :width]) / 2
    return np.clip(np.rint(pixels + pattern[:, :, None]), 0, 255).astype(np.uint8)


def _transposed(pixels: Pixels) -> Pixels:
    """Uneven overlap of a transposed convolution (kernel 3, stride 2): gains 1, 2, 1, 2 …"""
    gain = np.where(np.arange(max(pixels.shape)) % 2, 1.05, 0.95)
    out = pixels * gain[: pixels.shape[0], None, None] * gain[None, : pixels.shape[1], None]
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def _letterbox(pixels: Pixels, share: float, level: int) -> Damaged:
    height, width = pixels.shape[:2]
    bar = int(height * share)
    out = pixels.copy()
    out[:bar] = level
    out[height - bar :] = level
    return Damaged((out,), Box(0, 0, width, bar))


def _pillar(pixels: Pixels) -> Damaged:
    bar = int(pixels.shape[1] * 0.1)
    out = pixels.copy()
    out[:, -bar:] = 0
    return Damaged((out,), Box(pixels.shape[1] - bar, 0, bar, pixels.shape[0]))


def _paste(
    pixels: Pixels, share: float, rng: np.random.Generator, quality: int = 0
) -> Damaged | None:
    """A textured rectangle copied to another place; ``quality`` compresses afterwards."""
    height, width = pixels.shape[:2]
    h, w = int(height * share), int(width * share)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    for _ in range(200):
        y0, x0, y1, x1 = (int(rng.integers(0, limit)) for limit in (height - h, width - w) * 2)
        apart = abs(y0 - y1) > h or abs(x0 - x1) > w
        if apart and grey[y0 : y0 + h, x0 : x0 + w].std() > 20:
            out = pixels.copy()
            out[y1 : y1 + h, x1 : x1 + w] = pixels[y0 : y0 + h, x0 : x0 + w]
            return Damaged((_jpeg(out, quality) if quality else out,), Box(x1, y1, w, h))
    return None


def _gain(pixels: Pixels, gain: float, offset: float) -> Pixels:
    return np.clip(np.rint(pixels * gain + offset), 0, 255).astype(np.uint8)


def _truncated(pixels: Pixels) -> Damaged:
    height, width = pixels.shape[:2]
    held = int(height * 0.6)
    out = pixels.copy()
    out[held:] = 128
    return Damaged((out, 1 - held / height), Box(0, held, width, height - held))


PHOTO_DAMAGE = [
    *(
        Damage(f"JPEG quality {q}", "BLOCKING", _whole(lambda p, _, q=q: _jpeg(p, q)))
        for q in (5, 10, 20)
    ),
    Damage("JPEG quality 5, patch", "BLOCKING", _patch(lambda p, _: _jpeg(p, 5))),
    Damage("JPEG quality 10, patch", "BLOCKING", _patch(lambda p, _: _jpeg(p, 10))),
    *(
        Damage(f"Gaussian blur {s}", "BLUR", _whole(lambda p, _, s=s: _blur(p, s)))
        for s in (2, 4)
    ),
    *(
        Damage(f"noise sigma {s}", "NOISE", _whole(lambda p, r, s=s: _noise(p, s, r)))
        for s in (10, 25)
    ),
    Damage("noise sigma 25, patch", "NOISE", _patch(lambda p, r: _noise(p, 25, r))),
    *(
        Damage(f"sky in {b} bits", "BANDING", lambda p, r, b=b: _gradient(p, b, r))
        for b in (6, 5, 4)
    ),
    *(
        Damage(f"smoothed, {b} bits", "BANDING", _whole(lambda p, _, b=b: _posterise(p, b)))
        for b in (5, 4)
    ),
    *(
        Damage(
            f"grid period {n}, ±{a}", "CHECKERBOARD",
            _whole(lambda p, _, n=n, a=a: _checkerboard(p, n, a)),
        )
        for n, a in ((2, 3), (2, 10), (4, 3), (4, 10))
    ),
    Damage("transposed conv 5 %", "CHECKERBOARD", _whole(lambda p, _: _transposed(p))),
    Damage("grid period 2, patch", "CHECKERBOARD", _patch(lambda p, _: _checkerboard(p, 2, 10))),
    Damage("exposure +1 stop", "CLIPPING", _whole(lambda p, _: _gain(p, 2.0, 0))),
    Damage("exposure +1.6 stops", "CLIPPING", _whole(lambda p, _: _gain(p, 3.0, 0))),
    Damage("blacks crushed", "CLIPPING", _whole(lambda p, _: _gain(p, 2.0, -200))),
    Damage("bars 10 %, black", "LETTERBOX", lambda p, _: _letterbox(p, 0.1, 0)),
    Damage("bars 4 %, black", "LETTERBOX", lambda p, _: _letterbox(p, 0.04, 0)),
    Damage("bars 10 %, white", "LETTERBOX", lambda p, _: _letterbox(p, 0.1, 255)),
    Damage("one bar right 10 %", "LETTERBOX", lambda p, _: _pillar(p)),
    Damage("paste 25 % of sides", "DUPLICATED_REGION", lambda p, r: _paste(p, 0.25, r)),
    Damage("paste 15 % of sides", "DUPLICATED_REGION", lambda p, r: _paste(p, 0.15, r)),
    Damage("paste 25 %, JPEG 75", "DUPLICATED_REGION", lambda p, r: _paste(p, 0.25, r, 75)),
    Damage("last 40 % missing", "TRUNCATED", lambda p, _: _truncated(p)),
]  # fmt: skip


def read_video(path: Path, keep: int = 6) -> Video:
    """A clip by PyAV alone, so that the figures do not depend on our own reader."""
    small, times, full = [], [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        ratio = min(1.0, 180 / stream.height)
        size = (max(2, int(stream.width * ratio)), max(2, int(stream.height * ratio)))
        for index, frame in enumerate(container.decode(stream)):
            grey = frame.to_ndarray(format="gray")
            small.append(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))
            times.append(float(frame.time if frame.time is not None else index / 25))
            full.append(frame)
        chosen = np.unique(np.linspace(0, len(full) - 1, keep).astype(int))
        frames = np.stack([full[i].to_ndarray(format="rgb24") for i in chosen])
    all_times = np.array(times)
    return Video(np.stack(small), all_times, frames, all_times[chosen], stream.codec.name)


def _span(video: Video, share: float, rng: np.random.Generator) -> tuple[int, int]:
    count = len(video.times)
    length = max(2, int(count * share))
    start = int(rng.integers(1, count - length - 1))
    return start, start + length


def _freeze(video: Video, rng: np.random.Generator) -> Damaged:
    start, stop = _span(video, 0.3, rng)
    small = video.small.copy()
    small[start:stop] = small[start]
    place = TimeSpan(float(video.times[start]), float(video.times[stop]))
    return Damaged((replace(video, small=small),), place)


def _black(video: Video, rng: np.random.Generator) -> Damaged:
    start, stop = _span(video, 0.2, rng)
    small = video.small.copy()
    small[start:stop] = 0
    place = TimeSpan(float(video.times[start]), float(video.times[stop]))
    return Damaged((replace(video, small=small),), place)


VIDEO_DAMAGE = [
    Damage("frozen for 30 %", "FROZEN", _freeze),
    Damage("black for 20 %", "BLACK_FRAMES", _black),
]


def read_sound(path: Path) -> Sound:
    """A sound by PyAV alone."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp")
        parts = [
            out.to_ndarray()
            for frame in container.decode(stream)
            for out in resampler.resample(frame)
        ]
        rate = stream.rate
    return Sound(np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32), rate, "pcm")


def _clip(sound: Sound, gain: float) -> Damaged:
    peak = float(np.abs(sound.samples).max())
    hot = np.clip(sound.samples * (gain / peak), -1, 1).astype(np.float32)
    return Damaged((replace(sound, samples=hot),))


def _loud_place(sound: Sound, rng: np.random.Generator, seconds: float) -> int:
    """A start whose surroundings are among the louder half."""
    loud = np.abs(sound.samples).max(axis=0)
    length = int(seconds * sound.rate)
    starts = rng.integers(sound.rate // 4, sound.samples.shape[1] - length - sound.rate // 4, 40)
    return int(max(starts, key=lambda s: np.sort(loud[s - 200 : s])[100]))


def _dropout(sound: Sound, rng: np.random.Generator, seconds: float) -> Damaged:
    start = _loud_place(sound, rng, seconds)
    stop = start + int(seconds * sound.rate)
    samples = sound.samples.copy()
    samples[:, start:stop] = 0
    return Damaged(
        (replace(sound, samples=samples),), TimeSpan(start / sound.rate, stop / sound.rate)
    )


def _clicks(sound: Sound, rng: np.random.Generator, height: float, count: int = 10) -> Damaged:
    samples = sound.samples.copy()
    places = rng.integers(sound.rate // 4, samples.shape[1] - sound.rate // 4, count)
    samples[:, places] += (height * rng.choice([-1, 1], count)).astype(np.float32)
    return Damaged((replace(sound, samples=np.clip(samples, -1, 1)),))


def _splice(sound: Sound, rng: np.random.Generator) -> Damaged:
    """Ten hard cuts: 100 ms taken out at loud places, so that the wave jumps."""
    samples = sound.samples
    for _ in range(10):
        start = _loud_place(sound, rng, 0.2)
        stop = start + int(0.1 * sound.rate)
        samples = np.concatenate([samples[:, :start], samples[:, stop:]], axis=1)
        sound = replace(sound, samples=np.ascontiguousarray(samples))
    return Damaged((sound,))


SOUND_DAMAGE = [
    Damage("clipped by 6 dB", "AUDIO_CLIPPING", lambda s, _: _clip(s, 2.0)),
    Damage("clipped by 12 dB", "AUDIO_CLIPPING", lambda s, _: _clip(s, 4.0)),
    Damage("dropout 50 ms", "SILENCE", lambda s, r: _dropout(s, r, 0.05)),
    Damage("dropout 0.5 s", "SILENCE", lambda s, r: _dropout(s, r, 0.5)),
    Damage("10 clicks of 0.3", "CLICK", lambda s, r: _clicks(s, r, 0.3)),
    Damage("10 clicks of 0.1", "CLICK", lambda s, r: _clicks(s, r, 0.1)),
    Damage("10 hard cuts", "CLICK", _splice),
]
