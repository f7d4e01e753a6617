"""Clips that the tests of video share: a photo under a moving camera, and damage done to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.video.black import is_dark
from gencheck.artifact.video.motion import Comparer
from gencheck.artifact.video.watcher import Moment, Watcher
from gencheck.findings import Measurement, Outcome
from gencheck.media.clip import TINT_HEIGHT, TINT_WIDTH, Frames

RATE = 25
Clip = NDArray[np.uint8]
"""``uint8 [n, 180, 320]``."""


@cache
def photo() -> NDArray[np.uint8]:
    """A photo somewhat larger than a clip, ``uint8 [360, 640]``."""
    grey = cv2.cvtColor(np.asarray(skimage.data.astronaut()), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (640, 640), interpolation=cv2.INTER_AREA)[:360], np.uint8)


def moving(
    frames: int, path: Callable[[int], tuple[float, float, float]], noise: float = 1.0
) -> Clip:
    """The photo seen by a camera. ``path`` says of each frame left, top and zoom."""
    still, rng = photo(), np.random.default_rng(0)
    grain = rng.normal(0, noise, (180, 320)).astype(np.float32)
    clip = []
    for index in range(frames):
        left, top, nearer = path(index)
        way = np.array([[1 / nearer, 0, left], [0, 1 / nearer, top]], np.float32)
        view = cv2.warpAffine(still, way, (320, 180), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        clip.append(view + np.roll(grain, rng.integers(180), 0))
    return np.clip(np.rint(np.stack(clip)), 0, 255).astype(np.uint8)


def pan(frames: int = 48, speed: float = 2.0) -> Clip:
    """To the right."""
    return moving(frames, lambda index: (20 + speed * index, 40.0, 1.0))


def zoom(frames: int = 48) -> Clip:
    """Closer by half a per cent a frame."""
    return moving(frames, lambda index: (40.0, 30.0, 1.005**index))


def flickering(clip: Clip, amplitude: float) -> Clip:
    """Brightness up and down by a share of luma, eight times a second."""
    wave = 1 + amplitude * np.sin(2 * np.pi * 8 * np.arange(len(clip)) / RATE + 1)
    return np.clip(np.rint(clip * wave[:, None, None]), 0, 255).astype(np.uint8)


def boiling(clip: Clip, pixels: float) -> Clip:
    """Every frame bent anew, by so many pixels (standard deviation)."""
    rng, (rows, columns) = np.random.default_rng(1), np.mgrid[:180, :320].astype(np.float32)
    bent = []
    for frame in clip:
        rough = rng.normal(0, 1, (12, 21, 2)).astype(np.float32)
        way = cv2.resize(rough, (320, 180), interpolation=cv2.INTER_CUBIC)
        way *= np.float32(pixels) / way.std()
        at = (columns + way[..., 0], rows + way[..., 1])
        bent.append(cv2.remap(frame, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))
    return np.stack(bent).astype(np.uint8)


def tinted(clip: Clip) -> NDArray[np.uint8]:
    """The means of areas of grey frames, ``uint8 [n, 18, 32, 3]``."""
    size = (TINT_WIDTH, TINT_HEIGHT)
    small = np.stack([cv2.resize(f, size, interpolation=cv2.INTER_AREA) for f in clip])
    return np.repeat(small[..., None], 3, axis=3)


def frames_of(clip: Clip, times: NDArray[np.float64] | None = None) -> Frames:
    """A clip as a chunk without full frames."""
    when = np.arange(len(clip)) / RATE if times is None else times
    return Frames(
        clip, tinted(clip), when, np.zeros((0, 1, 1, 3), np.uint8), np.zeros(0, np.float64)
    )


def watched(
    watcher: Watcher,
    clip: Clip,
    times: NDArray[np.float64] | None = None,
    tint: NDArray[np.uint8] | None = None,
    *,
    compare: bool = True,
) -> list[Measurement]:
    """What a detector says of a clip. Args: compare: whether it asks what moves."""
    frames = frames_of(clip, times)
    colours = frames.tint if tint is None else tint
    comparer = Comparer(clip.shape[1:])
    found: list[Measurement] = []
    for index, (small, at) in enumerate(zip(clip, frames.times.tolist(), strict=True)):
        change = comparer.compare(clip[index - 1], small) if index and compare else None
        step = at - float(frames.times[index - 1]) if index else 0.0
        luma = float(small.mean())
        dark = is_dark(small)
        found += watcher.see(Moment(index, at, step, luma, dark, small, colours[index], change))
    last = watcher.finish()
    assert not isinstance(last, Outcome)
    return found + last


def worst(found: list[Measurement]) -> float:
    """The largest value."""
    return max(one.value for one in found)
