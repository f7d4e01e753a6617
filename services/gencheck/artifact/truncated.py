"""TRUNCATED: how much of the medium the file does not hold, as its decoder found."""

from __future__ import annotations

from gencheck.artifact.reading import finite
from gencheck.findings import Box, Measurement, Method, TimeSpan
from gencheck.media.types import Image, Sound

CHECK = "artifact.truncated"
METHOD = Method("share not decoded", "1", "announced size or duration against what was decoded")


def measure_truncated(media: Image | Sound) -> Measurement:
    """The share that is missing, with the rows of a picture or the seconds at the end."""
    if isinstance(media, Sound):
        return measure_tail(media.missing, media.duration)
    share = finite(media.missing, high=1.0)
    return Measurement("TRUNCATED", share, CHECK, METHOD, _rows(media, share) if share else None)


def measure_tail(missing: float, held: float) -> Measurement:
    """The share that is missing of a sound or video.

    Args:
        missing: 0..1.
        held: seconds that could be decoded.
    """
    share = finite(missing, high=1.0)
    end = held / (1 - share) if share < 1 else held
    return Measurement("TRUNCATED", share, CHECK, METHOD, TimeSpan(held, end) if share else None)


def _rows(image: Image, share: float) -> Box | None:
    height, width = image.pixels.shape[:2]
    rows = round(height * share)
    return Box(0, height - rows, width, rows) if rows else None
