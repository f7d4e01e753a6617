"""A picture of an asset, small enough to be embedded in a report."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Finding, TimeSpan
from gencheck.media.types import Image, Media, Video
from gencheck.report.model import Frame, Preview

SIDE = 1_024
FRAME_SIDE = 320
MOST_FRAMES = 8
_QUALITY = 88


def preview_of(media: Media, *, heat_map: bytes = b"", side: int = SIDE) -> Preview | None:
    """A picture, or the middle frame of a video; of other media ``None``.

    Args:
        heat_map: PNG of the picture's sides' ratio; of a video it is not used.
        side: pixels of the longer side.
    """
    match media:
        case Image():
            return _preview(media.pixels, heat_map, side)
        case Video():
            return _preview(media.frames[len(media.frames) // 2], b"", side)
    return None


def frames_of(video: Video, findings: Sequence[Finding]) -> tuple[Frame, ...]:
    """The sampled frames in which, or next to which, findings are; the first few of them."""
    numbers: dict[int, list[int]] = {}
    for number, finding in enumerate(findings, 1):
        span = finding.region
        if isinstance(span, TimeSpan) and len(video.frame_times):
            middle = (span.start + span.end) / 2
            numbers.setdefault(int(np.abs(video.frame_times - middle).argmin()), []).append(number)
    return tuple(
        Frame(float(video.frame_times[i]), _encoded(video.frames[i], FRAME_SIDE), tuple(numbers[i]))
        for i in sorted(numbers)[:MOST_FRAMES]
    )


def _preview(pixels: NDArray[np.uint8], heat_map: bytes, side: int) -> Preview:
    height, width = pixels.shape[:2]
    return Preview(_encoded(pixels, side), width, height, heat_map)


def _encoded(pixels: NDArray[np.uint8], side: int) -> bytes:
    """A JPEG, no longer than that."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)
    return encoded.tobytes()
