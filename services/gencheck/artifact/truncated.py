"""TRUNCATED and DAMAGED_FILE: what the file does not hold of the medium, and what is broken."""

from __future__ import annotations

from gencheck.artifact.reading import finite
from gencheck.findings import Box, Measurement, Method, TimeSpan
from gencheck.media.types import Image, Sound

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


def measure_truncated(media: Image | Sound) -> Measurement:
    """The share that is missing, with the rows of a picture or the seconds at the end."""
    if isinstance(media, Sound):
        return measure_tail(media.missing, media.duration)
    share = finite(media.missing, high=1.0)
    if media.facts.damage is not None:
        share = 0.0  # nothing is cut off: what is missing is broken, and said so
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
