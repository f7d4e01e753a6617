"""Video made by PyAV in the test, whole, cut, odd and over each cap."""

import io
import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from gencheck.errors import DecodeFailed, LimitExceeded
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Sound, Video

RATE = 25


def frame_of(index: int, width: int, height: int) -> np.ndarray:
    """Grey that grows with time, and a bar that moves."""
    frame = np.full((height, width, 3), 40 + index % 150, np.uint8)
    left = (index * 7) % max(1, width - 8)
    frame[:, left : left + 8] = (250, 30, 30)
    return frame


def clip(
    container: str = "mp4",
    codec: str = "libx264",
    frames: int = 50,
    size: tuple[int, int] = (64, 48),
    *,
    times: list[int] | None = None,
    sound: float = 0.0,
) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container) as out:
        video = out.add_stream(codec, rate=RATE)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = Fraction(1, RATE)
        audio = None
        if sound:
            audio = out.add_stream("aac" if container == "mp4" else "libopus", rate=48_000)
            audio.layout = "mono"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(frame_of(index, *size), format="rgb24")
            frame.pts = times[index] if times else index
            frame.time_base = Fraction(1, RATE)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is None:
            return _closed(out, file)
        for start in range(0, int(sound * 48_000), 960):
            tone = np.sin(2 * np.pi * 440 * (start + np.arange(960)) / 48_000) * 0.5
            block = av.AudioFrame.from_ndarray(tone[None].astype(np.float32), "flt", "mono")
            block.sample_rate, block.pts = 48_000, start
            out.mux(audio.encode(block))
        out.mux(audio.encode(None))
    return file.getvalue()


def _closed(out: av.container.OutputContainer, file: io.BytesIO) -> bytes:
    out.close()
    return file.getvalue()


def video(data: bytes, limits: Limits | None = None) -> Video:
    media = decode(data, limits or Limits(), name="clip")
    assert isinstance(media, Video)
    return media


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("mp4", "libx264", "h264"),
        ("mp4", "mpeg4", "mpeg4"),
        ("webm", "libvpx", "vp8"),
        ("matroska", "libx264", "h264"),
        ("mov", "mpeg4", "mpeg4"),
        ("avi", "mpeg4", "mpeg4"),
    ],
)
def test_every_container(container: str, codec: str, name: str) -> None:
    got = video(clip(container, codec))
    assert got.codec == name
    assert got.small.shape == (50, 48, 64)
    assert got.frames.shape == (8, 48, 64, 3)
    assert len(got.frame_times) == 8
    np.testing.assert_allclose(np.diff(got.times), 1 / RATE, atol=0.002)
    assert np.all(np.diff(got.frame_times) > 0.15)
    assert got.missing == 0.0
    assert got.duration == pytest.approx(2.0, abs=0.05)


def test_the_picture_is_the_one_that_went_in() -> None:
    got = video(clip())
    for pixels, moment in zip(got.frames, got.frame_times, strict=True):
        expected = frame_of(round(moment * RATE), 64, 48)
        assert np.median(np.abs(pixels.astype(int) - expected)) < 6


def test_the_sound_of_a_video_comes_along() -> None:
    got = video(clip(sound=2.0))
    assert got.sound is not None
    assert got.sound.rate == 48_000
    assert got.sound.duration == pytest.approx(2.0, abs=0.1)
    middle = got.sound.samples[0, 24_000:72_000]
    assert np.abs(np.fft.rfft(middle)).argmax() == pytest.approx(440, abs=2)


@pytest.mark.parametrize("frames", [1, 2, 9, 17, 40])
def test_full_frames_are_spread_over_any_length(frames: int) -> None:
    got = video(clip(frames=frames))
    assert len(got.small) == frames
    assert len(got.frames) == len(got.frame_times) == min(frames, 8)
    gaps = np.diff(np.round(got.frame_times * RATE))
    assert gaps.size == 0 or gaps.max() <= 2 * gaps.min()


