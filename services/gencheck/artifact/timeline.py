"""How a video or a sound measures over time, in few enough values to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gencheck.media.types import Sound, Video

MAX_VALUES = 240
_FLOOR_DB = -120.0


@dataclass(frozen=True, slots=True)
class Track:
    """One quantity over time.

    Attributes:
        check: the check that it belongs to.
        start: time of the first value, seconds.
        step: seconds between two values.
    """

    check: str
    name: str
    unit: str
    start: float
    step: float
    values: tuple[float, ...] = field(repr=False)


def video_tracks(video: Video, mean_change: NDArray[np.float64]) -> tuple[Track, ...]:
    """Mean luma, and the mean difference from the frame before.

    Args:
        mean_change: ``float64 [n - 1]``, the first array of ``frames.changes``.
    """
    if len(video.small) == 0:
        return ()
    luma = np.array([frame.mean() for frame in video.small])
    change = np.concatenate([[0.0], mean_change])
    start, span = float(video.times[0]), max(video.duration, 1e-3)
    tracks = []
    for check, name, values, reduce in (
        ("artifact.black_frames", "mean luma", luma, np.mean),
        ("artifact.frozen", "frame difference", change, np.mean),
    ):
        groups = _grouped(values, reduce)
        tracks.append(Track(check, name, "8-bit levels", start, span / len(groups), groups))
    return tuple(tracks)


def sound_tracks(sound: Sound) -> tuple[Track, ...]:
    """Sample peak and RMS, of the loudest channel and of all channels."""
    count = sound.samples.shape[1]
    if count == 0 or sound.samples.shape[0] == 0:
        return ()
    peak = _grouped(np.abs(sound.samples).max(axis=0), np.max)
    power = _grouped(np.square(sound.samples, dtype=np.float32).mean(axis=0), np.mean)
    step = sound.duration / len(peak)
    return (
        Track("artifact.audio_clipping", "peak", "dBFS", 0.0, step, tuple(map(_decibel, peak))),
        Track("artifact.silence", "RMS", "dBFS", 0.0, step, tuple(_decibel(p) / 2 for p in power)),
    )


def _grouped(
    values: NDArray[np.floating], reduce: Callable[[NDArray[np.floating]], np.floating]
) -> tuple[float, ...]:
    """At most ``MAX_VALUES`` values, each of a group of neighbours."""
    groups = np.array_split(values, min(MAX_VALUES, len(values)))
    return tuple(float(reduce(group)) for group in groups)


def _decibel(amplitude: float) -> float:
    return max(_FLOOR_DB, float(20 * np.log10(max(amplitude, 1e-12))))
