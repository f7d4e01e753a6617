"""What video and sound share: a container opened by PyAV, from memory only."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.types import Limits, Sound

_TIME_BASE = 1_000_000
# Packets come late or early by this much without anything being lost.
_TOLERANCE_SECONDS = 0.25

_AV_ERRORS = (av.FFmpegError, OSError, ValueError, EOFError)


@contextmanager
def open_container(
    data: bytes, name: str, demuxer: str, limits: Limits
) -> Iterator[InputContainer]:
    """The container, held to the sniffed format: no playlist can name another file.

    Raises:
        DecodeFailed: not a container of that format.
        LimitExceeded: the header claims more than ``limits.max_seconds``.
    """
    options = {"protocol_whitelist": "data"}
    try:
        container = av.open(io.BytesIO(data), mode="r", format=demuxer, options=options)
    except MemoryError:
        raise
    except _AV_ERRORS as error:
        raise undecodable(demuxer, name, error) from None
    with container:
        if announced_seconds(container) > limits.max_seconds:
            raise too_long(announced_seconds(container), name, limits)
        yield container


class Decoder:
    """The frames of a few streams in the order of the file, for as long as there are any."""

    def __init__(self, container: InputContainer, *streams: VideoStream | AudioStream) -> None:
        self._container = container
        self._streams = streams
        self._broken: set[int] = set()

    @property
    def broken(self) -> bool:
        """Whether something could not be read or decoded."""
        return bool(self._broken)

    def is_broken(self, stream: VideoStream | AudioStream) -> bool:
        """Whether something of one stream could not be read or decoded."""
        return stream.index in self._broken

    def frames(self) -> Iterator[VideoFrame | AudioFrame]:
        """Every frame that decodes; a damaged packet costs its own frames only."""
        packets = self._container.demux(*self._streams)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except MemoryError:
                raise
            except _AV_ERRORS:
                self._broken |= {stream.index for stream in self._streams}
                return
            try:
                decoded = list(packet.decode())
            except MemoryError:
                raise
            except EOFError:  # of this stream; another may go on
                continue
            except _AV_ERRORS:
                self._broken.add(packet.stream_index)
                continue
            yield from decoded  # type: ignore[misc] # of pictures and sound only


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
    stream = sound_stream(container)
    if stream is None:
        return None
    decoder = Decoder(container, stream)
    reader = SoundReader(name, limits)
    blocks: list[NDArray[np.float32]] = []
    for frame in decoder.frames():
        assert isinstance(frame, AudioFrame)
        blocks += reader.take(frame)
    if not reader.length:
        return None
    samples = np.concatenate(blocks, axis=1)
    announced = stream_seconds(stream) or announced_seconds(container)
    broken = decoder.broken or reader.broken
    missing = missing_share(announced, reader.seconds, broken=broken)
    return Sound(samples, reader.rate, stream.codec_context.name, missing)


def sound_stream(container: InputContainer) -> AudioStream | None:
    """The first audio stream, where there is one with a decoder for it."""
    if not container.streams.audio or container.streams.audio[0].codec_context is None:
        return None
    return container.streams.audio[0]


class SoundReader:
    """Makes floats of the frames of one audio stream, and counts them.

    Attributes:
        length: samples so far, a channel.
        rate: samples a second; 0 before the first.
        broken: whether some were of another form than the first, and so left out.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        # Packed: PyAV counts the planes of 8 channels past the end of their list, and crashes.
        self._resampler = AudioResampler(format="flt")
        self._channels = 0
        self.length = 0
        self.rate = 0
        self.broken = False

    @property
    def seconds(self) -> float:
        """Duration of what was taken so far."""
        return self.length / self.rate if self.rate else 0.0

    def take(self, frame: AudioFrame) -> list[NDArray[np.float32]]:
        """The frame as blocks ``float32 [channels, n]``, finite. Raises ``LimitExceeded``."""
        taken = []
        blocks = _floats(frame, self._resampler)
        self.broken |= blocks is None
        for block in blocks or ():
            if not block.size or not frame.sample_rate:
                continue
            self._channels = self._channels or len(block)
            self.rate = self.rate or int(frame.sample_rate)
            if len(block) != self._channels or frame.sample_rate != self.rate:
                self.broken = True  # what changes its form in mid-stream is not one sound
                continue
            np.nan_to_num(block, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
            taken.append(block)
            self.length += block.shape[1]
        _check_length(self.length, self._channels, self.rate, self._name, self._limits)
        return taken


def _floats(frame: AudioFrame, resampler: AudioResampler) -> list[NDArray[np.float32]] | None:
    try:
        return [_planes(block) for block in resampler.resample(frame)]
    except MemoryError:
        raise
    except _AV_ERRORS:
        return None  # not of the form of the frames before


def _planes(block: AudioFrame) -> NDArray[np.float32]:
    """A packed block as ``float32 [channels, n]``."""
    packed = block.to_ndarray().reshape(-1, block.layout.nb_channels)
    return np.array(packed.T, np.float32, order="C")


def _check_length(length: int, channels: int, rate: int, name: str, limits: Limits) -> None:
    if length * channels > limits.max_samples:
        raise LimitExceeded(
            f"more than {limits.max_samples} sound samples",
            where=name,
            fix="Send a shorter sound.",
            metadata={"limit": str(limits.max_samples)},
        )
    if rate and length / rate > limits.max_seconds:
        raise too_long(length / rate, name, limits)


def stream_seconds(stream: VideoStream | AudioStream) -> float:
    """The duration that the header claims for one stream; 0 where it claims none."""
    if stream.duration is None or stream.time_base is None:
        return 0.0
    return max(0.0, float(stream.duration * stream.time_base))


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
