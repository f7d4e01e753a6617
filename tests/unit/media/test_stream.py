"""Clips that go by in parts: whole, odd, damaged and over each cap."""

from __future__ import annotations

import io
import struct
import wave
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded, UnsupportedMedia
from gencheck.media.clip import Chunk, ClipEnd, ClipHead, ClipPart, Frames
from gencheck.media.decode import decode_parts
from gencheck.media.pictures import Clock
from gencheck.media.types import Limits
from tests.unit.media.test_video import RATE, clip, video


def parts(data: bytes, limits: Limits | None = None) -> list[ClipPart]:
    return list(decode_parts(data, limits or Limits(), name="clip"))


def frames_of(found: list[ClipPart]) -> list[Frames]:
    return [p.frames for p in found if isinstance(p, Chunk) and p.frames is not None]


def wav(seconds: float, rate: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(b"\x10\x20" * round(seconds * rate))
    return file.getvalue()


def test_a_head_chunks_and_an_end() -> None:
    found = parts(clip(frames=100, sound=4.0))
    head, end = found[0], found[-1]
    assert isinstance(head, ClipHead)
    assert (head.codec, head.width, head.height, head.rate) == ("h264", 64, 48, RATE)
    assert head.seconds == pytest.approx(4.0, abs=0.1)
    assert isinstance(end, ClipEnd)
    assert end.pictures is not None
    assert end.pictures.end == pytest.approx(4.0)
    assert end.sound is not None
    assert end.sound.end == pytest.approx(4.0, abs=0.1)
    assert end.sound.slip < 0.01
    assert (end.missing, end.missing_sound) == (0.0, 0.0)
    assert all(isinstance(part, Chunk) for part in found[1:-1])


def test_no_chunk_holds_much() -> None:
    chunks = frames_of(parts(clip(frames=200)))
    assert len(chunks) > 5
    assert max(len(chunk.times) for chunk in chunks) <= 32


def test_the_frames_are_those_of_the_whole() -> None:
    data = clip(frames=100)
    chunks = frames_of(parts(data))
    whole = video(data)
    np.testing.assert_array_equal(np.concatenate([c.small for c in chunks]), whole.small)
    np.testing.assert_array_equal(np.concatenate([c.times for c in chunks]), whole.times)
    assert chunks[0].tint.shape[1:] == (18, 32, 3)


def test_full_frames_are_a_sample_that_thins_out() -> None:
    times = np.concatenate([c.full_times for c in frames_of(parts(clip(frames=250)))])
    assert times[:5].tolist() == pytest.approx([0.0, 0.52, 1.04, 1.56, 2.08], abs=0.05)
    assert all(later - sooner >= 1.9 for sooner, later in pairwise(times[4:]))


def test_a_sound_goes_by_without_pictures() -> None:
    found = parts(wav(10.0))
    assert isinstance(found[0], ClipHead)
    assert not found[0].has_pictures
    blocks = [p.sound for p in found if isinstance(p, Chunk) and p.sound is not None]
    assert len(blocks) >= 2
    assert sum(block.samples.shape[1] for block in blocks) == 80_000
    assert isinstance(found[-1], ClipEnd)
    assert found[-1].pictures is None


def test_what_a_wav_file_announces_and_does_not_hold() -> None:
    data = bytearray(wav(2.0))
    struct.pack_into("<I", data, 40, 4 * 16_000)
    end = parts(bytes(data))[-1]
    assert isinstance(end, ClipEnd)
    assert end.missing_sound == pytest.approx(0.5)


def test_a_clip_that_breaks_off_says_how_much_is_missing() -> None:
    data = clip("matroska", frames=100, size=(160, 120))
    end = parts(data[: len(data) // 2])[-1]
    assert isinstance(end, ClipEnd)
    assert end.missing > 0.001


def test_a_picture_does_not_go_by() -> None:
    with pytest.raises(UnsupportedMedia):
        parts(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)


def test_caps_hold_in_the_midst() -> None:
    data = clip(frames=100)
    with pytest.raises(LimitExceeded):
        parts(data, Limits(max_frames=40))
    with pytest.raises(LimitExceeded):
        parts(data, Limits(max_seconds=1.0))
    with pytest.raises(LimitExceeded):
        parts(data, Limits(max_pixels=100))
    assert Limits(max_seconds=1.0).of_streams.max_seconds == 4 * 3_600


@pytest.mark.parametrize("size", [(16, 16), (34, 18), (640, 16), (16, 360)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    chunks = frames_of(parts(clip("matroska", "mpeg4", frames=3, size=size)))
    assert sum(len(chunk.times) for chunk in chunks) == 3


def test_a_clock_never_runs_back_and_guesses_what_is_not_said() -> None:
    with av.open(io.BytesIO(clip(frames=3))) as container:
        clock = Clock(container, container.streams.video[0])
        frames = [av.VideoFrame(16, 16, "rgb24") for _ in range(4)]
        for frame, pts in zip(frames, (5, 2, None, 9), strict=True):
            frame.pts, frame.time_base = pts, Fraction(1, RATE)
        times = [clock.time_of(frame) for frame in frames]
    assert times == pytest.approx([0.2, 0.2, 0.24, 0.36])


def test_damage_is_a_part_or_a_typed_error() -> None:
    data = clip("mp4", frames=30, sound=1.0)
    rng = np.random.default_rng(0)
    for _ in range(40):
        torn = bytearray(data)
        for at in rng.integers(32, len(torn), 12):
            torn[at] = int(rng.integers(256))
        try:
            parts(bytes(torn[: int(rng.integers(64, len(torn)))]))
        except GencheckError as error:
            assert isinstance(error, DecodeFailed | LimitExceeded | UnsupportedMedia)
