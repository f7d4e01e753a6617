"""FROZEN and BLACK_FRAMES: a picture that stands still, and one that is not there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import finite
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Method, TimeSpan
from gencheck.media.types import Video

FROZEN = "artifact.frozen"
BLACK = "artifact.black_frames"
FROZEN_METHOD = Method(
    "repeated frames", "1", "largest difference of a block of 8×8 between small grey frames"
)
BLACK_METHOD = Method("share of dark pixels", "1", "as ffmpeg's blackdetect: 98 % of a frame dark")

_BLOCK = 8  # pixels a side: small enough that moving lips fill one
_STILL = 0.6  # luma levels: an encoder that repeats a frame stays below, a camera's noise does not
_POP = 2.5  # luma levels: a key frame in a frozen stretch refines the picture once by so much
_MIN_RUN = 3  # frames: two equal ones are an animation on twos
DARK = 26  # luma level, as blackdetect's 10 %
_DARK_SHARE = 0.98
_MAX_SPANS = 20


def changes(video: Video, deadline: Deadline) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much each frame differs from the one before: mean, and of the block that differs most.

    Returns:
        Two ``float64 [n - 1]`` in luma levels.
    """
    count = max(0, len(video.small) - 1)
    mean, most = np.zeros(count), np.zeros(count)
    for index in range(count):
        if index % 64 == 0:
            deadline.check()
        difference = cv2.absdiff(video.small[index + 1], video.small[index]).astype(np.float32)
        mean[index] = float(difference.mean())
        most[index] = float(cv2.blur(difference, (_BLOCK, _BLOCK)).max())
    return mean, most


def measure_frozen(video: Video, most: NDArray[np.float64]) -> list[Measurement]:
    """Each stretch in which nothing moves, in seconds; black stretches are not counted here.

    Args:
        most: the second array of :func:`changes`.
    """
    dark = _dark(video)
    still = most <= _STILL
    pops = (most > _STILL) & (most <= _POP)
    for index in np.flatnonzero(pops[1:-1]) + 1:
        still[index] = still[index - 1] and still[index + 1]
    still &= ~(dark[1:] & dark[:-1])
    spans = [(start, stop) for start, stop in _runs(still) if stop - start >= _MIN_RUN]
    found = [
        _measurement(video, a, b, code="FROZEN", check=FROZEN, method=FROZEN_METHOD)
        for a, b in spans
    ]
    return _longest(found) or [Measurement("FROZEN", 0.0, FROZEN, FROZEN_METHOD)]


def measure_black(video: Video) -> list[Measurement]:
    """Each stretch of black frames, in seconds."""
    last = len(video.times) - 1
    found = [
        _measurement(video, a, min(b, last), code="BLACK_FRAMES", check=BLACK, method=BLACK_METHOD)
        for a, b in _runs(_dark(video))
    ]
    return _longest(found) or [Measurement("BLACK_FRAMES", 0.0, BLACK, BLACK_METHOD)]


def _dark(video: Video) -> NDArray[np.bool_]:
    flat = video.small.reshape(len(video.small), -1)
    return np.asarray([np.mean(frame <= DARK) >= _DARK_SHARE for frame in flat], np.bool_)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of true values."""
    padded = np.concatenate([[False], flags, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _measurement(
    video: Video, first: int, last: int, *, code: str, check: str, method: Method
) -> Measurement:
    start, end = float(video.times[first]), float(video.times[last])
    end = max(start, end)
    detail = f"from {start:.2f} s, {last - first} frames"
    return Measurement(code, finite(end - start), check, method, TimeSpan(start, end), detail)


def _longest(found: list[Measurement]) -> list[Measurement]:
    return sorted(found, key=lambda m: -m.value)[:_MAX_SPANS]
