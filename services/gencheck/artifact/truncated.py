"""TRUNCATED and DAMAGED_FILE: what of the medium the file does not hold, and what it holds broken."""

from __future__ import annotations

from gencheck.artifact.reading import finite
from gencheck.findings import Box, Measurement, Method, TimeSpan
from gencheck.media.types import Image, Sound, Video

CHECK = "artifact.truncated"
METHOD = Method("share not decoded", "1", "announced size or duration against what was decoded")


DAMAGED = "artifact.damaged_file"
DAMAGED_METHOD = Method(
    "contradictions in the file",
    "1",
    "checksums of PNG; scans that libjpeg reads on over and FFmpeg refuses; data that break off",
)
_SOMEWHERE = 1e-3
"""The share of damage that costs no row that is known of."""


def measure_damaged(image: Image) -> Measurement:
    """The share of the rows from the first that is broken on; 0 for a file that is whole."""
    damage = image.facts.damage
    if damage is None:
        return Measurement("DAMAGED_FILE", 0.0, DAMAGED, DAMAGED_METHOD)
    region = _rows(image, damage.share) if damage.share > 0 else None
    share = finite(max(damage.share, _SOMEWHERE), high=1.0)
    return Measurement("DAMAGED_FILE", share, DAMAGED, DAMAGED_METHOD, region, damage.what)


def measure_truncated(media: Image | Video | Sound) -> Measurement:
    """The share that is missing, with the rows of a picture or the seconds at the end."""
    share = finite(media.missing, high=1.0)
    if isinstance(media, Image) and media.facts.damage is not None:
        share = 0.0  # nothing is cut off: what is missing is broken, and said so
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
