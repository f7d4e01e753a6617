"""What video and sound share: a container opened by PyAV, from memory only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.types import Limits, Sound

_TIME_BASE = 1_000_000
# Packets come late or early by this much without anything being lost.
_TOLERANCE_SECONDS = 0.25

AV_ERRORS = (av.FFmpegError, OSError, ValueError, EOFError)


@contextmanager
def open_container(
    data: bytes, name: str, demuxer: str, limits: Limits
) -> Iterator[InputContainer]:
    """The container, held to the sniffed format: no playlist can name another file.

    Raises:
        DecodeFailed: not a container of that format.
        LimitExceeded: the header claims more than ``limits.max_seconds``.
    """
    try:
        container = av.open(
            io.BytesIO(data), mode="r", format=demuxer, options={"protocol_whitelist": "data"}
        )
    except AV_ERRORS as error:
        raise undecodable(demuxer, name, error) from None
    with container:
        if announced_seconds(container) > limits.max_seconds:
            raise too_long(announced_seconds(container), name, limits)
        yield container


def announced_seconds(container: InputContainer) -> float:
    """The duration that the header claims; 0 where it claims none."""
    return max(0.0, (container.duration or 0) / _TIME_BASE)


def missing_share(announced: float, decoded: float, *, broken: bool) -> float:
    """The share of the announced duration that could not be decoded, 0..1."""
    lost = announced - decoded
    if announced > 0 and lost > max(_TOLERANCE_SECONDS, 0.02 * announced):
        return min(1.0, lost / announced)
    # Broken off, but nobody knows how much is missing: something is.
    return 0.001 if broken else 0.0


def decode_sound(container: InputContainer, name: str, limits: Limits) -> Sound | None:
    """The first audio stream as floats; ``None`` where there is none or nothing of it decodes."""
    if not container.streams.audio:
        return None
    stream = container.streams.audio[0]
    resampler = AudioResampler(format="fltp")
    blocks: list[NDArray[np.float32]] = []
    count, broken, rate = 0, False, 0
    try:
        for frame in container.decode(stream):
            rate = rate or frame.sample_rate
            for block in resampler.resample(frame):
                blocks.append(block.to_ndarray().astype(np.float32, copy=False))
                count += blocks[-1].size
            if count > limits.max_samples:
                raise LimitExceeded(
                    f"more than {limits.max_samples} sound samples",
                    where=name,
                    fix="Send a shorter sound.",
                    metadata={"limit": str(limits.max_samples)},
                )
    except AV_ERRORS:
        broken = True
    if not blocks or not rate:
        return None
    channels = blocks[0].shape[0]
    samples = np.concatenate([b for b in blocks if b.shape[0] == channels], axis=1)
    samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).astype(np.float32)
    missing = missing_share(announced_seconds(container), samples.shape[1] / rate, broken=broken)
    return Sound(samples, int(rate), stream.codec_context.name, missing)


def too_long(seconds: float, name: str, limits: Limits) -> LimitExceeded:
    """The error of a medium over the cap on its duration."""
    return LimitExceeded(
        f"{seconds:.1f} s are longer than the {limits.max_seconds:g} s that are decoded",
        where=name,
        fix="Send a shorter piece.",
        metadata={"seconds": f"{seconds:.3f}", "limit": f"{limits.max_seconds:g}"},
    )


def undecodable(demuxer: str, name: str, error: Exception | None = None) -> DecodeFailed:
    """The error of a container of which nothing comes out."""
    why = f" ({getattr(error, 'strerror', None) or type(error).__name__})" if error else ""
    return DecodeFailed(
        f"nothing of this {demuxer} file could be decoded{why}",
        where=name,
        fix="Play it in a player; export it again.",
        metadata={"format": demuxer},
    )
