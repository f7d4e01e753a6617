"""What every way to fetch has in common."""

from __future__ import annotations

from dataclasses import dataclass, field

from gencheck.errors import LimitExceeded
from gencheck.media.types import Limits


@dataclass(frozen=True, slots=True)
class Head:
    """The start of an asset: enough to tell what it is.

    Attributes:
        data: its first ``sniff.HEAD_BYTES`` bytes, or all where it is smaller.
        size: bytes of the whole asset.
    """

    data: bytes = field(repr=False)
    size: int


def checked_size(size: int, limits: Limits, where: str) -> int:
    """The size itself. Raises ``LimitExceeded`` where it is over ``limits.max_bytes``."""
    if size > limits.max_bytes:
        raise LimitExceeded(
            f"{size} bytes are over the limit of {limits.max_bytes}",
            where=where,
            fix="Send a smaller file.",
            metadata={"bytes": str(size), "limit": str(limits.max_bytes)},
        )
    return size
