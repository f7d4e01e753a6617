"""TRUNCATED: how much of the medium the file does not hold, as its decoder found."""

from __future__ import annotations

from gencheck.artifact.reading import finite
from gencheck.findings import Box, Measurement, Method, TimeSpan
from gencheck.media.types import Image, Sound, Video

CHECK = "artifact.truncated"
METHOD = Method("share not decoded", "1", "announced size or duration against what was decoded")


def measure_truncated(media: Image | Video | Sound) -> Measurement:
    """The share that is missing, with the rows of a picture or the seconds at the end."""
    share = finite(media.missing, high=1.0)
    region: Box | TimeSpan | None = None
    if share > 0:
        region = _rows(media, share) if isinstance(media, Image) else _tail(media, share)
    return Measurement("TRUNCATED", share, CHECK, METHOD, region)


def _rows(image: Image, share: float) -> Box | None:
    height, width = image.pixels.shape[:2]
    rows = round(height * share)
    return Box(0, height - rows, width, rows) if rows else None


def _tail(media: Video | Sound, share: float) -> TimeSpan:
    held = media.duration
    return TimeSpan(held, held / (1 - share) if share < 1 else held)
