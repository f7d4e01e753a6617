"""Where a finding is, in words."""

from __future__ import annotations

from pathlib import Path

from gencheck.errors import GencheckError
from gencheck.findings import (
    Box,
    JsonPointer,
    MeshElements,
    PrimPath,
    Region,
    TextSpan,
    TimeSpan,
    box_of,
)

_ROWS = ("upper", "middle", "lower")
_COLUMNS = ("left", "centre", "right")
_ALL = 0.8  # of both sides


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture, upright; ``None`` of everything else."""
    # Every --help would wait for these.
    from gencheck.media.decode import decode
    from gencheck.media.types import Image, Limits

    try:
        media = decode(path.read_bytes(), Limits(), name=str(path))
    except (OSError, GencheckError):
        return None
    if not isinstance(media, Image):
        return None
    height, width = media.pixels.shape[:2]
    return width, height


def place(region: Region | None, size: tuple[int, int] | None) -> str:
    """Such as ``upper left, 120×80 px`` or ``faces 3, 4``; empty where it is the whole asset.

    Args:
        size: width and height of the picture, where they are known.
    """
    if isinstance(region, TimeSpan):
        if region.end - region.start < 0.05:
            return f"at {region.start:.1f} s"
        return f"{region.start:.1f} to {region.end:.1f} s"
    if isinstance(region, MeshElements):
        return region.words
    if isinstance(region, TextSpan):
        return f"“{region.text}”"
    if isinstance(region, JsonPointer | PrimPath):
        return region.pointer if isinstance(region, JsonPointer) else region.path
    box = box_of(region)
    if box is None:
        return ""
    if size is None:
        return f"{box.width:.0f}×{box.height:.0f} px at {box.x:.0f}, {box.y:.0f}"
    return f"{_where(box, size)}, {box.width:.0f}×{box.height:.0f} px"


def _where(box: Box, size: tuple[int, int]) -> str:
    width, height = size
    if box.width >= _ALL * width and box.height >= _ALL * height:
        return "all over"
    row = _ROWS[_third(box.y + box.height / 2, height)]
    column = _COLUMNS[_third(box.x + box.width / 2, width)]
    return "centre" if (row, column) == ("middle", "centre") else f"{row} {column}"


def _third(middle: float, side: int) -> int:
    return min(2, max(0, int(3 * middle / max(1, side))))