def test_large_pictures_are_kept_small() -> None:
    got = video(clip(frames=3, size=(1280, 720)))
    assert got.small.shape == (3, 180, 320)
    assert got.frames.shape == (3, 720, 1280, 3)


def test_a_gap_in_time_stays() -> None:
    times = [*range(20), *range(45, 65)]
    got = video(clip(frames=40, times=times))
    assert np.diff(got.times).max() == pytest.approx(26 / RATE, abs=0.01)


@pytest.mark.parametrize("share", [0.4, 0.7])
def test_a_video_that_is_cut_is_partly_there(share: float) -> None:
    data = clip("matroska", "mpeg4", frames=100)
    got = video(data[: int(len(data) * share)])
    assert 0.1 < got.missing < 0.9
    assert len(got.times) < 100


def test_an_mp4_without_its_index_fails_clearly() -> None:
    data = clip()
    with pytest.raises(DecodeFailed, match="mov") as caught:
        decode(data[: len(data) // 2], Limits(), name="cut.mp4")
    assert caught.value.where == "cut.mp4"


def test_a_damaged_packet_costs_its_own_frames_only() -> None:
    data = bytearray(clip("avi", "mpeg4", frames=100))
    at = data.find(b"00dc", len(data) // 2) + 8
    data[at : at + 40] = b"\xff" * 40
    assert len(video(bytes(data)).times) > 90


def test_a_video_file_without_pictures_is_a_sound() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream("pcm_s16le", rate=8_000)
        stream.layout = "mono"
        block = av.AudioFrame.from_ndarray(np.zeros((1, 8_000), np.int16), "s16", "mono")
        block.sample_rate = 8_000
        out.mux(stream.encode(block))
        out.mux(stream.encode(None))
    got = decode(file.getvalue(), Limits())
    assert isinstance(got, Sound)
    assert got.duration == pytest.approx(1.0)


def test_a_picture_that_changes_its_size_keeps_the_first() -> None:
    """Two MPEG-1 streams in a row: a decoder sees one stream that changes its size."""
    data = b"".join(
        clip("mpeg1video", "mpeg1video", frames=20, size=size)
        for size in ((64, 48), (128, 96), (48, 64))
    )
    got = video(data)
    assert len(got.small) == len(got.times) >= 50
    assert got.small.shape[1:] == (48, 64)
    assert got.frames.shape[1:] == (48, 64, 3)
    assert len(got.frames) == len(got.frame_times) == 8


@pytest.mark.parametrize(
    ("limits", "match"),
    [
        (Limits(max_pixels=64 * 48 - 1), "3072 pixels"),
        (Limits(max_frames=49), "50 frames"),
        (Limits(max_seconds=1.9), "2.0 s"),
    ],
)
@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_the_caps(container: str, limits: Limits, match: str) -> None:
    with pytest.raises(LimitExceeded, match=match):
        decode(clip(container), limits)


def test_a_cap_on_samples_holds_for_the_sound_of_a_video() -> None:
    with pytest.raises(LimitExceeded, match="samples"):
        decode(clip(sound=2.0), Limits(max_samples=48_000))


def test_a_time_far_away_is_over_the_cap() -> None:
    times = [*range(10), 10_000_000]
    with pytest.raises(LimitExceeded, match="longer"):
        decode(clip("matroska", frames=11, times=times), Limits())


def test_a_codec_that_nobody_knows() -> None:
    data = clip("avi", "mpeg4").replace(b"FMP4", b"Q\0\xf1\x01")
    with pytest.raises(DecodeFailed) as caught:
        decode(data, Limits())
    assert "cause" not in caught.value.metadata


def test_an_absurd_size_in_the_header_is_refused() -> None:
    data = bytearray(clip("avi", "rawvideo", frames=2))
    at = data.find(b"strf") + 12
    data[at : at + 8] = struct.pack("<ii", 12_000, 12_000)
    with pytest.raises(LimitExceeded, match="144000000 pixels"):
        decode(bytes(data), Limits())
